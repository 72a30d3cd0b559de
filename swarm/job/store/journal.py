"""The journal of one job: an SQLite file with the job's spec and its records. It has one writer.

Spec and records have a checksum each, since SQLite does not notice a changed byte in a row. Those that 0.1 wrote have
none: it knows no such column, and leaves it empty.
"""

import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import structs

from swarm.book.model.book import Segment
from swarm.book.model.engine_text import read_engine_text
from swarm.errors import Remedy, StoreError
from swarm.job.record import AnyRecord, ClipAccepted, JobFinished, RunStarted, SegmentReworded
from swarm.job.spec import JobSpec
from swarm.system.disk import DAMAGED, NO_FILE, guarded

Kind = TypeVar("Kind", JobFinished, RunStarted, SegmentReworded)

SCHEMA = 1
ROWS_AT_A_TIME = 1000  # a replay reads so many at a time
FILE = "journal.sqlite"
TABLES = """
BEGIN;
CREATE TABLE job (title TEXT NOT NULL, source TEXT NOT NULL, created_s REAL NOT NULL, facts BLOB NOT NULL, crc INTEGER);
CREATE TABLE record (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, clip_bytes INTEGER NOT NULL, body BLOB NOT NULL, crc INTEGER
);
PRAGMA user_version = 1;
COMMIT;
"""
COUNTS = """
SELECT
    (SELECT coalesce(sum((kind = 'ClipAccepted') - (kind = 'ClipDiscarded')), 0) FROM record),
    (SELECT coalesce(sum(clip_bytes), 0) FROM record),
    (SELECT body FROM record WHERE kind = 'JobFinished' AND number > (
        SELECT coalesce(max(number), 0) FROM record WHERE kind = 'ClipDiscarded'
    ) ORDER BY number DESC LIMIT 1),
    (SELECT body FROM record WHERE kind = 'RunStarted' ORDER BY number DESC LIMIT 1)
FROM job
"""


class Counts(NamedTuple):
    """A summary of a journal that needs no replay."""

    accepted: int
    clip_bytes: int
    finished: JobFinished | None  # the last JobFinished, if no clip was discarded since
    started: RunStarted | None  # the last RunStarted


