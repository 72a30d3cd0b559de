"""The journal of one job: an SQLite file with the job's spec and its records. It has one writer.

Spec and records have a checksum each, since SQLite does not notice a changed byte in a row.
"""

import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import msgspec

from swarm.errors import Remedy, StoreError
from swarm.job.record import AnyRecord, SegmentReworded
from swarm.job.spec import JobSpec
from swarm.job.store.clips import file_size
from swarm.system.disk import DAMAGED, NO_FILE, guarded

Kind = TypeVar("Kind")

SCHEMA = 2  # the version of the tables, and of what spec and records mean; others are refused
ROWS_AT_A_TIME = 1000  # a replay reads so many at a time
FILE = "journal.sqlite"
BESIDE = "-journal", "-wal", "-shm"  # SQLite reads these files too
TABLES = (
    "CREATE TABLE job (body BLOB NOT NULL, crc INTEGER NOT NULL)",
    "CREATE TABLE record (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL, crc INTEGER NOT NULL)",
)
SCRIPT = ";\n".join(("BEGIN", *TABLES, f"PRAGMA user_version = {SCHEMA}", "COMMIT;"))
SPEC = msgspec.msgpack.Decoder(JobSpec)
RECORD: "msgspec.msgpack.Decoder[AnyRecord]" = msgspec.msgpack.Decoder(AnyRecord)
REWORDED = msgspec.msgpack.Decoder(SegmentReworded)


class Journal:
    """An open journal. Each method may raise a StoreError that names the file and the remedy."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()  # commits and reads may come from different threads
        if self.path.is_dir():
            raise NO_FILE.fault(self.path)
        for path in (self.path.with_name(f"{FILE}{ending}") for ending in ("", *BESIDE)):
            if path.exists() and not path.is_file():  # SQLite would wait for a pipe
                raise DAMAGED.fault(path)
        self._connect = _connect_to_read if read_only else _connect
        self._open: sqlite3.Connection | None = None
        try:
            self._check_version()
            self._check_tables()
            if not read_only:
                self._check_pages()
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
        if not version:
            raise self._damaged()
        if version > SCHEMA:
            raise StoreError(
                f"{self.path} was written by a newer e2a-swarm", Remedy("upgrade this one to resume the job", again="")
            )
        if version < SCHEMA:
            begin = (
                f"finish the book with that one, or run `e2a-swarm jobs remove {self.path.parent.name}` and begin again"
            )
            raise StoreError(f"{self.path} was written by an older e2a-swarm", Remedy(begin, again=""))

    def _check_tables(self) -> None:
        """Refuse a file with other tables: one from elsewhere may have a view in place of a table, without an end."""
        with guarded(self.path):
            found = self._database.execute("SELECT sql FROM sqlite_schema LIMIT 3").fetchall()
        if sorted(found) != sorted((table,) for table in TABLES):
            raise self._damaged()

    def _check_pages(self) -> None:
        with guarded(self.path):
            found = self._database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise self._damaged()

    def _decoded(self, body: bytes, crc: int | None, decoder: "msgspec.msgpack.Decoder[Kind]") -> Kind:
        """Return what a body says that is as it was written. Raises StoreError."""
        try:
            if zlib.crc32(body) == crc:
                return decoder.decode(body)
        except (TypeError, ValueError, RecursionError) as error:
            raise self._damaged() from error
        raise self._damaged()

    def spec(self) -> JobSpec:
        """Read what the job is."""
        with guarded(self.path), self._lock:
            row = self._database.execute("SELECT body, crc FROM job").fetchone()
        body, crc = row or (b"", None)
        return self._decoded(body, crc, SPEC)

    def records(self) -> Iterator[AnyRecord]:
        """Yield all records, oldest first."""
        last = 0
        while rows := self._rows(last):
            for number, body, crc in rows:
                if (
                    number <= last
                ):  # pages from elsewhere may have their rows in any order, and would be read without end
                    raise self._damaged()
                last = number
                yield self._decoded(body, crc, RECORD)

    def extent(self) -> tuple[int, int]:
        """Return how many records there are, and the bytes of the longest, without reading them."""
        with guarded(self.path), self._lock:
            count, longest = self._database.execute("SELECT count(*), max(length(body)) FROM record").fetchone()
        return count, longest or 0

    def page(self, after: int, most: int) -> tuple[int, list[AnyRecord]]:
        """Return how many records there are, and up to `most` of those after number `after`."""
        with guarded(self.path), self._lock:
            (total,) = self._database.execute("SELECT count(*) FROM record").fetchone()
        return total, [self._decoded(body, crc, RECORD) for _, body, crc in self._rows(after)[:most]]

    def _rows(self, after: int) -> list[tuple[int, bytes, int]]:
        """Read the next rows: all at once would fill the memory, and an open cursor would hold back checkpoints."""
        query = "SELECT number, body, crc FROM record WHERE number > ? ORDER BY number LIMIT ?"
        with guarded(self.path), self._lock:
            return self._database.execute(query, (after, ROWS_AT_A_TIME)).fetchall()

    def append_records(self, records: Sequence[AnyRecord]) -> None:
        """Write records in one transaction: all are durable on return, none is written if this raises."""
        self._write(records, afresh=False)

    def rewrite_records(self, records: Sequence[AnyRecord]) -> None:
        """Write records in place of all that are there, in one transaction."""
        self._write(records, afresh=True)

    def _write(self, records: Sequence[AnyRecord], *, afresh: bool) -> None:
        rows = [(type(record).__name__, *_with_crc(record)) for record in records]
        with guarded(self.path), self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            if afresh:
                self._database.execute("DELETE FROM record")
            self._database.executemany("INSERT INTO record (kind, body, crc) VALUES (?, ?, ?)", rows)

    def overrides(self) -> dict[tuple[int, int], SegmentReworded]:
        """Return what the user gave sentences, words or a speaker, by place, without reading the other records."""
        with guarded(self.path), self._lock:
            rows = self._database.execute(
                "SELECT body, crc FROM record WHERE kind = ? ORDER BY number", [SegmentReworded.__name__]
            ).fetchall()
        found = dict[tuple[int, int], SegmentReworded]()
        for record in (self._decoded(body, crc, REWORDED) for body, crc in rows):
            place = record.chapter, record.index
            found[place] = record.after(found.get(place))
        return {place: record for place, record in found.items() if record.said or record.speaker}

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it."""
        with self._lock:
            self._end()

    def _damaged(self) -> StoreError:
        return DAMAGED.fault(self.path)


def create_journal(folder: Path, spec: JobSpec) -> None:
    """Make a journal in a folder that no other process knows yet. Raises StoreError."""
    path = folder / FILE
    with guarded(path), closing(_connect(path)) as database:
        database.executescript(SCRIPT)
        with database:
            database.execute("INSERT INTO job VALUES (?, ?)", _with_crc(spec))


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
        if file_size(path.with_name(f"{path.name}-wal")):
            raise
        return sqlite3.connect(f"{uri}&immutable=1", uri=True, isolation_level=None, check_same_thread=False)
    except sqlite3.Error:
        database.close()
        raise
    return database
