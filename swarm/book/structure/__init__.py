"""Passages become chapters, and what is not the book is left out.

Passages and a table of contents come in, chapters go out, each with the reason if it is not spoken.
"""
