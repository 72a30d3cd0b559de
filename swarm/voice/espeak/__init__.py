"""espeak-ng as an engine."""
