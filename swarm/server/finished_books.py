"""The finished books of a queue: their sound files, chapters and facts, as feeds and catalogues tell of them."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import mutagen
from msgspec import Struct

from swarm.audiobook.output_path import MAX_REPORT_BYTES, claims_in
from swarm.job.store.store import DiskStore
from swarm.server.queue import BookState, QueuedBook, stamp_of
from swarm.system.disk import read_json
from swarm.system.text import clean

KINDS = {
    ".m4b": "audio/mp4",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".opus": "audio/ogg",
    ".ogg": "audio/ogg",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
}
MAX_KNOWN = 2000  # books whose report is read only once
MAX_DESCRIPTION = 4000  # characters


class FinishedFile(NamedTuple):
    """One sound file of a finished book."""

    path: Path
    kind: str  # the media type
    size: int  # bytes
    length_s: float


class FinishedChapter(NamedTuple):
    """The beginning of a chapter in a file."""

    title: str
    file: int  # the place of the file among those of the book
    at_s: float


class FinishedBook(NamedTuple):
    """A finished book whose files are on this machine."""

    number: int  # the number of the book in the queue
    job: str
    title: str
    authors: tuple[str, ...]
    language: str
    description: str
    finished_s: float
    files: tuple[FinishedFile, ...]
    chapters: tuple[FinishedChapter, ...]
    source: Path | None  # the book itself, if it is an EPUB that is still there


class _Book(Struct):
    job: str
    authors: tuple[str, ...] = ()
    language: str = ""
    description: str = ""


class _Chapter(Struct):
    title: str
    file: str = ""
    at_s: float | None = None


class _Report(Struct):
    book: _Book
    totals: msgspec.Raw
    chapters: tuple[_Chapter, ...] = ()


class _Sentence(Struct, gc=False):
    chapter: int
    sentence: int
    file: str = ""
    at_s: float | None = None
    end_s: float | None = None


class _Spoken(Struct):
    book: _Book
    segments: tuple[_Sentence, ...] = ()


class HeardSpan(NamedTuple):
    """When a sentence is heard in its file."""

    at_s: float
    end_s: float


def spots_of(folder: Path, job: str, chapter: int) -> tuple[str, dict[int, HeardSpan]]:
    """Return the name of the file that has a chapter of a finished book, and when its sentences are heard there.

    `folder` is that of the job. The name is "" if no report tells it, or if several files have the chapter.
    """
    report = _report(folder, job, _Spoken)
    rows = [row for row in report.segments if row.chapter == chapter and row.file] if report else []
    if len({row.file for row in rows}) != 1:
        return "", {}
    spots = {
        row.sentence: HeardSpan(row.at_s, row.end_s) for row in rows if row.at_s is not None and row.end_s is not None
    }
    return rows[0].file, spots


class FinishedBooks:
    """Reads finished books. It may be used from any one thread at a time."""

    def __init__(self, store: DiskStore) -> None:
        self._store = store
        self._known: OrderedDict[str, tuple[object, FinishedBook | None]] = OrderedDict()

    def books(self, queued: Sequence[tuple[QueuedBook, Path]]) -> list[FinishedBook]:
        """Return the finished books among those of a queue, which come with their own files; the latest first."""
        found = [self._look(book, source) for book, source in queued if book.state is BookState.FINISHED]
        return sorted((book for book in found if book), key=lambda book: -book.finished_s)

    def _look(self, book: QueuedBook, source: Path) -> FinishedBook | None:
        paths = [Path(name) for name in book.files if Path(name).suffix.lower() in KINDS and Path(name).is_absolute()]
        stamp = (book.id, book.ended_s, *map(stamp_of, paths))
        known = self._known.get(book.job)
        if known is None or known[0] != stamp:
            known = self._known[book.job] = (stamp, self._read(book, source, paths))
        self._known.move_to_end(book.job)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return known[1]

    def _read(self, book: QueuedBook, source: Path, paths: Sequence[Path]) -> FinishedBook | None:
        files = tuple(_files(paths))
        if not files:
            return None
        report = _report(self._store.folder(book.job), book.job, _Report)
        chapters = tuple(_chapters(report.chapters, files)) if report else ()
        facts = report.book if report else _Book(book.job)
        return FinishedBook(
            number=book.id,
            job=book.job,
            title=clean(book.heading) or "Untitled",
            authors=tuple(filter(None, map(clean, facts.authors))),
            language=facts.language,
            description=clean(facts.description, MAX_DESCRIPTION),
            finished_s=book.ended_s,
            files=files,
            chapters=chapters,
            source=source if source.suffix.lower() == ".epub" and source.is_file() else None,
        )


Told = TypeVar("Told", _Report, _Spoken)


def _report(folder: Path, job: str, kind: type[Told]) -> Told | None:
    """Return what the last report of a job tells."""
    for path in reversed(claims_in(folder)):
        report = read_json(path, kind, MAX_REPORT_BYTES)
        if report and report.book.job == job:
            return report
    return None


def _files(paths: Sequence[Path]) -> Iterator[FinishedFile]:
    for path in paths:
        with suppress(OSError, mutagen.MutagenError):
            sound = mutagen.File(path)
            if sound is not None and path.is_file():
                yield FinishedFile(path, KINDS[path.suffix.lower()], path.stat().st_size, float(sound.info.length))


def _chapters(rows: Sequence[_Chapter], files: Sequence[FinishedFile]) -> Iterator[FinishedChapter]:
    names = [f"/{file.path.as_posix()}" for file in files]
    for row in rows:
        if row.file and row.at_s is not None:
            place = next((place for place, name in enumerate(names) if name.endswith(f"/{row.file}")), None)
            if place is not None:
                yield FinishedChapter(clean(row.title), place, row.at_s)
