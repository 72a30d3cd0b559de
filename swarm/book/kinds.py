"""The kinds of book files by their suffixes, the books of a folder, and Calibre, which turns other kinds into EPUB."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from swarm.errors import BookError, EnvironmentFault, ReaderMissing

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


PROGRAM = "ebook-convert"
USUAL_PLACES = (  # installers put the program there without adding it to PATH
    "/Applications/calibre.app/Contents/MacOS/ebook-convert",
    "C:/Program Files/Calibre2/ebook-convert.exe",
)
MAX_S = 600.0


def expect_calibre(path: Path) -> str:
    """Return Calibre's program for a file. Raises ReaderMissing."""
    program = _program()
    if program is None:
        raise ReaderMissing(
            f"{path}: {path.suffix} files are read through Calibre, which is not installed: "
            "install it from calibre-ebook.com, or save the book as an EPUB."
        )
    return program


@contextmanager
def converted(path: Path) -> Iterator[Path]:
    """Yield the EPUB that Calibre makes of a file, and delete it afterwards. Raises BookError, EnvironmentFault."""
    program = expect_calibre(path)
    with tempfile.TemporaryDirectory(prefix="e2a-swarm-") as folder:
        made = Path(folder) / f"{path.stem[:80]}.epub"
        _convert(program, path, made)
        yield made


def _program() -> str | None:
    return shutil.which(PROGRAM) or next((place for place in USUAL_PLACES if Path(place).is_file()), None)


def _convert(program: str, path: Path, made: Path) -> None:
    command = [program, str(path.absolute()), str(made), "--no-default-epub-cover"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=MAX_S, check=False, cwd=made.parent
        )
    except subprocess.TimeoutExpired as error:
        raise BookError(f"{path} cannot be read: Calibre was not done with it after {MAX_S:g} s.") from error
    except OSError as error:
        raise EnvironmentFault(f"{program} cannot be run: {error.strerror or error}.") from error
    if done.returncode != 0 or not made.is_file():
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BookError(f"{path} cannot be read: Calibre says {said[-1][:200] if said else 'nothing'}.")
