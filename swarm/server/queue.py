"""The queue of a resident coordinator: its books in the order they are spoken, in one file of the state folder.

Each book is in one state. Nothing but what the table of states says happens to it (docs/design/states.md draws it).
"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from secrets import randbelow, token_hex
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from swarm.config import QUEUE
from swarm.errors import NotThere, StoreError, TakenOver, UsageError
from swarm.job.run import lineage_of
from swarm.job.store.store import copy_synced
from swarm.lease.states import follow
from swarm.standby.adopt import leader_epoch, taken_over_at
from swarm.system.disk import STATE_VERSION, Lock, guarded, make_folder, other_state, replace_file
from swarm.system.text import count_text, is_device_name
from swarm.watch.words import queue_taken_text

FILE = "queue.json"
MAX_BOOKS = 10_000
MAX_BYTES = 64 * 1024 * 1024
MAX_TEXT = 10_000  # characters
MAX_OPTIONS = 2000  # characters of the options of one book
UNSAFE = '<>:"/\\|?*'  # signs that some system forbids in a file's name

Text = Annotated[str, Meta(max_length=MAX_TEXT)]


class BookState(Enum):
    """The state of a book of the queue."""

    WAITING = "waiting"  # its turn comes
    OPENING = "opening"  # its file is read
    SERVED = "served"  # the server has its job
    RESTING = "resting"  # it could not be opened, spoken or written here, and is tried again later
    TWIN = "twin"  # the server has the same book with the same voice: it is tried again when that has left
    MENDING = "mending"  # sentences of it are to be spoken again: its turn comes before all others
    PAUSED = "paused"  # a user wants it to wait
    HELD = "held"  # a user wants it to wait, and the server keeps its job
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_served(self) -> bool:
        """Whether the server has its job."""
        return self in (BookState.SERVED, BookState.HELD)

    @property
    def is_paused(self) -> bool:
        """Whether a user wants it to wait."""
        return self in (BookState.PAUSED, BookState.HELD)

    @property
    def is_ended(self) -> bool:
        """Whether nothing is done for it until a user wants something of it."""
        return self in _ENDS

    @property
    def at_start(self) -> "BookState":
        """The state in which the next start finds it, when nothing is open; users are told this one's word."""
        if self.is_ended:
            return self
        return BookState.PAUSED if self.is_paused else BookState.WAITING


_ENDS = frozenset({BookState.FINISHED, BookState.FAILED, BookState.CANCELLED})
_ORDERED = frozenset({BookState.PAUSED, BookState.CANCELLED, BookState.MENDING})  # a user may order these at any time
BOOK_TRANSITIONS = {
    BookState.WAITING: _ORDERED | {BookState.OPENING},
    BookState.OPENING: _ORDERED | {BookState.SERVED, BookState.RESTING, BookState.TWIN, BookState.FAILED},
    BookState.SERVED: frozenset({BookState.RESTING, BookState.MENDING, BookState.HELD, *_ENDS}),
    BookState.RESTING: _ORDERED | {BookState.OPENING, BookState.WAITING},
    BookState.TWIN: _ORDERED | {BookState.OPENING, BookState.WAITING},
    BookState.MENDING: frozenset({BookState.OPENING, BookState.PAUSED, BookState.CANCELLED}),
    BookState.PAUSED: frozenset({BookState.WAITING, BookState.CANCELLED}),
    BookState.HELD: frozenset({BookState.SERVED, BookState.PAUSED, *_ENDS}),
    BookState.FINISHED: frozenset({BookState.MENDING}),
    BookState.FAILED: frozenset({BookState.WAITING}),
    BookState.CANCELLED: frozenset({BookState.WAITING}),
}


class QueuedBook(Struct, frozen=True, omit_defaults=True):
    """One book of the queue."""

    id: int  # commands name the book by this number, which is never used again
    name: Text  # the name of the book's file
    options: tuple[Text, ...] = ()  # options of sound, reading and files, as words of a command line
    added_s: float = 0.0  # seconds since the epoch
    state: BookState = BookState.WAITING
    turn_s: float = 0.0  # its turn came then; the turn of one that rests, or is a twin, comes then
    job: Text = ""  # is known once the book was read
    title: Text = ""  # is known at once if the book's file tells it, else once the book was read
    authors: tuple[Text, ...] = ()  # are known once the book was read
    percent: int = 0  # what was done of it when it was last open: mending must not make it less
    why: Text = ""  # says why the book failed, or what it waits for
    files: tuple[Text, ...] = ()  # files of the finished audiobook
    ended_s: float = 0.0
    sound_s: float = 0.0  # seconds of the finished audiobook that are speech
    source: Text = ""  # the path in the watched folder that brought the book
    stamp: Text = ""  # size and time of the source: a changed one is another book
    added_by: Text = ""  # the key of the machine that brought it, in hexadecimal digits; "" for this one
    digest: Text = ""  # its copy has this digest; "": another machine took the queue over before it had that
    size: int = 0  # bytes of the copy

    @property
    def heading(self) -> str:
        """The title, or the file's name before the book was read."""
        return self.title or self.name

    @property
    def at_start(self) -> "QueuedBook":
        """The book as the next start finds it."""
        return structs.replace(self, state=self.state.at_start, turn_s=0.0)


