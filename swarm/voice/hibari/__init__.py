"""hibari as an engine."""
