"""What of a queue goes to standbys, and how another machine takes it from them, or from a state folder.

That is the list with its books, the options of `serve` and the files that they name, and what opens page and feeds: the
password as its slow hash, tokens of programs as digests, so that neither opens anything before a take-over, and the
addresses of feeds. With it go the voices that the persons of series have.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct, structs

from swarm.config import QUEUE, STANDBY, ServeConfig
from swarm.coordinator.book_cast import FOLDER as CASTS
from swarm.coordinator.brought_files import pack_model
from swarm.errors import StoreError, UsageError
from swarm.job.run import lineage_of
from swarm.job.store.store import BOOK, DiskStore, copy_synced, has_job
from swarm.lease.member_message import MAX_QUEUED_BYTES, QueuedFile, QueueList
from swarm.server.queue import FILE, BookState, Queue, QueueContent, QueuedBook, read_queue, safe_name, stamp_of
from swarm.standby.adopt import adopt_job, taken_over_at
from swarm.standby.copy_server import Offered
from swarm.standby.queue_copy import FILE_PATH, latest_copies
from swarm.system.disk import guarded, make_folder, read_json, replace_file
from swarm.system.machine import Say, machine_name
from swarm.system.text import clean

SETTINGS_FILE = "settings.json"
FEEDS_FILE = "feed-tokens.json"
PASSWORD_FILE = "web-password"
TOKEN_FILE = "web-token"
EARLIER_FILE = "web-tokens-before"  # digests of the tokens of machines that had the queue before
MAX_EARLIER = 8
MAX_SECRET_BYTES = 256 * 1024
CASTS_FILE = "casts.json"
CAST_NAME = re.compile(r"[^/\\<>:\"|?*\x00-\x1f.]{1,100}\.txt")
MAX_CASTS = 500
MAX_TIME_S = 1e11  # platforms take no later time of a file
CUSTOM_MODEL = "--custom-model"
NOT_COPIED = "its file had not been copied yet when its coordinator was lost: add the book again"


class ServeSettings(Struct, frozen=True):
    """The options of `serve` that hold on any machine, and the files that some of them name, by option."""

    words: tuple[str, ...] = ()
    files: dict[str, str] = {}
    left: tuple[str, ...] = ()  # options that were given and hold on the machine of `serve` alone


class QueueParts:
    """The parts of a queue that is served. `secrets`: whether standbys get what opens page and feeds.

    `offered` may run in any thread, one at a time.
    """

    def __init__(self, queue: Queue, config: ServeConfig, *, secrets: bool) -> None:
        self._queue, self._state_dir = queue, config.network.render.state_dir
        self._secrets = secrets
        self._words, self._left = config.words, config.left
        self._given: dict[str, tuple[Path, QueuedFile]] | None = None  # the keys are options; made once a standby asks
        self._seen: tuple[bytes, list[str]] | None = None
        self._offered: Offered | None = None
        self._files = {option: str(path.absolute()) for option, path in config.given.items()}
        self._paths = config.given
        path = self._state_dir / QUEUE / SETTINGS_FILE
        with guarded(path):
            replace_file(path, msgspec.json.encode(self._settings(self._files)), mode=0o600)

    def _settings(self, files: dict[str, str]) -> ServeSettings:
        return ServeSettings(self._words, files, self._left)

    def offered(self) -> Offered:
        """Return the list of the queue, and the paths of its files; the same objects until something changes."""
        names = (FEEDS_FILE, PASSWORD_FILE, TOKEN_FILE, EARLIER_FILE) if self._secrets else ()
        seen = self._queue.stored, [stamp_of(self._state_dir / name) for name in (*names, CASTS)]
        if self._offered is None or self._seen is None or seen[0] is not self._seen[0] or seen[1] != self._seen[1]:
            self._seen, self._offered = seen, self._make(seen[0])
        return self._offered

    def _make(self, stored: bytes) -> Offered:
        books = self._queue.books
        if self._given is None:
            self._given = {option: found for option in self._paths if (found := self._as_file(option))}
        named = [(self._queue.path(book), book) for book in books if book.digest and 0 < book.size <= MAX_QUEUED_BYTES]
        given = [(path, file) for path, file in self._given.values() if 0 < file.size <= MAX_QUEUED_BYTES]
        # Books that are to be spoken come first.
        named.sort(key=lambda each: each[1].state.is_ended)
        files = [file for _, file in given]
        files += [QueuedFile(f"{QUEUE}/{book.id}/{book.name}", book.digest, book.size) for _, book in named]
        settings = self._settings(self._files | {option: file.path for option, (_, file) in self._given.items()})
        small = {f"{QUEUE}/{FILE}": stored, f"{QUEUE}/{SETTINGS_FILE}": msgspec.json.encode(settings)}
        to_speak = sum(not book.state.is_ended for book in books)
        small |= self._opening() if self._secrets else {}
        small |= {f"{QUEUE}/{CASTS_FILE}": msgspec.json.encode(casts)} if (casts := _casts(self._state_dir)) else {}
        made = QueueList(self._queue.id, self._queue.epoch, machine_name(), to_speak, small, tuple(files))
        paths = {file.digest: path for path, file in given}
        return made, paths | {book.digest: path for path, book in named}

    def _as_file(self, option: str) -> tuple[Path, QueuedFile] | None:
        """Return the file that an option names, as a zip where a model is several files; None if it is none."""
        path = self._paths[option]
        with suppress(UsageError, OSError, StoreError):
            if option == CUSTOM_MODEL and path.suffix != ".zip":
                target = self._state_dir / QUEUE / "given" / f"{path.name}.zip"
                target.parent.mkdir(parents=True, exist_ok=True)
                pack_model(path, target)
                path = target
            return (path, _queued(path)) if path.is_file() else None
        return None

    def _opening(self) -> dict[str, bytes]:
        """Return what opens the page and the feeds."""
        found = {name: _bytes(self._state_dir / name) for name in (FEEDS_FILE, PASSWORD_FILE)}
        found[EARLIER_FILE] = "".join(f"{digest}\n" for digest in token_digests(self._state_dir)).encode()
        return {name: content for name, content in found.items() if content}


def token_digests(state_dir: Path) -> tuple[str, ...]:
    """Return the digests of the token of programs of a state folder, and of those that were taken over with a queue."""
    own = _bytes(state_dir / TOKEN_FILE).strip()
    earlier = _bytes(state_dir / EARLIER_FILE).decode("ascii", "replace").split()
    mine = [hashlib.sha256(own).hexdigest()] if own else []
    return tuple(dict.fromkeys((*mine, *earlier)))[:MAX_EARLIER]


def _bytes(path: Path) -> bytes:
    with suppress(OSError):
        if path.stat().st_size <= MAX_SECRET_BYTES:
            return path.read_bytes()
    return b""


def _queued(path: Path) -> QueuedFile:
    """Return a file that an option names, as standbys get it. Raises StoreError."""
    with guarded(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return QueuedFile(f"{QUEUE}/given/{digest[:16]}-{safe_name(path.name)}", digest, path.stat().st_size)


class Heritage(NamedTuple):
    """What can be taken over: a job or a queue, and the folders that have it."""

    name: str
    source: Path
    jobs: Path  # the state folder with the job, or with those of the queue
    is_queue: bool = False
    title: str = ""
    to_speak: int = 0  # books of a queue
    was: tuple[str, ...] = ()  # the jobs of a queue
    epoch: int = 0  # a queue has one


def queues_in(folder: Path, jobs: Path | None = None, title: str = "") -> list[Heritage]:
    """Return the queue of a state folder or of a copy, if it has one with books. Raises StoreError."""
    _, content = read_queue(folder / QUEUE / FILE)
    if not content.books:
        return []
    jobs = jobs or (folder if (folder / "jobs").is_dir() else folder.parent.parent)
    to_speak = sum(not book.state.is_ended for book in content.books)
    was = tuple(book.job for book in content.books if book.job)
    return [Heritage(content.id or QUEUE, folder, jobs, True, title, to_speak, was, content.epoch)]


def latest_queues(state_dir: Path, named: str = "") -> list[Heritage]:
    """Return the queues that a standby copied, and this machine's own one if that is the latest of these.

    The own one is meant, too, where it is named, or where another machine took it over. Raises StoreError.
    """
    found: dict[str, Heritage] = {}
    for copy in latest_copies(state_dir):
        title = f"the queue of {clean(copy.list.host)}, {copy.books} of {copy.list.books} books" if copy.list else ""
        with suppress(StoreError):  # a coordinator that sent no queue hides none of another one
            queues = queues_in(copy.folder, state_dir / STANDBY, title)
            found |= {each.name: each for each in queues if copy.list and each.name == copy.list.queue}
    for own in queues_in(state_dir):
        copied = found.get(own.name)
        is_taken = lineage_of(taken_over_at(state_dir / QUEUE)) > lineage_of(own.epoch)
        is_meant = copied is not None or is_taken or named == own.name
        if is_meant and (copied is None or lineage_of(copied.epoch) <= lineage_of(own.epoch)):
            found[own.name] = own
    return list(found.values())


def take_queue(
    state_dir: Path, heritage: Heritage, named: Collection[str], output_dir: Path, note: Say
) -> ServeSettings:
    """Have the queue of a copy, or of another state folder, in this one; `named`: options that the user gives anew.

    Of finished audiobooks those are known that lie below `output_dir`: a copy chooses no other files of this machine.

    Return the options of `serve`, with the files that they name as they are here. The other folders are only read.
    Raises UsageError if the queue here has other books or a file that an option names is nowhere, StoreError.
    """
    source, jobs = heritage.source, heritage.jobs
    _, content = read_queue(source / QUEUE / FILE)
    settings = read_json(source / QUEUE / SETTINGS_FILE, ServeSettings) or ServeSettings()
    is_copy = not (source / "jobs").is_dir()
    for option, name in settings.files.items():
        # A copy came from another machine, which chooses no file of this one.
        if option not in named and (not (source / name).exists() or (is_copy and not FILE_PATH.fullmatch(name))):
            raise UsageError(
                f"The queue was served with {option} {Path(name).name}, which is not here: name that file again with "
                f"{option} FILE."
            )
    queue = Queue(state_dir)
    try:
        queue.check_heir(content)
        if source != state_dir:
            check_names(content, source)
            books = tuple(_taken(book, queue.path(book), source, jobs) for book in content.books)
            books = tuple(_with_files_below(output_dir, book) for book in books)
            content = structs.replace(content, books=books)
            _adopt_jobs(state_dir, jobs, content, note)
            _take_secrets(state_dir, source)
            _take_casts(state_dir, source)
        settings = structs.replace(settings, files=_take_given(state_dir, source, settings, named))
        queue.inherit(content)
    finally:
        queue.release_queue()
    return settings


def check_names(content: QueueContent, source: Path) -> None:
    """Raise StoreError for a queue whose books have names or numbers that would lead to other folders."""
    if any(safe_name(book.name) != book.name or book.id < 1 for book in content.books):
        raise StoreError(f"{source / QUEUE / FILE} is damaged: a book has a name that no queue gives.")


def _with_files_below(folder: Path, book: QueuedBook) -> QueuedBook:
    """Return a book with those of its finished files alone that lie below a folder."""
    root = folder.absolute()
    files = (name for name in book.files if Path(name).is_absolute() and ".." not in Path(name).parts)
    return structs.replace(book, files=tuple(name for name in files if Path(name).is_relative_to(root)))


def _taken(book: QueuedBook, target: Path, source: Path, jobs: Path) -> QueuedBook:
    """Copy a book's file; return the book, which has failed if it is to be spoken and its file is nowhere."""
    places = [target, source / QUEUE / str(book.id) / book.name]
    if book.job and has_job(jobs, book.job):
        places.append(jobs / "jobs" / book.job / BOOK)
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        is_ended = book.state.is_ended
        lost = structs.replace(book, digest="", size=0)
        return lost if is_ended else structs.replace(lost, state=BookState.FAILED, why=NOT_COPIED)
    if found != target:
        with guarded(target):
            shutil.rmtree(target.parent, ignore_errors=True)
            target.parent.mkdir(parents=True)
            copy_synced(found, target)
    return book


