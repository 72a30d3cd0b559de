"""Chatterbox Multilingual by Resemble AI."""
