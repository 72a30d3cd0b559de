"""Languages: one file each in `languages/`, and their common code."""
