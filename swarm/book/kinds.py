"""The kinds of files that are books, by the endings of their names."""

HTML = frozenset((".html", ".htm", ".xhtml"))
MARKDOWN = frozenset((".md", ".markdown"))
TEXT = frozenset((".txt", ".text"))
PAGES = HTML | MARKDOWN | TEXT
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
)  # in order of preference
FOREIGN = frozenset(BOOKS[1:])  # through Calibre
