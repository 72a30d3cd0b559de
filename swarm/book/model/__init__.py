"""The values of a book: its parts, the user's choices, the text for an engine, codes of languages.

They are plain, fit for journal and wire; what reads a book makes them, and every room may import them.
"""
