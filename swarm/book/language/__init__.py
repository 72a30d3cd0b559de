"""What a language says for what books write: one file a language in `languages/`, and what they share."""
