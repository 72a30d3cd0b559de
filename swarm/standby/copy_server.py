"""Gives standbys what they ask for of the jobs that are served, and knows how far each of them is behind.

What a standby gets is durable: it is read from the disk, as the journal names it. A standby has one question open at a
time, so it takes no more memory than one answer, and a slow one holds up no other. While clips come in, answers take a
small share of the time.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from swarm.audiobook.edition import Edition
from swarm.errors import StoreError
from swarm.job.job_asset import digests_of
from swarm.job.record import journal_digest
from swarm.job.store.journal import Journal
from swarm.job.store.store import BOOK, DiskStore
from swarm.lease.member_message import MAX_STANDBYS, PIECE_BYTES, Copied, Copy, StandbyStatus
from swarm.net.transport import Router
from swarm.standby.adopt import note_copied, was_copied
from swarm.standby.succession import VoterRegistry
from swarm.system.machine import new_nonce

MAX_JOBS = 500  # one answer names at most this many
FORGET_S = 600.0  # a standby that asked for nothing for so long is gone
RECORDS = 500  # one answer holds at most this many
CONSULT_S = 10.0  # a finished book waits so long for a standby that had a copy
HAND_OVER_S = 5.0  # the end of a book waits so long for the standbys that follow it
LOOK_S = 0.1
PRESENT_S = 3.0  # the end of a book does not wait for a standby that asked nothing for so long
SHARE = 0.05  # answers take this share of the time while clips come in
BUSY_S = 1.0  # clips count as coming in for so long after a commit
MAX_PAUSE_S = 0.25  # the longest pause between two answers
MAX_POINTS = 64  # each journal has at most this many records at which its digest is remembered

Answer = tuple[Copied, bytes]


@dataclass
class Follower:
    """One standby: what it asks for, and what it has."""

    name: str
    asked_s: float
    question: Copy | None = None
    whole_s: dict[str, float] = field(default_factory=dict)  # the copy of each job has all up to this moment
    # Each job has the number of records that the standby was told of last, and when.
    told: dict[str, tuple[int, float]] = field(default_factory=dict)
    # Records of each job that the standby lacked when it last asked.
    behind: dict[str, int] = field(default_factory=dict)


class CopyServer:
    """Answers standbys, one question after the other, in a thread beside the loop."""

    def __init__(
        self, store: DiskStore, router: Router, editions: Mapping[str, Edition], now: Callable[[], float]
    ) -> None:
        self._store = store
        self._router = router
        self._editions = editions
        self._now = now
        self._followers: dict[bytes, Follower] = {}
        self._called = asyncio.Event()
        self._committed_s = 0.0
        self._journals: dict[str, Journal] = {}  # only journals that nothing is written to; keys are jobs
        self._digests: dict[str, str] = {}  # digests of the books; keys are jobs
        self._points: dict[str, dict[int, str]] = {}  # each job has the digests of its first so many records
        self._asked: dict[str, asyncio.Event] = {}  # the event of a job is set once a standby follows it in this run
        self._voters = VoterRegistry(new_nonce())
        self._spec: tuple[str, bytes] = ("", b"")  # the job that was asked for last, and its spec
        self._keys = "", frozenset[str]()  # the job whose clips were asked for last, and their keys

    def take_question(self, peer: bytes, question: Copy) -> None:
        """Take a standby's question, in place of one that it gave up."""
        follower = self._followers.get(peer)
        if follower is None:
            self._forget_silent()
            if len(self._followers) >= MAX_STANDBYS:
                return
            follower = self._followers[peer] = Follower(question.standby, self._now())
        follower.question, follower.asked_s = question, self._now()
        if question.part == "records" and question.job in self._editions:
            self._asked.setdefault(question.job, asyncio.Event()).set()
        self._called.set()

    def _forget_silent(self) -> None:
        now = self._now()
        for peer in [peer for peer, each in self._followers.items() if now - each.asked_s > FORGET_S]:
            del self._followers[peer]

    async def answer_questions(self) -> None:
        """Answer until cancelled. A standby asks again for what does not leave."""
        try:
            await self._answer_all()
        finally:
            for journal in self._journals.values():
                journal.close()

    async def _answer_all(self) -> None:
        while True:
            self._called.clear()
            for peer, follower in list(self._followers.items()):
                question, follower.question = follower.question, None
                if question is None:
                    continue
                began_s = self._now()
                with suppress(StoreError, OSError):  # a job may have been removed; the standby asks on
                    if answer := await asyncio.to_thread(self._answer, question):
                        self._note(follower, question, answer[0])
                        self._router.send(peer, *answer)
                await asyncio.sleep(self._pause_s(self._now() - began_s))
            if not any(follower.question for follower in self._followers.values()):
                await self._called.wait()

    def note_commit(self) -> None:
        """Take in that records reached the disk: answers leave the processor and the disk to clips for a while."""
        self._committed_s = self._now()

    def _pause_s(self, took_s: float) -> float:
        """Return how long to wait after an answer that took so long."""
        if self._now() - self._committed_s > BUSY_S:
            return 0.0
        return min(took_s * (1 / SHARE - 1), MAX_PAUSE_S)

    def _note(self, follower: Follower, question: Copy, answer: Copied) -> None:
        """Take in how far a standby is, which asks for the records that come after those it has."""
        if question.part == "records":
            behind = answer.total if answer.parted else answer.total - question.offset
            follower.behind[question.job] = behind
            total, told_s = follower.told.get(question.job, (0, 0.0))
            if total and question.offset >= total:  # the standby has all that there was when it asked before
                if question.job not in follower.whole_s:
                    note_copied(self._store.folder(question.job))
                follower.whole_s[question.job] = told_s
            follower.told[question.job] = (answer.total, self._now())

    async def consult(self, job: str, say: Callable[[str], None]) -> None:
        """Let a standby that had a copy say that the job was taken over: wait until one asks on, or for a while."""
        asked = self._asked.setdefault(job, asyncio.Event())
        if asked.is_set() or not was_copied(self._store.folder(job)):
            return
        say(f"waiting up to {CONSULT_S:.0f} s for a standby: another machine may have taken this book over")
        with suppress(TimeoutError):
            async with asyncio.timeout(CONSULT_S):
                await asked.wait()

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
        now, jobs = self._now(), list(self._editions)
        last = min(jobs, key=lambda job: follower.whole_s.get(job, 0.0), default="")
        whole_s = follower.whole_s.get(last)
        return StandbyStatus(
            follower.name,
            lag_s=None if whole_s is None else max(0.0, now - whole_s),
            silent_s=max(0.0, now - follower.asked_s),
            behind=sum(follower.behind.get(job, 0) for job in jobs),
            title=self._editions[last].state.spec.title if last else "",
        )

    # --- answers, in another thread

    def _answer(self, ask: Copy) -> Answer | None:
        """Return what a standby asked for; None if there is no such job or file."""
        if ask.part == "jobs":
            jobs = [(job, each.state.epoch) for job, each in list(self._editions.items())[:MAX_JOBS]]
            voters = self._voters.meet(ask.claim, self._now()) if ask.claim else None
            return Copied("jobs", total=len(jobs), voters=voters), msgspec.msgpack.encode(jobs)
        edition = self._editions.get(ask.job)
        if edition is None:
            if journal := self._journals.pop(ask.job, None):
                journal.close()
            return None
        match ask.part:
            case "spec":
                return self._spec_piece(ask, edition)
            case "book":
                return self._book_piece(ask)
            case "file":
                return self._file_piece(ask, edition)
            case "records":
                return self._records(ask)
        return self._clips(ask, edition)

    def _spec_piece(self, ask: Copy, edition: Edition) -> Answer:
        if self._spec[0] != ask.job:
            self._spec = (ask.job, msgspec.msgpack.encode(edition.state.spec))
        body = self._spec[1]
        digest = hashlib.sha256(body).hexdigest()
        piece = body[ask.offset : ask.offset + PIECE_BYTES]
        return Copied("spec", ask.job, ask.offset, len(body), digest), piece

    def _book_piece(self, ask: Copy) -> Answer:
        path = self._store.folder(ask.job) / BOOK
        if ask.job not in self._digests:
            with path.open("rb") as file:
                self._digests[ask.job] = hashlib.file_digest(file, "sha256").hexdigest()
        size, piece = _read(path, ask.offset)
        return Copied("book", ask.job, ask.offset, size, self._digests[ask.job]), piece

    def _file_piece(self, ask: Copy, edition: Edition) -> Answer | None:
        if ask.digest not in digests_of(edition.state.job_files):
            return None
        size, piece = _read(self._store.asset_path(ask.job, ask.digest), ask.offset)
        return Copied("file", ask.job, ask.offset, size, ask.digest), piece

    def _records(self, ask: Copy) -> Answer:
        if ask.job not in self._journals:
            self._journals[ask.job] = Journal(self._store.folder(ask.job), read_only=True)
        total, records = self._journals[ask.job].page(ask.offset, RECORDS)
        parted = ask.offset > total or self._digest(ask.job, ask.offset) != ask.digest
        frame = b"" if parted else msgspec.msgpack.encode(records)
        return Copied("records", ask.job, ask.offset, total, parted=parted), frame

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

    def _clips(self, ask: Copy, edition: Edition) -> Answer:
        """Return the first of the clips that are asked for, as many as fit; nothing for one of another job."""
        frames: list[bytes] = []
        known = self._known(ask, edition)
        for key in ask.keys:
            path = self._store.find_clip(key) if key in known else None
            frames.append(path.read_bytes() if path else b"")
            if sum(map(len, frames)) >= PIECE_BYTES:
                break
        return Copied("clips", ask.job, ask.offset, sizes=tuple(map(len, frames))), b"".join(frames)

    def _known(self, ask: Copy, edition: Edition) -> frozenset[str]:
        """Return the keys of a job's clips, with all of those that are asked for and accepted by now."""
        job, keys = self._keys
        if job != ask.job or not keys.issuperset(ask.keys):
            # The loop may add a clip meanwhile, so a list is made first.
            keys = frozenset(clip.key for clip in list(edition.state.accepted.values()))
            self._keys = ask.job, keys
        return keys


def _read(path: Path, offset: int) -> tuple[int, bytes]:
    """Return the size of a file, and the piece of it at an offset. Raises OSError."""
    with path.open("rb") as file:
        file.seek(offset)
        piece = file.read(PIECE_BYTES)
        return file.seek(0, 2), piece
