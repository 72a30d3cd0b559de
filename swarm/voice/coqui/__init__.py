"""Coqui's models as an engine: XTTS, VITS and others. In come recipes and files of models that are not trusted; out
goes speech, in an environment of its own."""