def _adopt_jobs(state_dir: Path, jobs: Path, content: QueueContent, note: Say) -> None:
    with closing(DiskStore(state_dir)) as store:
        for book in content.books:
            if book.job and has_job(jobs, book.job):
                try:
                    adopted = adopt_job(store, jobs, book.job)
                except StoreError as fault:
                    note(f"{book.heading}: {fault}")
                    continue
                if not book.state.is_ended:
                    note(f"{adopted.title}: {adopted.clips} of {adopted.sentences} sentences are in the copy")
                store.release_job(book.job)


def _take_secrets(state_dir: Path, source: Path) -> None:
    """Have what opens page and feeds; the token of programs here stays, and those from before open it, too."""
    found = {name: _bytes(source / name) for name in (FEEDS_FILE, PASSWORD_FILE)}
    earlier = dict.fromkeys((*token_digests(source), *token_digests(state_dir)[:1]))
    found[EARLIER_FILE] = "".join(f"{digest}\n" for digest in tuple(earlier)[:MAX_EARLIER]).encode()
    for name, data in found.items():
        if data:
            with guarded(state_dir / name):
                replace_file(state_dir / name, data, mode=0o600)


def _casts(state_dir: Path) -> dict[str, tuple[float, str]]:
    """Return the files of casts in a state folder, by name: when each was changed, and its text."""
    paths = sorted((state_dir / CASTS).glob("*.txt"))[:MAX_CASTS]
    return {path.name: (path.stat().st_mtime, _bytes(path).decode(errors="replace")) for path in paths}


def _take_casts(state_dir: Path, source: Path) -> None:
    """Have the casts of series, but for those that were changed here later."""
    copied = read_json(source / QUEUE / CASTS_FILE, dict[str, tuple[float, str]], MAX_CASTS * MAX_SECRET_BYTES)
    for name, (changed_s, text) in (copied or _casts(source)).items():
        path = state_dir / CASTS / name
        is_sound = CAST_NAME.fullmatch(name) and 0 <= changed_s < MAX_TIME_S
        if is_sound and not (path.exists() and path.stat().st_mtime >= changed_s):
            make_folder(path.parent)
            with guarded(path):
                replace_file(path, text.encode())
                os.utime(path, (changed_s, changed_s))


def _take_given(state_dir: Path, source: Path, settings: ServeSettings, named: Collection[str]) -> dict[str, str]:
    """Return the files that options name, but for those that are named anew, as they are here: copied from a copy."""
    here: dict[str, str] = {}
    for option, name in settings.files.items():
        if option in named:
            continue
        path = source / name
        here[option] = str(path)
        if source != state_dir and path.is_file():
            target = state_dir / QUEUE / "given" / path.name
            make_folder(target.parent)
            with guarded(target):
                copy_synced(path, target)
            here[option] = str(target)
    return here
