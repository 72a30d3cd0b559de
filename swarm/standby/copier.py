"""A standby: it keeps a copy of each job of the coordinators that its worker serves, a second or so behind.

The copies lie in a state folder of their own, below the machine's.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from swarm.config import STANDBY
from swarm.errors import InUse, StoreError
from swarm.job.job_asset import MAX_BYTES as MAX_JOB_FILE
from swarm.job.job_asset import MAX_LATENTS
from swarm.job.record import AnyRecord, ClipAccepted, JobFinished, LatentsKept, RunStarted, journal_digest
from swarm.job.run import MAX_EPOCH, RUNS, lineage_of
from swarm.job.spec import JobSpec
from swarm.job.store.store import JOB_NAME, DiskStore
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import Content, Copied, CopiedJob, Copy, Epochs, QueueHead
from swarm.lease.transfer import Incoming, Took
from swarm.net.addresses import split_address
from swarm.net.transport import AnyKeys, DealerSocket
from swarm.standby.adopt import MAX_BOOK, fits, keep_parted, note_followed
from swarm.standby.queue_copy import MAX_LIST, QUEUE_ID, QueueCopies, QueueCopy, UnsoundQueue, checked_list
from swarm.standby.successor import Successor
from swarm.system.machine import Say
from swarm.system.platform import free_bytes
from swarm.system.text import bytes_text

INTERVAL_S = 1.0  # news is looked for so often
ANSWER_S = 20.0  # a question without an answer for so long is asked again
RETRY_S = 10.0  # the pause after a fault of the disk or of what came
WINDOW = 8  # pieces that are asked for at a time
LEADER_S = 10.0  # a copy follows another run of its job once the one before was silent for so long
QUEUE_S = 2.0  # files of a queue come for so long, then records of jobs again
MAX_SPEC, MAX_CLIP = 256 << 20, 8 << 20  # bytes
MAX_JOBS = 500  # copies of one coordinator
MIN_FREE_BYTES = 10**9  # copies leave so much free on the disk
COMMIT_BYTES = 4 << 20  # clips up to this size are written and synced together

Kind = TypeVar("Kind")
Reply = TypeVar("Reply", Copied, Piece)


class Unsound(Exception):
    """What a coordinator sent does not fit its digest, its job or its bounds."""


class Copies:
    """The copied jobs on the disk. The methods may run in any thread, one at a time for each job."""

    def __init__(self, state_dir: Path) -> None:
        self.store = DiskStore(state_dir / STANDBY)
        self.queues = QueueCopies(state_dir / STANDBY)
        self._specs: dict[str, JobSpec] = {}
        self._have: dict[str, tuple[int, str]] = {}  # each job has its number of records and the digest of all
        self._epochs: dict[str, int] = {}
        # Each job has the copier that follows it, the lineage that it follows, and when it last did.
        self._leaders: dict[str, tuple[Copier, int, float]] = {}
        self.finished = set[str]()

    def spec(self, job: str) -> JobSpec | None:
        """Return the spec of a copied job, which is locked from then on; None if it has to be copied first."""
        if job not in self._specs:
            self.store.lock_job(job)
            spec = self.store.open_job(job)
            if spec is None:
                return None
            self._specs[job], self._have[job], self._epochs[job] = spec, (0, ""), 0
            self._count(job, list(self.store.records(job)))
        return self._specs[job]

    def have(self, job: str) -> tuple[int, str]:
        """Return how many records of a job are here, and the digest of them all."""
        return self._have[job]

    def epoch(self, job: str) -> int:
        """Return the epoch of a copied job."""
        return self._epochs.get(job, 0)

    def check_room(self, more: int = 0) -> None:
        """Leave the rest of the disk to others. Raises StoreError where little is free after so many bytes more."""
        free = free_bytes(self.store.state_dir)
        if free is not None and free - more < MIN_FREE_BYTES:
            raise StoreError(f"{self.store.state_dir} has only {bytes_text(free)} free.")

    def lacking(self, records: list[AnyRecord]) -> list[ClipAccepted]:
        """Return the accepted clips among some records that are not here."""
        accepted = [record for record in records if isinstance(record, ClipAccepted)]
        return [record for record in accepted if self.store.clips.size(record.key) != record.bytes]

    def append(self, job: str, records: list[AnyRecord], latents: Mapping[str, bytes]) -> None:
        """Write further records of a job, whose clips are here. Raises StoreError."""
        frames = [latents.get(record.digest, b"") if isinstance(record, LatentsKept) else b"" for record in records]
        self.store.commit([(job, record, frame) for record, frame in zip(records, frames, strict=True)])
        self._count(job, records)

    def leads(self, job: str, copier: "Copier", epoch: int, now: float) -> bool:
        """Tell whether a copy is to follow what a coordinator has of a job: of two with one job, it follows one.

        Another takes its place when that was silent for a while, or if it took the job over.
        """
        leader, lineage, heard_s = self._leaders.get(job, (copier, 0, now))
        if leader is not copier and now - heard_s < LEADER_S and lineage_of(epoch) <= lineage:
            return False
        self._leaders[job] = copier, lineage_of(epoch), now
        return True

    def forget_leader(self, copier: "Copier") -> None:
        """Let other copiers follow what this one followed."""
        self._leaders = {job: leader for job, leader in self._leaders.items() if leader[0] is not copier}

    def begin_anew(self, job: str) -> None:
        """Follow another run of a job: set the records aside that parted from it; the clips stay."""
        keep_parted(self.store.folder(job), self._specs[job], list(self.store.records(job)))
        self.store.rewrite_records(job, [])
        self._have[job], self._epochs[job] = (0, ""), 0
        self.finished.discard(job)

    def _count(self, job: str, records: list[AnyRecord]) -> None:
        count, digest = self._have[job]
        for record in records:
            count, digest = count + 1, journal_digest(digest, record)
            if isinstance(record, RunStarted):
                self._epochs[job] = record.epoch
            if isinstance(record, JobFinished):
                self.finished.add(job)
            elif isinstance(record, RunStarted):
                self.finished.discard(job)
        self._have[job] = count, digest


class Copier:
    """The copying from one coordinator: a few questions at a time, which are answered in their order."""

    def __init__(
        self, address: str, keys: AnyKeys, name: str, copies: Copies, successor: Successor | None = None
    ) -> None:
        self._address = address
        self._name = name
        self._copies = copies
        self._successor = successor
        self._say: Say = lambda line: None
        self._queue: QueueCopy | None = None
        self._told: set[str] = set()  # lines that are said once
        self._keys = keys
        self._socket = DealerSocket(keys)
        self._socket.connect([address])

    async def keep_copies(self, say: Say) -> None:
        """Keep the copies of all its jobs up to date, until cancelled."""
        told = ""
        self._say = say
        try:
            while True:
                try:
                    await self._look()
                    await asyncio.sleep(INTERVAL_S)
                except TimeoutError:  # a machine that came by the code gets none until it is approved
                    self._socket.close()
                    self._socket = DealerSocket(self._keys)
                    self._socket.connect([self._address])
                except (Unsound, StoreError, OSError) as fault:
                    if str(fault) != told:
                        told = str(fault)
                        say(f"the copy of a book is behind: {fault} Trying on.")
                    await asyncio.sleep(RETRY_S)
        finally:
            self._copies.forget_leader(self)
            self._socket.close()

    async def _look(self) -> None:
        claim = await self._successor.claim(self._address) if self._successor else None
        queue = self._queue
        await self._send(Copy(self._name, claim, queue.digest if queue else "", queue.books if queue else 0))
        answer, frame = await self._receive(Copied)
        jobs = _decoded(frame, list[CopiedJob])[:MAX_JOBS]
        if self._successor and answer.voters:
            self._successor.heard(self._address, answer.voters, self._to_finish(jobs, answer.queue))
        await asyncio.to_thread(self._copies.check_room)
        if answer.queue:
            try:
                await self._follow_queue(answer.queue)
            except InUse:
                pass
            except (Unsound, StoreError) as fault:  # its jobs are copied nevertheless
                self._tell(f"the copy of the queue is behind: {fault} Trying on.")
        for copied in jobs:
            if not JOB_NAME.fullmatch(copied.job) or not 0 <= copied.epoch <= MAX_EPOCH:
                raise Unsound("a coordinator names a job that cannot be one.")
            with suppress(InUse):  # another command has this copy for a moment
                await self._follow(copied)

    def _to_finish(self, jobs: list[CopiedJob], head: QueueHead | None) -> list[str]:
        """Return what a candidate is to take over: the queue if there is one, else the jobs that are not finished."""
        if head is None:
            return [copied.job for copied in jobs if copied.job not in self._copies.finished]
        has_books = self._queue and self._queue.list and self._queue.list.to_speak
        return [head.queue] if has_books else []

    async def _follow_queue(self, head: QueueHead) -> None:
        """Bring the copy of a queue up to date, as far as its files come within a while."""
        if not QUEUE_ID.fullmatch(head.queue) or head.epoch > MAX_EPOCH:
            raise Unsound("a coordinator names a queue that cannot be one.")
        queues, now = self._copies.queues, time.monotonic()
        if (lineage := queues.lineage(head.queue)) > lineage_of(head.epoch):
            self._socket.send(Epochs(((head.queue, lineage * RUNS),)))  # another machine serves the queue
            return
        if not self._copies.leads(head.queue, self, head.epoch, now):
            self._tell("two coordinators serve one queue: the copy here follows the other one")
            return
        await asyncio.to_thread(self._copies.store.lock_job, head.queue)
        copy = await asyncio.to_thread(queues.copy_of, head, split_address(self._address)[0])
        if copy.digest != head.list.digest:
            copy = await self._new_list(copy, head)
        self._queue = copy
        for file in copy.lacking:
            if time.monotonic() > now + QUEUE_S:
                return
            self._copies.leads(head.queue, self, head.epoch, time.monotonic())
            await asyncio.to_thread(self._copies.check_room, file.size)
            with self._copies.store.unpacking() as scratch:
                await self._file(head.queue, Content(file.digest, file.size), scratch / "file", file.size)
                await asyncio.to_thread(copy.add_file, file, scratch / "file")
        note_followed(copy.folder, time.time())

    async def _new_list(self, copy: QueueCopy, head: QueueHead) -> QueueCopy:
        with self._copies.store.unpacking() as scratch:
            await self._file(head.queue, head.list, scratch / "list", MAX_LIST)
            body = await asyncio.to_thread((scratch / "list").read_bytes)
        try:
            new = await asyncio.to_thread(checked_list, body, head)
        except UnsoundQueue as fault:
            raise Unsound(f"{fault}.") from fault
        follow = partial(self._copies.queues.follow, is_same_connection=copy is self._queue)
        return await asyncio.to_thread(follow, copy, body, new)

    async def _follow(self, copied: CopiedJob) -> None:
        """Bring the copy of one job up to date."""
        job, epoch = copied.job, copied.epoch
        spec = await asyncio.to_thread(self._copies.spec, job)
        if spec is None:
            await self._begin(copied)
            spec = await asyncio.to_thread(self._copies.spec, job)
            assert spec is not None
        if lineage_of(epoch) < lineage_of(self._copies.epoch(job)):
            self._socket.send(Epochs(((job, self._copies.epoch(job)),)))  # another machine has taken the job over
            return
        if not self._copies.leads(job, self, epoch, time.monotonic()):
            self._tell(f"two coordinators speak {spec.title or job}: the copy here follows the other one")
            return
        while await self._more(job, spec):
            self._copies.leads(job, self, epoch, time.monotonic())
        note_followed(self._copies.store.folder(job), time.time())

    def _tell(self, line: str) -> None:
        """Say a line once."""
        if line not in self._told and len(self._told) < MAX_JOBS:
            self._told.add(line)
            self._say(f"{line} (at {self._address})")

    async def _begin(self, copied: CopiedJob) -> None:
        """Copy what never changes of a job: its spec, its book, its files."""
        job = copied.job
        with self._copies.store.unpacking() as scratch:
            await self._file(job, copied.spec, scratch / "spec", MAX_SPEC)
            spec = _decoded((scratch / "spec").read_bytes(), JobSpec)
            if spec.job != job:
                raise Unsound("a coordinator sent another job than it names.")
            await self._file(job, copied.book, scratch / "book", MAX_BOOK)
            files = {file.digest: scratch / file.digest for file in spec.job_files}
            for file in spec.job_files:
                await self._file(job, Content(file.digest, file.size), files[file.digest], MAX_JOB_FILE)
            await asyncio.to_thread(self._copies.store.create_job, spec, scratch / "book", files)

    async def _file(self, job: str, content: Content, path: Path, most: int) -> None:
        """Copy a file. Raises Unsound if it does not fit its size or its digest."""
        coming = Incoming(content.digest, content.size, kind="copy", job=job, keeps=False)
        took: Took = "unasked"
        if content.size <= most:
            with path.open("wb") as file:
                async for piece, frame in self._pieces([coming]):
                    if (took := coming.take_piece(piece, frame)) == "unasked":
                        break
                    await asyncio.to_thread(file.write, frame)
        if took != "whole":
            raise Unsound(f"a file of {job} does not fit its size or its digest.")

    async def _more(self, job: str, spec: JobSpec) -> bool:
        """Copy some further records, with their clips and latents; return whether more are there."""
        count, digest = self._copies.have(job)
        await self._send(fetch := Fetch(digest, count, "records", job))
        answer, frame = await self._answer(fetch)
        records = _decoded(frame, list[AnyRecord])
        if not all(fits(record, spec) for record in records):
            raise Unsound(f"a record of {job} is not of this job.")
        if answer.offset != count:  # the records here are not the beginning of the coordinator's
            await asyncio.to_thread(self._copies.begin_anew, job)
            count = 0
        for some in _portions(records):
            lacking = await asyncio.to_thread(self._copies.lacking, some)
            found = await self._contents(job, some, lacking)
            clips = {clip.key: found[clip.digest] for clip in lacking if clip.digest in found}
            await asyncio.to_thread(self._copies.store.clips.add_clips, clips)
            await asyncio.to_thread(self._copies.append, job, some, found)
        return count + len(records) < answer.total

    async def _contents(
        self, job: str, records: Sequence[AnyRecord], lacking: Sequence[ClipAccepted]
    ) -> dict[str, bytes]:
        """Copy clips and the latents that records name, by digest.

        What the coordinator lost or damaged is left out: a discard or other latents will follow.
        """
        wanted = {clip.digest: clip.bytes for clip in lacking if clip.bytes <= MAX_CLIP}
        latents = [record for record in records if isinstance(record, LatentsKept)]
        wanted |= {each.digest: each.size for each in latents if each.digest and each.size <= MAX_LATENTS}
        files = {digest: Incoming(digest, size, kind="copy", job=job) for digest, size in wanted.items()}
        pieces = self._pieces(files.values())
        whole = [
            piece.digest async for piece, frame in pieces if files[piece.digest].take_piece(piece, frame) == "whole"
        ]
        return {digest: bytes(files[digest].data) for digest in whole}

    async def _pieces(self, files: Iterable[Incoming]) -> AsyncIterator[tuple[Piece, bytes]]:
        """Ask for all pieces of these files, a few at a time, and yield them in their order. Raises TimeoutError."""
        fetches = (fetch for file in files for fetch in file.fetches(file.size))
        asked = deque[Fetch]()
        while True:
            for fetch in islice(fetches, WINDOW - len(asked)):
                await self._send(fetch)
                asked.append(fetch)
            if not asked:
                return
            yield await self._answer(asked.popleft())

    async def _answer(self, fetch: Fetch) -> tuple[Piece, bytes]:
        """Return the answer to a question, with its bytes; one that comes twice is dropped. Raises TimeoutError."""
        while True:
            piece, frame = await self._receive(Piece)
            is_next = piece.offset == fetch.offset or fetch.kind == "records"
            if is_next and (piece.job, piece.kind, piece.digest) == (fetch.job, fetch.kind, fetch.digest):
                return piece, frame

    async def _send(self, question: Copy | Fetch) -> None:
        """Ask a question. Raises TimeoutError."""
        async with asyncio.timeout(ANSWER_S):
            while not self._socket.send(question):
                await asyncio.sleep(INTERVAL_S)

    async def _receive(self, kind: type[Reply]) -> tuple[Reply, bytes]:
        """Return the next message of a kind, with its bytes. Raises TimeoutError."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                message, frame = await self._socket.receive()
                if isinstance(message, kind):
                    if self._successor:
                        self._successor.still_heard(self._address)
                    return message, frame


