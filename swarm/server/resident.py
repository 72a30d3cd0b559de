"""A coordinator that stays: it speaks the books of a queue in their order, and waits for more.

It refuses at once options that would fail one book after another, and files that are no books.
"""

import asyncio
import errno
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from swarm.audiobook.edition import Edition, release_names
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.style import read_cover
from swarm.config import RedoConfig, RenderConfig
from swarm.coordinator.books import Books, free_names
from swarm.coordinator.brought_files import find_brought_files
from swarm.coordinator.prepare import find_in_book, find_job
from swarm.coordinator.serve import Server
from swarm.errors import (
    EngineUnknown,
    EnvironmentFault,
    InUse,
    Outdated,
    ReaderMissing,
    StoreError,
    SwarmError,
    UsageError,
)
from swarm.job.run import RUNS, lineage_of
from swarm.job.store.store import DiskStore, has_job
from swarm.lease.envelope import Reason
from swarm.lease.member_message import Order, QueuedStatus
from swarm.lease.message import JobStatus, SleeperRow, StatusReply
from swarm.server.queue import BOOK_TRANSITIONS, BookState, Queue, QueuedBook
from swarm.system.disk import try_folder
from swarm.system.event_loop import from_thread
from swarm.system.machine import Clock, Say
from swarm.system.platform import trim_memory
from swarm.system.text import clean, clean_note, count_text
from swarm.voice.host.default_voice import VoiceGivenUp, Workers, reach_for_workers
from swarm.voice.host.registry import check_asked_voice
from swarm.watch.view import job_percent
from swarm.watch.words import BY_QUEUE, by_resuming, worded_status

PASSES = (errno.ENOSPC, errno.EDQUOT)  # a full disk has room again later, so books wait for that


def check_start(config: RenderConfig, store: DiskStore) -> None:
    """Raise SwarmError for usual options that no book can be spoken with, or a folder that cannot be written to."""
    _check_voice(config)
    find_brought_files(config, store)
    if config.style.cover:
        read_cover(config.style.cover)
    if not config.output_url:
        _check_folder(config.output_dir)
        free_names(store, config.output_dir)


def read_new(config: RenderConfig, path: Path, name: str, *, is_watched: bool) -> str:
    """Return the title of a book that is added; "" if only the whole text tells it.

    Raises UsageError for a voice that no engine has, and for a file that is plainly no book. One of a watched folder
    fails in the queue instead, and is set aside from there.
    """
    _check_voice(config)
    try:
        return (find_in_book(config, path, "title").name or ("",))[0]
    except SwarmError as fault:
        if is_watched:
            return ""
        raise UsageError(str(fault).replace(str(path), name)) from fault


def _check_voice(config: RenderConfig) -> None:
    if config.voice and config.custom_model is None:
        check_asked_voice(config.voice, engine=config.engine, model=config.model, language=config.language)


def _check_folder(folder: Path) -> None:
    try:
        try_folder(folder)
    except StoreError as fault:
        if not isinstance(fault.__cause__, OSError) or fault.__cause__.errno not in PASSES:
            raise


class MendOrder:
    """What is to be spoken again, and its answer: it is given once that is on the disk, or cannot be."""

    def __init__(self, redo: RedoConfig) -> None:
        self.redo = redo
        self._answer = asyncio.get_running_loop().create_future()

    async def wait(self) -> None:
        """Wait until it is recorded. Raises the SwarmError for which it is not."""
        await asyncio.shield(self._answer)

    async def wait_for_answer(self) -> None:
        """Wait until it is answered, in whatever way."""
        await asyncio.wait([self._answer])

    def answer(self, refused: SwarmError | None) -> None:
        """Give the answer: None, or why nothing was recorded."""
        if refused is None:
            self._answer.set_result(None)
        else:
            self._answer.set_exception(refused)
            self._answer.exception()  # asyncio warns of a fault that was never read, as after a browser left


AHEAD = 3  # books that are served at a time, so that no slot waits for the last sentences of one
MAX_SERVED = 16  # more books than these take turns, where no worker has the engines of all
RETRY_S = 30.0  # a book is tried again so late if no worker had its engine, or if it is spoken already
FAULT_RETRY_S = 300.0  # a book is tried again so late if this machine had no room for it or could not deliver it
TWIN = "the same book is spoken with the same voice already; its files are made after that"
STOPPED = "The coordinator stops: ask again when it is back."
MAX_FILES = 8  # `status` names no more files of a finished book
MAX_FILE_NAME = 2000  # characters of a file's name in `status`


