"""An engine that speaks through the worker's own server with OpenAI's speech API. In come recipes, which name no
address; out goes the server's sound as PCM."""
