"""The books of a folder: one file for each, in the best format. Web pages and texts are none."""

from pathlib import Path

from swarm.book.kinds import BOOKS, PAGES


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
