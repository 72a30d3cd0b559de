"""Chapters become segments, spelled for an engine."""