class _IsTwin(SwarmError):
    """The job of a book is served for another one already."""


Configure = Callable[[Path, Sequence[str]], RenderConfig]  # raises UsageError for options that make no sense


class Resident:
    """The books of the queue: which are read, served, paused, finished. `serve` has to be called with a server first.

    `configure` makes the config of a book of its options; `note` shows the user a line; `workers` tells which engines
    the workers have.
    """

    def __init__(
        self,
        queue: Queue,
        store: DiskStore,
        studio: Studio,
        clock: Clock,
        configure: Configure,
        note: Say,
        workers: Workers,
        set_aside: Callable[[Path, str], bool] = lambda source, why: False,
    ) -> None:
        self.queue, self.store, self._studio, self._clock = queue, store, studio, clock
        self.configure, self._note, self._workers = configure, note, workers
        self._set_aside = set_aside  # decides what becomes of a failed book of a watched folder
        self._mending: dict[int, MendOrder] = {}  # keys are books; an order stays until it is answered
        self._changed = asyncio.Event()
        self._adding = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()
        self.sleepers: Callable[[], tuple[SleeperRow, ...]] = tuple  # tells which machines sleep
        self._given_up: dict[str, Edition] = {}  # keys are jobs that go, since the book gets another voice

    def serve_with(self, server: Server) -> None:
        """Serve the books with a server, before it runs."""
        self._server = server

    def hear_events(self, hear: Callable[[Reason], None]) -> None:
        """Have what happens to workers told to `hear` too."""
        self._server.hear = hear

    @property
    def is_stopping(self) -> bool:
        """Whether the server was told to drain."""
        return self._server.is_stopping

    def status(self) -> StatusReply:
        """Return what the coordinator and its workers are doing."""
        return structs.replace(self._server.status(), sleepers=self.sleepers())

    def complete(self, reply: StatusReply) -> StatusReply:
        """Return what `e2a-swarm status` is told, with the queue and the machines that sleep."""
        return structs.replace(reply, queue=self.standing(), sleepers=self.sleepers())

    def energy_wh(self, book: QueuedBook) -> float:
        """Return the watt-hours that a book took of the devices that tell them."""
        return sum(self._server.run_stats(book.job).energy_j.values()) / 3600 if book.job else 0.0

    def served(self, book: QueuedBook) -> Edition | None:
        """Return the edition of a book that is served now."""
        return self._server.editions.get(book.job) if book.state.is_served else None

    def config_of(self, book: QueuedBook) -> RenderConfig:
        """Return the config of a book. Raises UsageError."""
        return self.configure(self.queue.path(book), book.options)

    # --- which book is served

    async def reopen(self) -> None:
        """Serve the books again that the last run had begun: workers may still hold clips of them."""
        for book in self.queue.books:
            if book.job and book.state is BookState.WAITING:
                await self._open(book)

    async def serve_books(self, keep_awake: Callable[[bool], None] = lambda working: None) -> None:
        """Serve one book after the other, until cancelled. Raises StoreError.

        `keep_awake` is told whether books are served: the machine may sleep while the queue is empty.
        """
        try:
            await self._serve_all(keep_awake)
        finally:
            keep_awake(False)  # the task that kept the machine awake must let it sleep again

    async def _serve_all(self, keep_awake: Callable[[bool], None]) -> None:
        while True:
            keep_awake(any(book.state.is_served for book in self.queue.books))
            self._changed.clear()
            if book := self._next():
                self._make_room()
                await self._open(book)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await self._changed.wait()

    def _next(self) -> QueuedBook | None:
        """Return the book to be served next; None while enough are served that a worker here can speak."""
        now = self._clock.now()
        mended = next((book for book in self.queue.books if book.state is BookState.MENDING), None)
        if mended or sum(map(_is_speakable, self._server.status().jobs)) >= AHEAD:
            return mended
        return next((book for book in self.queue.books if _may_open(book, now)), None)

    def _make_room(self) -> None:
        """Close a book that no worker can speak, if as many are open as memory should hold; it is tried again later."""
        served = [book for book in self.queue.books if book.state.is_served]
        if len(served) < MAX_SERVED:
            return
        vain = {job.job: job.note for job in worded_status(self._server.status()).jobs if _waits_in_vain(job)}
        if in_vain := [book for book in served if book.job in vain]:
            longest = min(in_vain, key=lambda book: book.turn_s)
            self._rest(longest, vain[longest.job], FAULT_RETRY_S)

    async def _open(self, book: QueuedBook) -> None:
        """Read a book, and serve it unless the user did something else with it meanwhile."""
        mending = self._mending.get(book.id)
        book = self._become(book, BookState.OPENING)
        if self._leaving:  # the job of this very book may be among those that the server still lets go of
            await asyncio.wait(self._leaving)
        tell = from_thread(lambda line: self._note(f"{book.heading}: {line}"))
        opened, refused = None, None
        try:
            opened, refused = await self._try_to_read(book, tell, mending.redo if mending else None)
        finally:
            if mending:
                del self._mending[book.id]
                mending.answer(None if opened else refused or UsageError(STOPPED))
        if mending and isinstance(refused, UsageError):  # the order is wrong, and the book is as it was
            opened, refused = await self._try_to_read(book, tell, None)
        is_opening = any(each.id == book.id and each.state is BookState.OPENING for each in self.queue.books)
        if is_opening and opened:
            self._take_up(book, opened)
        elif is_opening and refused:
            self._put_off(book, refused)
        elif opened:
            self.store.release_job(opened.editions[0].state.job)

    async def _try_to_read(
        self, book: QueuedBook, tell: Say, redo: RedoConfig | None
    ) -> tuple[Books | None, SwarmError | None]:
        """Open a book, or return the fault for which it cannot be opened. Raises Outdated."""
        try:
            return await asyncio.to_thread(self._read, book, tell, redo), None
        except Outdated:
            raise
        except SwarmError as fault:
            return None, fault

    def _read(self, book: QueuedBook, tell: Say, redo: RedoConfig | None) -> Books:
        """Open a book in another thread. Raises SwarmError, _IsTwin if its job is served already."""
        config, path = self.configure(self.queue.path(book), book.options), self.queue.path(book)
        if lineage := lineage_of(self.queue.epoch):  # another machine began what is begun, perhaps by other defaults
            begun = book.job if book.job and has_job(self.store.state_dir, book.job) else ""
            config = replace(config, take_over=begun, least_epoch=lineage * RUNS)
        brought = find_brought_files(config, self.store)
        job = config.take_over or find_job(config, path, brought, self._workers, reach_for_workers).name
        if job in [each.job for each in self.queue.books if each.state.is_served]:
            raise _IsTwin(TWIN)
        config = replace(config, redo=redo)
        books = Books(config, self.store, self._studio, self._clock, tell)
        books.workers = self._workers
        try:
            books.open()
        except SwarmError:
            self.store.release_job(job)  # other commands may have it meanwhile
            raise
        return books

    def _take_up(self, book: QueuedBook, books: Books) -> None:
        [edition] = books.editions
        job, spec, edition.done = edition.state.job, edition.state.spec, book.percent / 100
        self._become(book, BookState.SERVED, job=job, title=spec.title, authors=spec.book.authors, why="")
        self._server.serve_job(edition, books.put_back, may_change_voice=books.may_change_voices)
        if edition.state.paused:
            self._server.pause(job, paused=False)
        self._arrange()

    def _arrange(self) -> None:
        self._server.arrange([book.job for book in self.queue.books if book.state.is_served])

    def _put_off(self, book: QueuedBook, fault: SwarmError) -> None:
        """Try a book again later if the fault is this machine's, as a full disk is; else it has failed."""
        match fault:
            case _IsTwin():
                self._rest(book, str(fault), RETRY_S, BookState.TWIN)
            case VoiceGivenUp():
                self._rest(book, book.why, 0.0)
            case EngineUnknown() | InUse():
                self._rest(book, str(fault), RETRY_S)
            case EnvironmentFault() if not isinstance(fault, ReaderMissing):
                self._rest(book, fault.told(BY_QUEUE), FAULT_RETRY_S)
            case _:
                # A user knows no path of the queue.
                self._fail(book, fault.told(by_resuming(book.id)).replace(str(self.queue.path(book)), book.name))

    def _rest(self, book: QueuedBook, why: str, rest_s: float, state: BookState = BookState.RESTING) -> None:
        if book.why != why:
            self._note(f"{book.heading}: {why}")
        state = BookState.PAUSED if book.state is BookState.HELD else state
        self._become(book, state, why=why, turn_s=self._clock.now() + rest_s)

    def _fail(self, book: QueuedBook, why: str) -> None:
        self._note(f"{book.heading}: {why}")
        self._become(book, BookState.FAILED, why=why, ended_s=self._clock.now())
        if book.source and self._set_aside(Path(book.source), why):
            self.queue.change(book.id, source="")  # a book that is moved back is a new one of its folder

    def _become(self, book: QueuedBook, state: BookState, **fields: object) -> QueuedBook:
        """Have a book in another state, and end what belongs to the one it was in; return it as it is now."""
        if book.state.is_served:
            fields.setdefault("percent", self._percent(book))
        after = self.queue.change(book.id, **{"state": state, "turn_s": self._clock.now(), **fields})
        if book.state.is_served and not state.is_served:
            self._leave(book.job)
        if book.state is BookState.MENDING and state is not BookState.OPENING:
            self._mending.pop(book.id).answer(UsageError(f"{book.heading} is {state.value}: nothing is spoken again."))
        self._changed.set()
        return after

    def _percent(self, book: QueuedBook) -> int:
        """Return how many percent of a book that is served are done."""
        return next((job_percent(job) for job in self._server.status().jobs if job.job == book.job), book.percent)

    def _leave(self, job: str) -> None:
        """Let the server forget a job; a book that waited for its end is next."""
        task = asyncio.create_task(self._let_go(job))
        self._leaving.add(task)
        task.add_done_callback(self._left)
        for book in self.queue.books:
            if book.state is BookState.TWIN:
                self._become(book, BookState.WAITING)

    async def _let_go(self, job: str) -> None:
        await self._server.drop_job(job)
        if edition := self._given_up.pop(job, None):
            await asyncio.to_thread(release_names, [edition], [job])
            await asyncio.to_thread(self.store.remove_jobs, [job])

    def _left(self, task: "asyncio.Task[None]") -> None:
        self._leaving.discard(task)
        trim_memory()  # glibc keeps 30 kB of each book otherwise
        if not task.cancelled() and isinstance(fault := task.exception(), SwarmError):
            self._note(str(fault))
        self._changed.set()

    # --- how a book ends

    def ended(self, edition: Edition, fault: SwarmError | None) -> None:
        """Take in that an edition is written, or why it cannot be."""
        for book in self.queue.books:
            if book.state.is_served and book.job == edition.state.job:
                if isinstance(fault, VoiceGivenUp):
                    self._given_up[book.job] = edition
                if fault:
                    self._put_off(book, fault)
                else:
                    self._finish(book, edition)

    def _finish(self, book: QueuedBook, edition: Edition) -> None:
        for line in edition.closing_lines():
            self._note(line)
        gaps = len(edition.state.quarantined) + edition.state.spec.unspoken
        why = f"{count_text(gaps, 'sentence')} without sound" if gaps else ""
        files = edition.state.finished.files if edition.state.finished else ()
        sound_s = max(0.0, edition.state.audio_s)
        self._become(book, BookState.FINISHED, files=files, why=why, ended_s=self._clock.now(), sound_s=sound_s)

    # --- what users want

    async def add_book(
        self, path: Path, name: str, options: Sequence[str], source: str = "", added_by: str = ""
    ) -> QueuedBook:
        """Add a book at the end of the queue. Raises UsageError, StoreError.

        `source` is its path in a watched folder, `added_by` the key of another machine that brought it.
        """
        config = self.configure(path, options)
        title = await asyncio.to_thread(read_new, config, path, name, is_watched=bool(source))
        async with self._adding:  # the disk may be slow, while workers want an answer
            await asyncio.to_thread(self.queue.copy_in, path, name)
            book = self.queue.enter(name, options, self._clock.now(), title=title, source=source, added_by=added_by)
        self._note(f"{book.heading} is number {book.id} of the queue")
        self._changed.set()
        return book

    async def mend(self, book: QueuedBook, redo: RedoConfig) -> None:
        """Have sentences of a book spoken again, and no others; return when that is recorded.

        Raises UsageError for a book that is neither served nor finished, SwarmError if it cannot be served now.
        """
        while book.id in self._mending:
            await self._mending[book.id].wait_for_answer()
        book = self.queue.find_book(book.id)
        if BookState.MENDING not in BOOK_TRANSITIONS[book.state]:
            raise UsageError(f"{book.heading} is {book.state.at_start.value}: resume it first.")
        order = self._mending[book.id] = MendOrder(redo)
        self._become(book, BookState.MENDING, why="", ended_s=0.0)
        await order.wait()

    def find_named_book(self, target: str) -> QueuedBook | None:
        """Return the book that a user means by its number, or by its title or file name; None if there is none.

        Raises UsageError if several have that title.
        """
        named = [book for book in self.queue.books if target == str(book.id)] or [
            book for book in self.queue.books if target and target.casefold() in _words_for(book)
        ]
        if len(named) > 1:
            numbers = ", ".join(str(book.id) for book in named)
            raise UsageError(f"Several books are called {target!r}: name one by its number, {numbers}.")
        return named[0] if named else None

    def obey(self, book: QueuedBook, order: Order, by: str = "") -> str:
        """Do what a user wants of a book, `by` another machine; return what was done, in words.

        Raises UsageError, StoreError.
        """
        done = self._obey(book, order)
        if by:
            self._note(f"{book.heading}: {by} ordered to {order.action} it")
        return done

    def _obey(self, book: QueuedBook, order: Order) -> str:
        match order.action:
            case "pause":
                _expect_waiting(book, order)
                return self._pause(book)
            case "resume":
                return self._resume(book)
            case "move":
                _expect_waiting(book, order)
                self.queue.move(book.id, order.count)
                self._arrange()
                self._changed.set()
                return f"{book.heading} was moved"
            case "cancel":
                _expect_waiting(book, order)
                return self._cancel(book)
            case "remove":
                self._cancel(book)
                self.queue.remove_book(book.id)
                return f"{book.heading} is no longer in the queue; `e2a-swarm jobs` still has what is spoken of it"
            case other:
                raise UsageError(f"{other} is for machines, and {book.heading} is a book.")

    def _pause(self, book: QueuedBook) -> str:
        if book.state is BookState.SERVED:
            self._become(book, BookState.HELD)
            self._server.pause(book.job, paused=True)
        elif not book.state.is_paused:
            self._become(book, BookState.PAUSED)
        return f"{book.heading} is paused; `e2a-swarm resume {book.id}` continues it"

    def _resume(self, book: QueuedBook) -> str:
        if book.state is BookState.FINISHED:
            raise UsageError(f"{book.heading} is finished: {', '.join(book.files)}.")
        if book.state is BookState.HELD:
            self._become(book, BookState.SERVED)
            self._server.pause(book.job, paused=False)
        elif BookState.WAITING in BOOK_TRANSITIONS[book.state]:
            self._become(
                book, BookState.WAITING, why="", ended_s=0.0, percent=book.percent if book.state.is_paused else 0
            )
        return f"{book.heading} goes on"

    def _cancel(self, book: QueuedBook) -> str:
        if not book.state.is_ended:
            self._become(book, BookState.CANCELLED, ended_s=self._clock.now())
        return f"{book.heading} is cancelled; `e2a-swarm resume {book.id}` takes it up again"

    def standing(self) -> tuple[QueuedStatus, ...]:
        """Return the queue as `status` shows it."""
        return tuple(
            QueuedStatus(
                book=book.id,
                title=clean(book.heading),
                state=book.state.at_start.value,
                job=book.job,
                note=clean_note(book.why),
                files=tuple(name[:MAX_FILE_NAME] for name in book.files[:MAX_FILES]),
            )
            for book in self.queue.books
        )


def _expect_waiting(book: QueuedBook, order: Order) -> None:
    """Raise UsageError for a book that ended, if an order is only for books that wait or are spoken."""
    if book.state.is_ended:
        raise UsageError(f"{book.heading} is {book.state.value}: there is nothing to {order.action}.")


def _may_open(book: QueuedBook, now: float) -> bool:
    """Tell whether it is a book's turn."""
    match book.state:
        case BookState.WAITING:
            return True
        case BookState.RESTING | BookState.TWIN:
            return book.turn_s <= now
    return False


def _words_for(book: QueuedBook) -> tuple[str, ...]:
    """Return what a user may call a book, in small letters."""
    return book.title.casefold(), book.name.casefold(), Path(book.name).stem.casefold(), book.job


def _is_speakable(job: JobStatus) -> bool:
    """Tell whether sentences of a job are left that some worker can speak, as far as that is known."""
    return job.state in ("waiting", "speaking") and not _waits_in_vain(job)


def _waits_in_vain(job: JobStatus) -> bool:
    """Tell whether no worker can speak a job, or a user paused it."""
    return job.reason is not None and job.reason.code in ("unserved", "paused")
