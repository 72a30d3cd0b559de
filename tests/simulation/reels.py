"""Reels in worlds that ask for them: a press at each coordinator, encoders at workers, and their judge.

A press wants a reel of some places in a row as soon as all are durable. The book is finished when all its reels are
there. A reel's bytes follow from the digests of its clips, so a lie shows.
"""

from __future__ import annotations

import hashlib
from random import Random
from typing import TYPE_CHECKING

from story import Violation

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.reel_orders import LOST_S, PATIENCE_S, QUEUED, ReelName, ReelOrder, ReelTask
from swarm.lease.coordinator.roster import Session
from swarm.lease.envelope import CLIP_PIECE_BYTES, Message
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import MAX_REELS, Encode, EncodedReel, Grant, Heartbeat, ReelCoding, Revoke, Trim
from swarm.lease.outcome import EncodeReel, Outcome
from swarm.lease.scheduling import batch_size
from swarm.lease.states import SessionState

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from worker import SimWorker
    from world import World

PLACES = 4  # of a reel
CODING = ReelCoding("aac", 24_000, 1, 64_000)
SIZES = (1_000, CLIP_PIECE_BYTES, 150_000)  # bytes of reels
COMPARED = 0.5  # a share of the reels that come, besides the first of each worker
LATE_S = 0.3  # an order is taken back to within so long
LIES = 0.5  # a share of the reels of one that lies
DEADLY = 8  # encoders die twice over one in so many reels
HANGS = 0.05  # a share of the reels, while faults last


