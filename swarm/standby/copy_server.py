"""Gives standbys what they ask for of the jobs that are served, and knows how far each of them is behind.

What a standby gets is durable: it is read from the disk, as the journal names it. A standby has few questions open at a
time, and a slow one holds up no other. While clips come in, answers take a small share of the time.
"""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import msgspec
from msgspec import structs

from swarm.audiobook.edition import Edition
from swarm.errors import StoreError
from swarm.job.job_asset import PIECE_BYTES, digests_of
from swarm.job.record import journal_digest
from swarm.job.spec import JobSpec
from swarm.job.store.journal import Journal
from swarm.job.store.store import BOOK, DiskStore
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import (
    MAX_STANDBYS,
    Claim,
    Content,
    Copied,
    CopiedJob,
    Copy,
    QueueHead,
    QueueList,
    StandbyStatus,
    SuccessionCandidate,
    Voters,
)
from swarm.net.transport import Answer, PieceServer, RouterSocket
from swarm.standby.adopt import note_copied, was_copied
from swarm.standby.succession import VoterRegistry
from swarm.system.disk import Lock, guarded, read_json, replace_file
from swarm.system.machine import new_nonce

VOTERS = "voters.json"
MAX_JOBS = 500  # one answer names at most this many
FORGET_S = 600.0  # a standby that asked for nothing for so long is gone
RECORDS = 500  # one answer holds at most this many
CONSULT_S = 10.0  # a finished book waits so long for a standby that had a copy
HAND_OVER_S = 5.0  # the end of a book waits so long for the standbys that follow it
LOOK_S = 0.1
TELL_S = 3.0  # the user is told of a wait that is longer
PRESENT_S = 3.0  # the end of a book does not wait for a standby that asked nothing for so long
SHARE = 0.05  # answers take this share of the time while clips come in
BUSY_S = 1.0  # clips count as coming in for so long after a commit
MIN_PAUSE_S, MAX_PAUSE_S = 0.02, 0.25  # a pause between two answers; shorter ones are put together
MAX_LISTS = 4  # the latest lists of the queue are kept, for standbys that have a part of one
MAX_POINTS = 64  # each journal has at most this many records at which its digest is remembered

Question = Copy | Fetch
# The list of a queue and the paths of its files by digest; the same objects until something changes.
Offered = tuple[QueueList, Mapping[str, Path]]
Offer = Callable[[], Offered]
QUEUE = ""  # stands for the queue where there are jobs otherwise


@dataclass
class Follower:
    """One standby, and what it has."""

    asked_s: float
    name: str = ""
    whole_s: dict[str, float] = field(default_factory=dict)  # the copy of each job has all up to this moment
    # Each job has the number of records that the standby was told of last, and when.
    told: dict[str, tuple[int, float]] = field(default_factory=dict)
    # Records of each job that the standby lacked when it last asked.
    behind: dict[str, int] = field(default_factory=dict)
    books: int = 0  # it has so many books of the queue


class KeptVoters:
    """The voters of this coordinator's machine, kept on the disk: no restart forgets them, of whichever machine.

    If another process of this machine has them, this one begins a list of its own, which ends with it.
    """

    def __init__(self, state_dir: Path, now: float) -> None:
        self._path = state_dir / VOTERS
        self._lock = Lock(state_dir / "locks" / "voters.lock")
        self._keeps = False
        with suppress(StoreError):
            self._keeps = self._lock.try_acquire()
        kept = read_json(self._path, Voters) if self._keeps else None
        self._registry = VoterRegistry(kept or Voters(new_nonce(), 0), now)
        self._written = kept
        self._changing = threading.Lock()  # claims come in another thread than the end of a book

    def meet(self, claim: Claim, now: float) -> Voters:
        """Take in that a candidate is there, and return the voters, which are on the disk. Raises StoreError."""
        with self._changing:
            if self._registry.is_outdated(claim):
                self._registry = VoterRegistry(Voters(new_nonce(), 0), now)
            voters = self._registry.meet(claim, now)
            if self._keeps and voters != self._written:
                with guarded(self._path):
                    replace_file(self._path, msgspec.json.encode(voters))
                self._written = voters
            return voters

    def awaited(self, now: float) -> list[str]:
        """Return the names of the voters to be heard before it is sure that most have not given this coordinator up."""
        with self._changing:
            return self._registry.awaited(now)

    def close(self) -> None:
        """Let another process have the list."""
        if self._keeps:
            self._lock.release()


