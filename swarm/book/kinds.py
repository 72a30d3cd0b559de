"""The kinds of book files, by their suffixes, and the books of a folder: one file for each, in the best format."""

from pathlib import Path

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


def books_in(folder: Path) -> list[Path]:
    """Return each book of a folder once, in its best format, sorted by name. Raises OSError."""
    best: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=lambda path: path.name, reverse=True):
        kind, other = path.suffix.lower(), best.get(path.stem)
        if kind in BOOKS and (other is None or BOOKS.index(kind) < BOOKS.index(other.suffix.lower())):
            best[path.stem] = path
    return sorted(best.values())


def texts_in(folder: Path) -> list[str]:
    """Return the names of web pages and texts of a folder, which might be books all the same. Raises OSError."""
    return sorted(path.name for path in folder.iterdir() if path.suffix.lower() in PAGES)
