"""Passages become chapters, and what is not the book is left out."""
