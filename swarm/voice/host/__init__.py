"""The child process that hosts an engine, the judges of its takes, and the registry of engines."""
