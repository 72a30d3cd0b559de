"""Editions: the audiobook and report of a job, and their delivery."""
