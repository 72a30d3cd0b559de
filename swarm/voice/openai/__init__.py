"""An engine that speaks through the worker's own server with OpenAI's speech API."""
