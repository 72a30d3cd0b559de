"""The web side of a resident coordinator: an interface for programs, events, metrics."""
