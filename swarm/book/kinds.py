"""The kinds of book files, by their suffixes."""

HTML = frozenset((".html", ".htm", ".xhtml"))
MARKDOWN = frozenset((".md", ".markdown"))
TEXT = frozenset((".txt", ".text"))
PAGES = HTML | MARKDOWN | TEXT
# From the preferred kind to the worst; a folder may have one book in several kinds.
BOOKS = (
    ".epub",
    ".azw3",
    ".kf8",
    ".azw",
    ".mobi",
    ".fb2",
    ".docx",
    ".odt",
    ".rtf",
    ".lit",
    ".pdf",
)
FOREIGN = frozenset(BOOKS[1:])  # kinds that only Calibre can read
