"""Languages: how they say what books write. Each has one file in `languages/`."""
