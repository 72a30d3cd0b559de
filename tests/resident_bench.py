"""A resident coordinator for tests: the real queue and store, and a stand-in for the server."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from swarm.audiobook.edition import Edition
from swarm.audiobook.sound.studio import Studio
from swarm.config import RenderConfig
from swarm.coordinator.seen_engines import SeenEngines
from swarm.errors import UsageError
from swarm.job.run import RunStats
from swarm.job.store.store import DiskStore
from swarm.lease.envelope import Reason
from swarm.lease.message import JobStatus, StatusReply, WorkerStatus
from swarm.server.queue import BookState, Queue, QueuedBook
from swarm.server.resident import Resident
from swarm.system.machine import Clock


class ServerTwin:
    """A stand-in for the server: it only remembers what it was told."""

    def __init__(self, store: DiskStore) -> None:
        self.editions: dict[str, Edition] = {}
        self.paused: set[str] = set()
        self._store = store
        self.free = asyncio.Event()  # to forget a job
        self.free.set()
        self.hear: object = None
        self.workers: tuple[WorkerStatus, ...] = ()
        self.changeable = False
        self.unserved = False  # whether no worker has the engine of any book

    def serve_job(self, edition: Edition, put_back: object, *, may_change_voice: bool) -> None:
        self.changeable = may_change_voice
        self.editions[edition.state.job] = edition

    def pause(self, job: str, *, paused: bool) -> None:
        (self.paused.add if paused else self.paused.discard)(job)

    def arrange(self, jobs: Sequence[str]) -> None:
        self.editions = {job: self.editions[job] for job in jobs}

    async def drop_job(self, job: str) -> None:
        await self.free.wait()
        del self.editions[job]
        self._store.release_job(job)

    def run_stats(self, job: str) -> RunStats:
        return self._store.run_stats(job)

    def status(self) -> StatusReply:
        return StatusReply("c", "n", "1", 1, tuple(map(self._status, self.editions.values())), self.workers)

    def _status(self, edition: Edition) -> JobStatus:
        spec = edition.state.spec
        job = JobStatus(spec.job, spec.title, "metronome", "speaking", 1, 0, 0, 9, 9, 0.0, 0.0, None, ())
        reason = Reason("unserved", engine="metronome", language="en") if self.unserved else None
        return structs.replace(job, reason=reason)

    @property
    def titles(self) -> list[str]:
        return [edition.state.spec.title for edition in self.editions.values()]


def add_to_queue(queue: Queue, path: Path, name: str, options: Sequence[str], now: float, **more: str) -> QueuedBook:
    """Add a book at the end of a queue, with a copy of its file."""
    queue.copy_in(path, name)
    return queue.enter(name, options, now, **more)


def end_book(queue: Queue, number: int, state: BookState = BookState.FINISHED, **fields: object) -> None:
    """Have a book of a queue end, by way of the states before."""
    for before in (BookState.OPENING, BookState.SERVED):
        queue.change(number, state=before)
    queue.change(number, state=state, **fields)


class ResidentBench:
    """A resident coordinator whose books are text files, spoken by the metronome."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.state = tmp_path / "state"
        self.said: list[str] = []
        self.start()

    def start(self) -> None:
        """Start on the state folder, as after a restart."""
        self.queue, self.store = Queue(self.state), DiskStore(self.state)
        self.server = ServerTwin(self.store)
        studio = Studio(self.state, 1)
        self.resident = Resident(
            self.queue, self.store, studio, Clock(), self.configure, self.said.append, SeenEngines(self.state)
        )
        self.resident.serve_with(self.server)  # type: ignore[arg-type]

    def stop(self) -> None:
        """Stop, with nothing left in memory."""
        self.queue.release_queue()
        self.store.close()

    def configure(self, path: Path, words: Sequence[str]) -> RenderConfig:
        if "--nonsense" in words:
            raise UsageError("There is no option --nonsense.")
        return RenderConfig(
            books=(path,), output_dir=self.folder / "out", state_dir=self.state, engine="metronome", language="en"
        )

    async def add(self, title: str, words: str = "Some words.", *options: str) -> int:
        """Add a book; return its number."""
        path = self.folder / "brought.txt"
        path.write_text(f"{words} Of {title}.")
        return (await self.resident.add_book(path, f"{title}.txt", options)).id

    def end_rests(self) -> None:
        """Let the time pass for which books rest."""
        for book in self.queue.books:
            self.queue.change(book.id, turn_s=0.0)

    async def settle(self) -> None:
        """Let the resident do all that it can do now."""
        running = asyncio.create_task(self.resident.serve_books())
        async with asyncio.timeout(60):
            await asyncio.sleep(0.01)
            while self.resident._leaving or self.resident._next() or self._is_opening():
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def _is_opening(self) -> bool:
        return any(book.state is BookState.OPENING for book in self.queue.books)
