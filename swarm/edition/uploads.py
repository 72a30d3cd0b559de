"""What was uploaded to which server: a file in the folder of each job. So files on a server are known to be ours."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from swarm.audio.tags import Tags
from swarm.edition.target import UPLOADS
from swarm.system.disk import guarded, replace_file

Sizes = dict[str, int]  # bytes of files, by name


class UploadRecord(Struct, frozen=True):
    """An upload of one finished audiobook: when it was finished, as which book, and its files."""

    at_s: float
    book: str = ""
    files: Sizes = {}


Places = dict[str, UploadRecord | float]  # 0.1 noted the time alone


class Uploads:
    """The uploads of one job, and of the others beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, place: str, at_s: float) -> bool:
        """Tell whether the audiobook that was finished at a time was uploaded to a place."""
        found = _read(self._folder).get(place)
        return at_s == (found.at_s if isinstance(found, UploadRecord) else found)

    def add(self, place: str, at_s: float, tags: Tags, files: Sequence[Path]) -> None:
        """Note an upload, with all files that this job ever uploaded there. Raises StoreError."""
        places, book = _read(self._folder), _book(tags)
        sizes = _files(places, place, book) | {path.name: path.stat().st_size for path in files}
        with guarded(self._folder):
            record = {place: UploadRecord(at_s, book, sizes)}
            replace_file(self._folder / UPLOADS, msgspec.json.encode({**places, **record}))

    def known(self, place: str, tags: Tags) -> set[tuple[str, int]]:
        """Return names and sizes of all files that jobs of this state folder uploaded to a place as the same book."""
        folders = (path.parent for path in self._folder.parent.glob(f"*/{UPLOADS}"))
        return {each for folder in folders for each in _files(_read(folder), place, _book(tags)).items()}


def _book(tags: Tags) -> str:
    """Return title and authors, by which a server files a book."""
    return " - ".join((tags.title, *tags.authors))


def _files(places: Places, place: str, book: str) -> Sizes:
    found = places.get(place)
    return dict(found.files) if isinstance(found, UploadRecord) and found.book == book else {}


def _read(folder: Path) -> Places:
    try:
        return msgspec.json.decode((folder / UPLOADS).read_bytes(), type=Places)
    except (OSError, msgspec.MsgspecError):
        return {}
