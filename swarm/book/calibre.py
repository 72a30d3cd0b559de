"""Converts files that only Calibre reads into EPUBs, with Calibre's `ebook-convert` if it is installed."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from swarm.errors import BookError, EnvironmentFault, ReaderMissing

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
