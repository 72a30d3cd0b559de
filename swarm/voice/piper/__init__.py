"""Piper's voices as an engine."""
