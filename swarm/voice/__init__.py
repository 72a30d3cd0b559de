"""Engines and what they share: how one is described, fetched, opened and asked to speak. In come recipes and texts;
out goes sound as int16 PCM, and cards for those that only choose."""