def leave_voters(state_dir: Path, candidates: tuple[SuccessionCandidate, ...]) -> None:
    """Have the next coordinator of this machine begin with these voters, unless one runs, as far as the disk allows."""
    lock = Lock(state_dir / "locks" / "voters.lock")
    with suppress(StoreError, OSError):
        if lock.try_acquire():
            try:
                replace_file(state_dir / VOTERS, msgspec.json.encode(Voters(new_nonce(), 1, candidates)))
            finally:
                lock.release()


class CopyServer(PieceServer[Question]):
    """Answers standbys, one question after the other, in a thread beside the loop."""

    def __init__(
        self, store: DiskStore, router: RouterSocket, editions: Mapping[str, Edition], now: Callable[[], float]
    ) -> None:
        super().__init__(router)
        self._store = store
        self._editions = editions
        self._now = now
        self._followers: dict[bytes, Follower] = {}
        self._committed_s = self._took_s = 0.0
        self._journals: dict[str, Journal] = {}  # only journals that nothing is written to; keys are jobs
        self._jobs: dict[str, tuple[JobSpec, CopiedJob]] = {}
        self._points: dict[str, dict[int, str]] = {}  # each job has the digests of its first so many records
        self._asked: dict[str, asyncio.Event] = {}  # the event of a job is set once a standby follows it in this run
        self._voters = KeptVoters(store.state_dir, now())
        self._offer: Offer | None = None
        self._offered: Offered | None = None
        self._lists: dict[str, bytes] = {}  # the latest lists of the queue by digest
        self._keys = "", dict[str, str]()  # the job whose clips were asked for last, and their keys by digest

    def offer_queue(self, offer: Offer) -> None:
        """Answer questions about a queue too; `offer` is called in another thread."""
        self._offer = offer

    def take_question(self, peer: bytes, question: Question) -> None:
        """Take a standby's question."""
        follower = self._followers.get(peer)
        if follower is None:
            self._forget_silent()
            if len(self._followers) >= MAX_STANDBYS:
                return
            follower = self._followers[peer] = Follower(self._now())
        follower.asked_s = self._now()
        if isinstance(question, Copy):
            follower.name = question.standby
        elif question.kind == "records" and question.job in self._editions:
            self._asked.setdefault(question.job, asyncio.Event()).set()
        self.ask(peer, question)

    def _forget_silent(self) -> None:
        now = self._now()
        for peer in [peer for peer, each in self._followers.items() if now - each.asked_s > FORGET_S]:
            del self._followers[peer]

    async def answer_questions(self) -> None:
        """Answer until cancelled."""
        try:
            await self.send_pieces()
        finally:
            self.close()

    def close(self) -> None:
        """Close the files, and let another process have the voters."""
        for journal in self._journals.values():
            journal.close()
        self._voters.close()

    async def answer(self, peer: bytes, asked: Question) -> Answer | None:
        """Return the answer to a question; None if the job was removed."""
        pause_s = self._pause_s(self._took_s)
        if not 0 < pause_s < MIN_PAUSE_S:
            self._took_s = 0.0
            await asyncio.sleep(pause_s)
        answer = None
        with suppress(StoreError, OSError):
            answer = await asyncio.to_thread(self._timed_answer, asked)
        if answer and (follower := self._followers.get(peer)):
            self._note(follower, asked, answer[0])
        return answer

    def note_commit(self) -> None:
        """Take in that records reached the disk: answers leave the processor and the disk to clips for a while."""
        self._committed_s = self._now()

    def _pause_s(self, took_s: float) -> float:
        """Return how long to wait after answers that took so long."""
        if self._now() - self._committed_s > BUSY_S:
            return 0.0
        return min(took_s * (1 / SHARE - 1), MAX_PAUSE_S)

    def _note(self, follower: Follower, asked: Question, answer: Message) -> None:
        """Take in how far a standby is, which asks for the records that come after those it has."""
        if isinstance(asked, Copy) and isinstance(answer, Copied) and answer.queue and self._offered:
            books = self._offered[0].books
            follower.books = min(asked.books, books)
            if asked.list == answer.queue.list.digest and asked.books >= books:
                follower.whole_s[QUEUE] = self._now()
        if not isinstance(asked, Fetch) or not isinstance(answer, Piece) or asked.kind != "records":
            return
        job, had, total = asked.job, asked.offset, answer.total
        follower.behind[job] = total - min(had, answer.offset)
        before, told_s = follower.told.get(job, (0, 0.0))
        if before and had >= before:  # the standby has all that there was when it asked before
            if job not in follower.whole_s:
                note_copied(self._store.folder(job))
            follower.whole_s[job] = told_s
        follower.told[job] = (total, self._now())

    async def consult(self, job: str, say: Callable[[str], None]) -> None:
        """Let a standby that had a copy say that the job was taken over: wait until one asks on, or for a while."""
        asked = self._asked.setdefault(job, asyncio.Event())
        if asked.is_set() or not was_copied(self._store.folder(job)):
            return
        say(f"waiting up to {CONSULT_S:.0f} s for a standby: another machine may have taken this book over")
        with suppress(TimeoutError):
            async with asyncio.timeout(CONSULT_S):
                await asked.wait()

    async def wait_for_voters(self, job: str, say: Callable[[str], None]) -> None:
        """Wait until it is sure that most voters have not given this coordinator up, if any may have taken the job.

        It waits for `FORGET_S` at most: no standby of ill will can keep a book from being finished.
        """
        asked, began_s = self._asked.get(job), self._now()
        told_s = began_s + TELL_S
        if not (asked and asked.is_set()) and not was_copied(self._store.folder(job)):
            return
        while (names := self._voters.awaited(self._now())) and self._now() < began_s + FORGET_S:
            if self._now() >= told_s:
                told_s = inf
                say(
                    f"another machine may have taken this book over: waiting with its files for {', '.join(names)}, "
                    f"up to {FORGET_S / 60:.0f} min"
                )
            await asyncio.sleep(LOOK_S)

    async def hand_over(self, job: str) -> None:
        """Let the standbys that follow a job copy its last records, for a while: its coordinator may end then."""
        since_s = self._now()

        def is_behind(follower: Follower) -> bool:
            here = self._now() - follower.asked_s < PRESENT_S
            return here and job in follower.told and follower.whole_s.get(job, 0.0) < since_s

        while self._now() < since_s + HAND_OVER_S and any(map(is_behind, self._followers.values())):
            await asyncio.sleep(LOOK_S)

    def standbys(self) -> tuple[StandbyStatus, ...]:
        """Return how far each standby is behind."""
        self._forget_silent()
        return tuple(map(self._status, self._followers.values()))

    def _status(self, follower: Follower) -> StandbyStatus:
        now, jobs, queue = self._now(), list(self._editions), self._offered and self._offered[0]
        if queue:
            jobs.append(QUEUE)
        last = min(jobs, key=lambda job: follower.whole_s.get(job, 0.0), default="")
        whole_s = follower.whole_s.get(last)
        return StandbyStatus(
            follower.name,
            lag_s=None if whole_s is None else max(0.0, now - whole_s),
            silent_s=max(0.0, now - follower.asked_s),
            behind=sum(follower.behind.get(job, 0) for job in jobs),
            title=self._editions[last].state.spec.title if last else "",
            books=follower.books if queue else sum(job in follower.whole_s for job in jobs),
            of_books=queue.books if queue else len(jobs),
        )

    # --- answers, in another thread

    def _timed_answer(self, asked: Question) -> Answer | None:
        began_s = self._now()
        try:
            return self._answer(asked)
        finally:
            self._took_s += self._now() - began_s

    def _answer(self, asked: Question) -> Answer | None:
        """Return what a standby asked for; None if there is no such job."""
        if isinstance(asked, Copy):
            self._forget_ended()
            jobs = []
            for job, each in list(self._editions.items())[:MAX_JOBS]:
                with suppress(StoreError, OSError):  # its book is gone
                    jobs.append(self._job(job, each))
            voters = self._voters.meet(asked.claim, self._now()) if asked.claim else None
            return Copied(voters, self._queue_head()), msgspec.msgpack.encode(jobs)
        if self._offered and asked.job == self._offered[0].queue:
            return self._queue_piece(asked, self._offered)
        edition = self._editions.get(asked.job)
        if edition is None:
            if journal := self._journals.pop(asked.job, None):
                journal.close()
            return None
        if asked.kind == "records":
            return self._records(asked)
        body, total = b"", 0
        with suppress(OSError):  # the file is gone
            body, total = self._content(asked, edition)
        return Piece(asked.digest, asked.offset, total, asked.kind, asked.job), body

    def _forget_ended(self) -> None:
        """Forget what was made of jobs that are served no more: each has its whole book."""
        for job in (self._jobs.keys() | self._points.keys() | self._journals.keys()) - set(self._editions):
            self._jobs.pop(job, None)
            self._points.pop(job, None)
            if journal := self._journals.pop(job, None):
                journal.close()

    def _queue_head(self) -> QueueHead | None:
        """Return which queue is served, and keep its list as it is now."""
        if self._offer is None:
            return None
        offered = self._offer()
        if offered is not self._offered:
            body = msgspec.msgpack.encode(offered[0])
            digest = hashlib.sha256(body).hexdigest()
            self._lists.pop(digest, None)
            self._lists[digest], self._offered = body, offered
            while len(self._lists) > MAX_LISTS:
                del self._lists[next(iter(self._lists))]
        digest = next(reversed(self._lists))
        return QueueHead(offered[0].queue, offered[0].epoch, Content(digest, len(self._lists[digest])))

    def _queue_piece(self, asked: Fetch, offered: Offered) -> Answer:
        """Return a piece of the queue's list or of one of its files; none of any other file."""
        body, total = b"", 0
        if listed := self._lists.get(asked.digest):
            body, total = listed[asked.offset : asked.offset + PIECE_BYTES], len(listed)
        elif path := offered[1].get(asked.digest):
            with suppress(OSError):  # the book has left the queue
                body, total = _read(path, asked.offset)
        return Piece(asked.digest, asked.offset, total, asked.kind, asked.job), body

    def _job(self, job: str, edition: Edition) -> CopiedJob:
        """Return a job with the digests of its spec and its book."""
        if job not in self._jobs or self._jobs[job][0] is not edition.state.spec:
            spec = msgspec.msgpack.encode(edition.state.spec)
            with (self._store.folder(job) / BOOK).open("rb") as file:
                book = Content(hashlib.file_digest(file, "sha256").hexdigest(), file.tell())
            copied = CopiedJob(job, 0, Content(hashlib.sha256(spec).hexdigest(), len(spec)), book)
            self._jobs[job] = edition.state.spec, copied
        return structs.replace(self._jobs[job][1], epoch=edition.state.epoch)

    def _content(self, asked: Fetch, edition: Edition) -> tuple[bytes, int]:
        """Return a piece of the spec, the book, a file or a clip of a job, and the size of the whole; 0 for another."""
        job = self._job(asked.job, edition)
        path: Path | None = None
        if asked.digest == job.spec.digest:
            spec = msgspec.msgpack.encode(edition.state.spec)
            return spec[asked.offset : asked.offset + PIECE_BYTES], len(spec)
        if asked.digest == job.book.digest:
            path = self._store.folder(asked.job) / BOOK
        elif asked.digest in digests_of(edition.state.job_files):
            path = self._store.asset_path(asked.job, asked.digest)
        elif key := self._clips(asked, edition).get(asked.digest):
            path = self._store.find_clip(key, asked.job)
        return _read(path, asked.offset) if path else (b"", 0)

    def _records(self, asked: Fetch) -> Answer:
        if asked.job not in self._journals:
            self._journals[asked.job] = Journal(self._store.folder(asked.job), read_only=True)
        journal, first = self._journals[asked.job], asked.offset
        total, records = journal.page(first, RECORDS)
        if first > total or self._digest(asked.job, first) != asked.digest:
            first, (total, records) = 0, journal.page(0, RECORDS)
        return Piece(asked.digest, first, total, "records", asked.job), msgspec.msgpack.encode(records)

    def _digest(self, job: str, count: int) -> str:
        """Return the digest of the first records of a journal, going on from where it was asked for before."""
        points = self._points.setdefault(job, {0: ""})
        at = max(point for point in points if point <= count)
        digest = points[at]
        while at < count:
            _, records = self._journals[job].page(at, min(RECORDS, count - at))
            if not records:
                raise StoreError(f"the journal of {job} has fewer records than a moment ago")
            for record in records:
                digest = journal_digest(digest, record)
            at += len(records)
        points[count] = digest
        while len(points) > MAX_POINTS:
            del points[next(point for point in points if point)]
        return digest

    def _clips(self, asked: Fetch, edition: Edition) -> dict[str, str]:
        """Return the keys of a job's clips by their digests, with that which is asked for if it is accepted by now."""
        job, keys = self._keys
        if job != asked.job or asked.digest not in keys:
            # The loop may add a clip meanwhile, so a list is made first.
            keys = {clip.digest: clip.key for clip in list(edition.state.accepted.values())}
            self._keys = asked.job, keys
        return keys


def _read(path: Path, offset: int) -> tuple[bytes, int]:
    """Return the piece of a file at an offset, and the size of the file. Raises OSError."""
    with path.open("rb") as file:
        file.seek(offset)
        piece = file.read(PIECE_BYTES)
        return piece, file.seek(0, 2)