def digest_of(digests: list[str]) -> str:
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def bytes_of(digest: str) -> bytes:
    """Return what an honest encoder makes of the clips whose digests have this one."""
    size = SIZES[int(digest[:4], 16) % len(SIZES)]
    return (bytes.fromhex(digest) * (size // 32 + 1))[:size]


class SimPress:
    """What a coordinator wants encoded; `made` is on its disk."""

    def __init__(self, coordinator: SimCoordinator) -> None:
        self.coordinator = coordinator
        self.made: set[ReelName] = set()
        self.start()

    def start(self) -> None:
        """Begin with a new process."""
        self.wanted: dict[ReelName, ReelTask] = {}
        self.compared: set[str] = set()
        self.waits_s: dict[ReelName, float] = {}  # since when a reel waits for nobody, as the judge sees it

    @property
    def world(self) -> World:
        return self.coordinator.world

    def reel_ends(self, state: JobState) -> tuple[tuple[int, ...], ...]:
        """Return where reels end, for the core; () in worlds without them."""
        chapters = [len(chapter.segments) for chapter in state.spec.chapters] if self.world.reels.on else []
        return tuple((*range(PLACES, count, PLACES), count) for count in chapters)

    def look(self) -> None:
        """Want the reels whose places are all settled for good."""
        core = self.coordinator.core
        for job, state in self.coordinator.disk.durable.items() if core else ():
            for task in tasks_of(state):
                if task.name not in self.made and task.name not in self.wanted and job in core.jobs:  # type: ignore[union-attr]
                    self.wanted[task.name] = task
                    self.coordinator.take(core.encode_reel(task, self.coordinator.clock()))  # type: ignore[union-attr]

    @property
    def complete(self) -> bool:
        """Whether all that can be wanted is there."""
        durable = self.coordinator.disk.durable.values()
        return all(task.name in self.made for state in durable for task in tasks_of(state))

    def carry_out(self, outcome: Outcome) -> None:
        """Encode here what is to be, and look at what came."""
        for name in outcome.encodes:
            if name in self.wanted:
                seconds = self.world.reels.random.choice([0.1, 1.0])
                is_deadly = int(name[1][-4:], 16) % DEADLY == 0
                if is_deadly:
                    self.coordinator.later(seconds, self._failed, name)
                self.coordinator.later(seconds + 5.0 * is_deadly, self._encoded, name, seconds)
        for arrival in outcome.reels:
            self.coordinator.later(0.01, self._check, (arrival.job, arrival.reel), arrival.worker, arrival.data)

    def _check(self, name: ReelName, worker: str, data: bytes) -> None:
        task, core = self.wanted.get(name), self.coordinator.core
        if task is None or core is None:
            return
        is_looked_at = worker not in self.compared or self.world.reels.random.random() < COMPARED
        self.compared.add(worker)
        if is_looked_at and data != bytes_of(task.order.digest):
            if not self.world.reels.may_lie(worker):
                raise Violation(f"a reel of {worker}, which is honest, is not as it was made")
            self.world.log(self.coordinator.name, f"reel {name[1]} of {worker} is a lie")
            self.coordinator.take(core.reel_refused(*name, self.coordinator.clock()))
            return
        self._encoded(name, 0.0)

    def _failed(self, name: ReelName) -> None:
        if name in self.wanted and (core := self.coordinator.core):
            self.coordinator.take(core.reel_failed(*name, self.coordinator.clock()))
            if name in core.reels.here:
                raise Violation(f"reel {name[1]}, over which encoders die, keeps its place")

    def _encoded(self, name: ReelName, seconds: float) -> None:
        core = self.coordinator.core
        if self.wanted.pop(name, None) is None or core is None:
            return
        self.made.add(name)
        self.world.log(self.coordinator.name, f"reel {name[1]} is there, encoded {'here' if seconds else 'there'}")
        self.world.reels.here += bool(seconds)
        self.world.reels.there += not seconds
        self.coordinator.take(core.reel_encoded(*name, seconds, self.coordinator.clock()))


def tasks_of(state: JobState) -> list[ReelTask]:
    """Return the reels whose places are all settled."""
    return [
        task
        for chapter, about in enumerate(state.spec.chapters)
        for first in range(0, len(about.segments), PLACES)
        if (task := _task(state, [(chapter, n) for n in range(first, min(first + PLACES, len(about.segments)))]))
    ]


def _task(state: JobState, places: list[tuple[int, int]]) -> ReelTask | None:
    if not all(state.is_settled(place) for place in places):
        return None
    clips = [clip for clip in map(state.accepted.get, places) if clip]
    workers = {clip.worker for clip in clips}
    digest = digest_of([clip.digest for clip in clips])
    keys = tuple(clip.key for clip in clips)
    reel = f"{places[0][0]}-{places[0][1]}-{digest[:8]}"
    order = Encode(state.job, reel, keys, digest, (0.5,) * len(keys), 24_000, 0.0, -2.0, CODING, "same")
    worker = workers.pop() if len(workers) == 1 and len(clips) == len(places) else ""
    return ReelTask(worker, order, sum(clip.length_s for clip in clips), 2 * max(SIZES))


class SimReels:
    """The reels that a worker encodes."""

    def __init__(self, worker: SimWorker) -> None:
        self.worker = worker
        self.files: dict[str, bytes] = {}

    def encode(self, command: EncodeReel) -> None:
        """Encode a reel; at times its process hangs for ever."""
        random = self.worker.world.reels.random
        if random.random() < HANGS and not self.worker.world.healed:
            self.worker.world.reels.hung.add((self.worker.process, command.order.reel))
            return
        self.worker.later(random.choice([0.05, 0.5, 3.0]), self._encoded, command)

    def _encoded(self, command: EncodeReel) -> None:
        worker, order = self.worker, command.order
        made = EncodedReel(order.job, order.reel, note="its clips are not as they were journaled")
        digest = digest_of([clip.digest for clip in command.clips])
        if digest == order.digest:
            data = bytes_of(digest)
            if worker.world.reels.may_lie(worker.name) and worker.world.reels.random.random() < LIES:
                data = data[::-1][: worker.world.reels.random.choice([len(data), 7])]
            name = hashlib.sha256(data).hexdigest()
            self.files[name] = data
            made = EncodedReel(order.job, order.reel, name, len(data), 0.5)
        worker.carry_out(worker.core.encoded(command.link, made, worker.clock()))

    def serve(self, name: str, fetch: Fetch) -> None:
        """Send a piece of a reel."""
        if data := self.files.get(fetch.digest):
            frame = data[fetch.offset : fetch.offset + self.worker.core.piece_bytes(name)]
            self.worker.send(name, Piece(fetch.digest, fetch.offset, len(data), "reel", fetch.job), frame)


class ReelJudge:
    """Looks at the reels of a world, and counts where they were encoded."""

    def __init__(self, world: World, *, on: bool) -> None:
        self.world, self.on = world, on
        self.random = Random(f"reels {world.seed}")
        self.here = self.there = 0
        self.encoders = self.random.choice([1, 2])  # of each coordinator
        self.liar = self.random.choice(["", "", "worker-0"])  # it lies in reels alone
        self.hung: set[tuple[str, str]] = set()  # worker's process, reel

    def may_lie(self, worker: str) -> bool:
        """Tell whether a worker lies at times."""
        return worker == self.liar or bool(self.world.workers[int(worker.removeprefix("worker-"))].liar)

    def asks(self, core: CoordinatorCore, outcome: Outcome) -> None:
        """Check the orders that a coordinator decided on."""
        failing = {job for job, _ in core.reels.failing}
        if more := [job for job, _ in outcome.encodes if job in failing]:
            raise Violation(f"more of {more[0]} is encoded here while encoders die over it")
        cuts = any(isinstance(send.message, Trim | Revoke) for send in outcome.sends)
        for send in outcome.sends:
            session = core.peers.get(send.peer)
            if isinstance(send.message, Grant) and session is not None and not cuts:
                self.granted(core, session, send.message)
            if not isinstance(send.message, Encode):
                continue
            order = core.reels.ordered.get((send.message.job, send.message.reel))
            if session is None or order is None or order.task.worker != session.worker:
                raise Violation(f"a worker is asked for {send.message.reel}, which it did not speak")
            if session.worker in core.reels.distrusted:
                raise Violation(f"{session.worker}, which lied, is asked for a reel")
            if session.link.is_slow:
                raise Violation(f"{session.worker} is asked for a reel over a slow link")

    @staticmethod
    def granted(core: CoordinatorCore, session: Session, grant: Grant) -> None:
        """Check that a lease of free places leaves no reel to two workers that has room for one reel at least."""
        ledger, last = core.jobs[grant.job].ledger, grant.lines[-1].index
        is_left = last + 1 in ledger.free[grant.chapter] and (grant.chapter, last + 1) not in ledger.state.failures
        if not is_left or batch_size(session.hello.engines, core.jobs[grant.job].recipe) > 1:
            return
        inner = [line.index for line in grant.lines[1:] if ledger.parts_reels(grant.chapter, line.index)]
        if inner and not ledger.parts_reels(grant.chapter, last + 1):
            raise Violation(f"{session.key} gets the first part of a reel", (grant.job, grant.chapter, last))

    def heard(self, core: CoordinatorCore, peer: bytes, message: Message) -> None:
        """Check that no reel is waited for that its worker declines, or has not heard of."""
        session = core.peers.get(peer)
        if session is None or session.state is not SessionState.JOINED or not isinstance(message, Heartbeat):
            return
        declined = {(reel.job, reel.reel) for reel in message.reels if reel.note}
        named = {(reel.job, reel.reel) for reel in message.reels}
        for name, order in core.reels.ordered.items():
            is_lost = name not in named and core.called_s - order.sent_s > LOST_S
            if order.session == session.key and (name in declined or is_lost):
                raise Violation(f"{session.key} is waited for, which does not encode {name[1]}")

    def coordinator(self, coordinator: SimCoordinator) -> None:
        """Check after a step that each reel is in one place, and that none has too many."""
        core, press = coordinator.core, coordinator.press
        if not self.on or core is None:
            return
        reels = core.reels
        waiting = [(job, reel) for (_, job), tasks in reels.waiting.items() for reel in tasks]
        places = [*waiting, *reels.ordered, *reels.arrived, *reels.here, *reels.failing]
        if len(places) != len(set(places)):
            raise Violation("a reel is in two places")
        if lost := press.wanted.keys() - set(places):
            raise Violation(f"reel {min(lost)} is lost")
        if len(reels.here) > reels.encoders:
            raise Violation(f"{len(reels.here)} reels are encoded here at a time")
        for session in core.sessions.values():
            mine = [order for order in reels.ordered.values() if order.session == session.key]
            unmade = [order for order in mine if not order.coming]
            if len(unmade) > session.hello.encoders + QUEUED or len(mine) > MAX_REELS:
                raise Violation(f"{session.key} has {len(unmade)} reels to encode, and {len(mine)} in all")

    def looks(self, coordinator: SimCoordinator) -> None:
        """Check between two calls that no reel waits in vain."""
        core, now = coordinator.core, coordinator.clock()
        if not self.on or core is None or coordinator.ever_slept:
            return
        for order in core.reels.ordered.values():
            self._is_with_somebody(core, order, now)
        idle = not (core.reels.here or core.reels.ordered or core.reels.arrived)
        failing = {job for job, _ in core.reels.failing}
        if idle and any(tasks for (_, job), tasks in core.reels.waiting.items() if job not in failing):
            raise Violation("reels wait, and nobody encodes")

    @staticmethod
    def _is_with_somebody(core: CoordinatorCore, order: ReelOrder, now: float) -> None:
        patience_s = PATIENCE_S if order.task.order.job in core.jobs.open else 0.0
        if order.due_s + patience_s + LATE_S < now:
            raise Violation(f"reel {order.task.order.reel} is late, and its worker is waited for")
        if order.session not in core.sessions:
            raise Violation(f"reel {order.task.order.reel} is with a worker that is gone")
        idles = len(core.reels.here) < core.reels.encoders and not any(core.reels.waiting.values())
        sooner_s = order.expected_s + order.task.sound_s * core.reels.cost.expected
        is_due = core.reels.next_due() <= now  # an encoder here became idle a moment ago
        if idles and not (patience_s or is_due) and order.coming is None and sooner_s + LATE_S < now:
            raise Violation(f"reel {order.task.order.reel} would have been there sooner if it had been made here")

    def settled(self) -> None:
        """Check that no worker keeps a reel at the end, but for those that it never finishes."""
        for worker in self.world.workers if self.on else ():
            if not worker.awake or worker.liar:
                continue
            kept = [name for name in worker.core.reels.reels if (worker.process, name[2]) not in self.hung]
            if kept and all(link in worker.connections for link, _, _ in kept):
                raise Violation(f"{worker.name} still keeps reels: {kept}")
