"""The child process that hosts an engine, the judges of its takes, and the registry of engines. In come words of
users, recipes and texts; out go cards, recipes and checked clips."""
