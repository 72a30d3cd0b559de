"""The child process that hosts an engine, and what judges its takes."""
