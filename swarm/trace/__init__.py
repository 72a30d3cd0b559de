"""The log of a run: a JSON line for each call of a pure core, with its arguments and its result."""
