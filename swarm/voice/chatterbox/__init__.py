"""Chatterbox Multilingual by Resemble AI.

In come recipes and a recording of a voice; out goes speech in 23 languages.
"""
