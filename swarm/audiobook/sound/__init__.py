"""Clips become reels, and reels become the files of an audiobook. In come clips, pauses, tags and covers as plain
values; out go files in any of the formats, made in child processes."""
