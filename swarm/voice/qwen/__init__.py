"""Qwen3-TTS by Alibaba's Qwen team. In come recipes, recordings or descriptions of a voice; out goes speech in ten
languages."""
