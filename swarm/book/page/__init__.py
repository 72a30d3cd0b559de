"""A document becomes passages: every visible word once, in order."""
