"""The log of a run: what the pure cores were given and what they decided, a JSON line for each call."""