class QueueContent(Struct, frozen=True):
    """What the file of a queue says."""

    version: int = 1  # the first version did not say it
    id: Text = ""  # all machines that serve the queue keep it
    epoch: int = 0
    last_id: int = 0
    books: Annotated[tuple[QueuedBook, ...], Meta(max_length=MAX_BOOKS)] = ()


class Queue:
    """The books in their order, each with a copy of its file.

    Every change is on the disk when its call returns, or when the block of `together` ends.

    Raises StoreError where the disk fails, also if another process has the queue.
    """

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / QUEUE
        make_folder(self._folder)
        self._lock = Lock(state_dir / "locks" / "queue.lock")
        self._lock.acquire(f"the queue of {state_dir}")
        self.stored = b""  # the file of the queue as it is on the disk
        self._content = self._read()
        self._copied = ("", 0)  # the digest and size of the book that was copied last
        self._is_together = False  # whether writes wait for the end of a block
        self._removed: list[Path] = []  # folders of books that the next write no longer has

    @property
    def books(self) -> tuple[QueuedBook, ...]:
        """All books, in the order they are spoken."""
        return self._content.books

    @property
    def id(self) -> str:
        """The queue's id, which it keeps with all machines that serve it."""
        return self._content.id

    @property
    def epoch(self) -> int:
        """The number of the latest run."""
        return self._content.epoch

    def begin_run(self) -> int:
        """Return the number of this run, which grows with each. Raises TakenOver if another machine serves it now."""
        if lineage_of(taken_over_at(self._folder)) > lineage_of(self._content.epoch):
            raise TakenOver(queue_taken_text())
        name = self._content.id or f"queue-{token_hex(8)}"
        self._write(structs.replace(self._content, id=name, epoch=self._content.epoch + 1))
        return self._content.epoch

    def check_heir(self, content: QueueContent) -> None:
        """Raise UsageError if another queue than this one is to be taken over, and this one has books."""
        if self.books and content.id != self._content.id:
            raise UsageError(
                f"This machine has a queue of its own with {count_text(len(self.books), 'book')}: end them first, or "
                "name another state folder with --state-dir. `e2a-swarm take-over JOB` takes over a single book."
            )

    def inherit(self, content: QueueContent) -> None:
        """Have the books of a queue that is taken over, and serve them under a lineage above all others.

        Raises UsageError if this queue has other books.
        """
        self.check_heir(content)
        epoch = leader_epoch(self._folder, randbelow, max(content.epoch, self._content.epoch))
        name = content.id or f"queue-{token_hex(8)}"
        self._write(structs.replace(content, version=STATE_VERSION, id=name, epoch=epoch))

    def find_book(self, book_id: int) -> QueuedBook:
        """Return a book. Raises NotThere if there is none of that number."""
        for book in self.books:
            if book.id == book_id:
                return book
        raise NotThere(f"There is no book {book_id} in the queue: `e2a-swarm status` lists them.")

    def path(self, book: QueuedBook) -> Path:
        """Return the path of a book's copy."""
        return self._folder / str(book.id) / book.name

    def copy_in(self, path: Path, name: str) -> None:
        """Copy a book's file, under a harmless name, for the next `enter`.

        It may run in another thread, but one at a time.
        Raises UsageError if the queue is full.
        """
        if len(self.books) >= MAX_BOOKS:
            raise UsageError(f"The queue has {MAX_BOOKS:,} books: remove some first.")
        place = self._folder / str(self._content.last_id + 1) / safe_name(name)
        with guarded(place):
            # A run that was cut off may have left a folder that no queue names.
            shutil.rmtree(place.parent, ignore_errors=True)
            place.parent.mkdir()
            try:
                copy_synced(path, place)
                with place.open("rb") as file:
                    self._copied = hashlib.file_digest(file, "sha256").hexdigest(), place.stat().st_size
            except OSError:
                shutil.rmtree(place.parent, ignore_errors=True)  # the rest of a full disk is for the books before
                raise

    def enter(
        self, name: str, options: Sequence[str], now: float, *, title: str = "", source: str = "", added_by: str = ""
    ) -> QueuedBook:
        """Add the book that `copy_in` copied at the end. Raises UsageError if the options are too long."""
        if sum(map(len, options)) > MAX_OPTIONS:
            raise UsageError(f"The options of a book have {MAX_OPTIONS:,} characters at most.")
        number = self._content.last_id + 1
        stamp = stamp_of(Path(source)) if source else ""
        words, title, source = map(_storable, (tuple(options), title, source))
        digest, size = self._copied
        book = QueuedBook(
            number,
            safe_name(name),
            words,
            now,
            title=title,
            source=source,
            stamp=stamp,
            added_by=added_by,
            digest=digest,
            size=size,
        )
        self._write(structs.replace(self._content, last_id=number, books=(*self.books, book)))
        return book

    def change(self, book_id: int, **fields: object) -> QueuedBook:
        """Change fields of a book, and return it. Raises UsageError."""
        before = self.find_book(book_id)
        changed = structs.replace(before, **{name: _storable(value) for name, value in fields.items()})
        follow(BOOK_TRANSITIONS, before.state, changed.state)
        books = tuple(changed if book.id == book_id else book for book in self.books)
        content = structs.replace(self._content, books=books)
        if changed.at_start == before.at_start:  # the disk has what the next start needs of the book
            self._content = content
        else:
            self._write(content)
        return changed

    def move(self, book_id: int, place: int) -> None:
        """Move a book to a place among those that wait, counted from 1. Raises UsageError."""
        moved = self.find_book(book_id)
        others = [book for book in self.books if book.id != book_id]
        waiting = [number for number, book in enumerate(others) if not book.state.is_ended]
        at = waiting[max(place, 1) - 1] if 0 < max(place, 1) <= len(waiting) else len(others)
        self._arrange([*others[:at], moved, *others[at:]])

    def remove_book(self, book_id: int) -> None:
        """Remove a book from the list, with its copy. Raises UsageError."""
        self._removed.append(self.path(self.find_book(book_id)).parent)
        self._arrange([other for other in self.books if other.id != book_id])

    def has(self, path: Path) -> bool:
        """Return whether the queue had a file of a watched folder as it is now."""
        stamp, source = stamp_of(path), _storable(str(path))
        return any(book.source == source and book.stamp == stamp for book in self.books)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write all changes of a block at once, when it ends: each write waits for the disk.

        After a StoreError they hold nevertheless, and the next write has them.
        """
        before, self._is_together = self._content, True
        try:
            yield
        finally:
            self._is_together = False
            if self._content is not before:
                self._write(self._content)

    def release_queue(self) -> None:
        """Let another process have the queue."""
        self._lock.release()

    def _arrange(self, books: Sequence[QueuedBook]) -> None:
        if tuple(books) != self.books:
            self._write(structs.replace(self._content, books=tuple(books)))

    def _read(self) -> QueueContent:
        self.stored, content = read_queue(self._folder / FILE)
        return content

    def _write(self, content: QueueContent) -> None:
        if self._is_together:
            self._content = content
            return
        path, data = self._folder / FILE, msgspec.json.format(msgspec.json.encode(content), indent=1)
        if len(data) > MAX_BYTES:
            raise UsageError("The list of the queue has no more room: remove some books first.")
        with guarded(path):
            replace_file(path, data)
        self._content, self.stored = content, data
        while self._removed:
            shutil.rmtree(self._removed.pop(), ignore_errors=True)


def read_queue(path: Path) -> tuple[bytes, QueueContent]:
    """Return what the file of a queue has, and what the next start makes of it. Raises StoreError."""
    with guarded(path):
        if not path.exists():
            return b"", QueueContent(STATE_VERSION)
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
    if data.count(b"{") > 2 * MAX_BOOKS:  # each book is an object; a hundred times as many would fill the memory
        raise StoreError(f"{path} cannot be used: it has more than {MAX_BOOKS:,} books.")
    try:
        content = msgspec.json.decode(data, type=QueueContent)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise StoreError(
            f"{path} cannot be used: it is damaged ({fault}); move it away and start again. Jobs and audiobooks "
            "are not lost with it: add the books again, and nothing is spoken a second time."
        ) from fault
    if content.version != STATE_VERSION:
        raise other_state(path, content.version)
    return data, structs.replace(content, books=tuple(book.at_start for book in content.books))


def stamp_of(path: Path) -> str:
    """Return the size and time of a file, by which a changed file is told; "" if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def safe_name(name: str) -> str:
    """Return a stranger's file name without folders and signs that some system forbids, in at most 150 bytes.

    A safe name stays as it is: a machine that takes a queue over refuses any other.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter if letter.isprintable() and letter not in UNSAFE else "_" for letter in last).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    kept = _cut(stem or plain)
    kept = _cut(f"_{kept}") if is_device_name(kept) else kept
    return f"{kept or 'book'}{dot}{ending[:20]}".rstrip(" .") if stem else kept or "book"


def _cut(text: str) -> str:
    return text.encode()[:120].decode(errors="ignore").strip(" .")


def _storable(value: Any) -> Any:
    """Return a value whose texts JSON can hold and the next start can read: names of files may be no UTF-8."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()[:MAX_TEXT]
    return tuple(map(_storable, value)) if isinstance(value, tuple) else value
