"""Qwen3-TTS by Alibaba's Qwen team."""