class Journal:
    """An open journal. Each method may raise a StoreError that names the file and the remedy."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()  # commits and reads may come from different threads
        self._records = msgspec.msgpack.Decoder(AnyRecord)
        if self.path.is_dir():
            raise NO_FILE.fault(self.path)
        self._connect = _connect_to_read if read_only else _connect
        self._open: sqlite3.Connection | None = None
        try:
            self._check_version()
            if not read_only:
                self._check_pages()
                self._add_checksums()
            self._has_checksums = self._knows_checksums()
        except BaseException:
            self.close()
            raise

    @property
    def _database(self) -> sqlite3.Connection:
        """The connection, opened again after `suspend`. Use it within `guarded`, and the lock if others may use it."""
        if self._open is None:
            if not self.path.is_file():  # SQLite would make an empty journal
                raise StoreError(f"{self.path} is missing", Remedy(kept="sentences already spoken are found again"))
            self._open = self._connect(self.path)
        return self._open

    def suspend(self) -> None:
        """Close the files until the journal is used again."""
        with guarded(self.path), self._lock:
            self._end()

    def _end(self) -> None:
        database, self._open = self._open, None
        if database:
            database.close()

    def _check_version(self) -> None:
        with guarded(self.path):
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA:
                raise StoreError(f"{self.path} was written by a newer e2a-swarm; upgrade this one to resume the job.")
        if version < SCHEMA:
            raise self._damaged()

    def _check_pages(self) -> None:
        with guarded(self.path):
            found = self._database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise self._damaged()

    def _knows_checksums(self) -> bool:
        with guarded(self.path):
            return any(row[1] == "crc" for row in self._database.execute("PRAGMA table_info(record)"))

    def _add_checksums(self) -> None:
        """Add the columns to a journal of 0.1."""
        if self._knows_checksums():
            return
        with guarded(self.path), self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("ALTER TABLE job ADD COLUMN crc INTEGER")
            self._database.execute("ALTER TABLE record ADD COLUMN crc INTEGER")

    @property
    def _crc(self) -> str:
        return "crc" if self._has_checksums else "NULL"

    def _check(self, body: bytes, crc: int | None) -> None:
        """Compare a body with its checksum. Raises StoreError."""
        if crc is not None and (not isinstance(body, bytes) or zlib.crc32(body) != crc):
            raise self._damaged()

    def spec(self) -> JobSpec:
        """Read what the job is."""
        with guarded(self.path), self._lock:
            row = self._database.execute(f"SELECT facts, {self._crc} FROM job").fetchone()
        if row is not None:
            self._check(*row)
        try:
            return _without_marks(msgspec.msgpack.decode(row[0], type=JobSpec))
        except (TypeError, ValueError) as error:
            raise self._damaged() from error

    def records(self) -> Iterator[AnyRecord]:
        """Yield all records, oldest first."""
        last = 0
        while rows := self._rows(last):
            last = rows[-1][0]
            for _, body, crc in rows:
                self._check(body, crc)
                try:
                    yield self._records.decode(body)
                except ValueError as error:
                    raise self._damaged() from error

    def page(self, after: int, most: int) -> tuple[int, list[AnyRecord]]:
        """Return how many records there are, and up to `most` of those after number `after`."""
        with guarded(self.path), self._lock:
            (total,) = self._database.execute("SELECT count(*) FROM record").fetchone()
        rows = self._rows(after)[:most]
        for _, body, crc in rows:
            self._check(body, crc)
        try:
            return total, [self._records.decode(body) for _, body, _ in rows]
        except ValueError as error:
            raise self._damaged() from error

    def _rows(self, after: int) -> list[tuple[int, bytes, int | None]]:
        """Read the next rows: all at once would fill the memory, and an open cursor would hold back checkpoints."""
        query = f"SELECT number, body, {self._crc} FROM record WHERE number > ? ORDER BY number LIMIT ?"
        with guarded(self.path), self._lock:
            return self._database.execute(query, (after, ROWS_AT_A_TIME)).fetchall()

    def append(self, records: Sequence[AnyRecord]) -> None:
        """Write records in one transaction: all are durable on return, none is written if this raises."""
        self._write(records, afresh=False)

    def rewrite(self, records: Sequence[AnyRecord]) -> None:
        """Write records in place of all that are there, in one transaction."""
        self._write(records, afresh=True)

    def _write(self, records: Sequence[AnyRecord], *, afresh: bool) -> None:
        rows = [(type(record).__name__, _clip_bytes(record), *_with_crc(record)) for record in records]
        with guarded(self.path), self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            if afresh:
                self._database.execute("DELETE FROM record")
            self._database.executemany("INSERT INTO record (kind, clip_bytes, body, crc) VALUES (?, ?, ?, ?)", rows)

    def counts(self) -> Counts:
        """Return a summary of the records, without reading them all."""
        with guarded(self.path), self._lock:
            row = self._database.execute(COUNTS).fetchone()
        if row is None:
            raise self._damaged()
        accepted, clip_bytes, finished, started = row
        return Counts(accepted, clip_bytes, self._last(finished, JobFinished), self._last(started, RunStarted))

    def _last(self, body: bytes | None, kind: type[Kind]) -> Kind | None:
        try:
            return None if body is None else msgspec.msgpack.decode(body, type=kind)
        except ValueError as error:
            raise self._damaged() from error

    def wordings(self) -> dict[tuple[int, int], str]:
        """Return the wordings that the user gave sentences, by place, without reading the other records."""
        query = f"SELECT body, {self._crc} FROM record WHERE kind = 'SegmentReworded' ORDER BY number"
        with guarded(self.path), self._lock:
            rows = self._database.execute(query).fetchall()
        found: dict[tuple[int, int], str] = {}
        for body, crc in rows:
            self._check(body, crc)
            record = self._last(body, SegmentReworded)
            if record is not None:
                found[record.chapter, record.index] = record.said
        return {place: said for place, said in found.items() if said}

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it."""
        with self._lock:
            self._end()

    def _damaged(self) -> StoreError:
        return DAMAGED.fault(self.path)


def _without_marks(spec: JobSpec) -> JobSpec:
    """Take apart the engine texts that 0.1 journaled as a segment's only text."""
    chapters = tuple(
        structs.replace(chapter, segments=tuple(map(_segment_without_marks, chapter.segments)))
        if any("⟦" in segment.spoken for segment in chapter.segments)
        else chapter
        for chapter in spec.chapters
    )
    return structs.replace(spec, chapters=chapters)


def _segment_without_marks(segment: Segment) -> Segment:
    if segment.phonemes or "⟦" not in segment.spoken:
        return segment
    spoken, phonemes = read_engine_text(segment.spoken)
    return structs.replace(segment, spoken=spoken, phonemes=phonemes)


def create_journal(folder: Path, spec: JobSpec) -> None:
    """Make a journal in a folder that no other process knows yet. Raises StoreError."""
    path = folder / FILE
    row = (spec.title, spec.source, spec.created_s, *_with_crc(spec))
    with guarded(path), closing(_connect(path)) as database:
        database.executescript(TABLES)
        with database:
            database.execute("INSERT INTO job VALUES (?, ?, ?, ?, ?)", row)


def _with_crc(value: AnyRecord | JobSpec) -> tuple[bytes, int]:
    body = msgspec.msgpack.encode(value)
    return body, zlib.crc32(body)


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a journal that another process may be writing, without touching its write-ahead log.

    A full or read-only disk has no room for the index of the log. But then nothing writes to the journal either, and a
    journal without a log is complete in its file.
    """
    uri = f"{path.as_uri()}?mode=ro"
    database = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        database.execute("PRAGMA user_version")
    except sqlite3.OperationalError:
        database.close()
        if _size(path.with_name(f"{path.name}-wal")):
            raise
        return sqlite3.connect(f"{uri}&immutable=1", uri=True, isolation_level=None, check_same_thread=False)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _clip_bytes(record: AnyRecord) -> int:
    return record.bytes if isinstance(record, ClipAccepted) else 0
