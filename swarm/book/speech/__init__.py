"""Chapters become segments, spelled for an engine.

Chapters and the user's dictionary and cast come in, segments go out.
"""
