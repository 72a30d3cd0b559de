"""Clips become reels, reels become an audiobook."""