def _portions(records: list[AnyRecord]) -> Iterator[list[AnyRecord]]:
    """Cut records into portions whose clips are written together."""
    portion: list[AnyRecord] = []
    size = 0
    for record in records:
        portion.append(record)
        size += record.bytes if isinstance(record, ClipAccepted) else 0
        if size >= COMMIT_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _decoded(body: bytes, kind: type[Kind]) -> Kind:
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except (ValueError, RecursionError) as error:
        raise Unsound("a coordinator sent facts that this e2a-swarm does not know; upgrade it.") from error


async def stand_by(
    state_dir: Path,
    keys: AnyKeys,
    name: str,
    addresses: Callable[[], list[str]],
    say: Say,
    successor: Successor | None = None,
) -> None:
    """Copy the jobs of the coordinators at these addresses, which come and go, until cancelled. Raises StoreError."""
    copies = await asyncio.to_thread(Copies, state_dir)
    following: dict[str, asyncio.Task[None]] = {}
    say(f"keeping a copy of each book in {state_dir / STANDBY}")
    try:
        while True:
            here = addresses()
            for address in [address for address in following if address not in here]:
                following.pop(address).cancel()
            for address in here:
                if address not in following:
                    following[address] = asyncio.create_task(
                        Copier(address, keys, name, copies, successor).keep_copies(say)
                    )
            for task in following.values():
                if task.done() and not task.cancelled():
                    task.result()
            await asyncio.sleep(INTERVAL_S)
    finally:
        for task in following.values():
            task.cancel()
        await asyncio.gather(*following.values(), return_exceptions=True)
        copies.store.close()
