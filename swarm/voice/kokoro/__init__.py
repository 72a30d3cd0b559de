"""Kokoro as an engine."""
