"""What must hold of a worker: what it holds, what it has under way, and what it keeps at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faults import LOST_DISK
from files import PIECE
from slots import check_slots
from story import Spot, Violation

from swarm.job.job_asset import WINDOW
from swarm.lease.coordinator.roster import MAX_LEASES, Session
from swarm.lease.message import ANY, FromCoordinator, Heartbeat, Revoke, Skip, Trim
from swarm.lease.outcome import ClipPart, WorkerOutcome
from swarm.lease.worker.slot import EngineSlot

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from network import Connection
    from worker import SimWorker
    from world import World

NEWS = Trim | Skip | Revoke  # news of leases
NEWS_S = 3.0  # until a worker in reach knows what needs no clip any more
SENT_AHEAD_S = 2.0  # heartbeats wait so long behind the pieces of clips, over any link
FIRST_BYTES = 40_000  # a worker sends so many before it knows how slow its link is
ENOUGH_ANSWERS = 5  # to pieces, for a worker to know its link
# A slow link carries several clips under way in this time; a small one may be beside another.
TOGETHER_S = 9.0


class WorkerJudge:
    """Looks at workers after each step, and raises Violation."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.accepted_s: dict[tuple[str, Spot], float] = {}  # the coordinator's waking hours
        self.checks: set[tuple[str, int]] = set()  # leases of what is spoken again to be compared, by coordinator

    def elsewhere(self, worker: SimWorker, name: str) -> list[tuple[int, int]]:
        """Return the leases of other coordinators, and how many lines are left of each."""
        leases = [lease for slot in worker.core.slots for lease in slot.leases if lease.link != name]
        return [(lease.id, len(lease.lines)) for lease in leases]

    def known(self, worker: SimWorker, name: str) -> tuple[object, ...]:
        """Return what a worker tells a coordinator of its slots, times left out."""
        leases = [(lease.id, len(lease.lines)) for slot in worker.core.slots for lease in slot.leases]
        at_work = [(slot.state, len(slot.lines), slot.turn) for slot in worker.core.slots]
        link = worker.core.links.get(name)
        return (leases, at_work, set(link.offers) if link else set())

    def answers(
        self, worker: SimWorker, name: str, message: FromCoordinator, before: object, out: WorkerOutcome
    ) -> None:
        """Complain of a heartbeat that answers news which told the worker nothing: that may go on for ever."""
        is_answered = any(to == name and isinstance(sent, Heartbeat) for to, sent in out.messages)
        if is_answered and isinstance(message, NEWS) and before == self.known(worker, name):
            raise Violation(f"{worker.name} answers {message}, which tells it nothing")

    def state(self, worker: SimWorker) -> None:
        """Check the state of a worker after a step."""
        core = worker.core
        for item in core.fetched.downloads.items.values():
            if item.file.asked - item.have > WINDOW * PIECE:
                raise Violation(f"{worker.name} asked for {item.file.asked - item.have} bytes at once")
        for slot in core.slots:
            if len(slot.leases) > MAX_LEASES or any(not lease.lines for lease in slot.leases):
                raise Violation(f"{worker.name} holds {len(slot.leases)} leases, or an empty one")
        check_slots(worker)

    def under_way(self, worker: SimWorker, name: str, clips: dict[tuple[str, int, int, str], int]) -> None:
        """Check that a worker does not exceed its credit with the next clip."""
        credit, size = worker.core.links[name].window.credit, sum(clips.values())
        self._one_over_a_slow_link(worker, name, clips)
        if len(clips) > 1 and size > credit and is_judged(self.world, worker):
            raise Violation(f"{worker.name} has {size} bytes under way, credit {credit}")

    def _one_over_a_slow_link(self, worker: SimWorker, name: str, clips: dict[tuple[str, int, int, str], int]) -> None:
        """Complain of a second clip over a slow link, once a clip has shown that it is slow."""
        rate = self.world.network.rates.get(worker.name)
        if rate is None or len(clips) < 2 or not is_judged(self.world, worker):
            return
        if worker.connections[name].answers >= ENOUGH_ANSWERS and sum(clips.values()) / rate > TOGETHER_S:
            job, chapter, index, _ = next(iter(clips))
            raise Violation(f"{worker.name} has {len(clips)} clips on a slow link", (job, chapter, index))

    def begins(self, worker: SimWorker, number: int) -> None:
        """Complain of a segment that is begun although its worker had time to hear that it needs no clip any more."""
        slot, network = worker.core.slots[number], self.world.network
        for line in slot.lines:
            lease = slot.leases[0]
            self.world.take_overs.begins(worker, lease.link, (lease.job.job, lease.chapter, line.index))
        self._on_its_device(worker, slot)
        if slot.is_proving or not slot.lines or not network.is_steady or not is_judged(self.world, worker):
            return
        lease = slot.leases[0]
        if (lease.link, lease.id) in self.checks:
            return
        for line in slot.lines:
            self._begins(worker, (lease.job.job, lease.chapter, line.index), worker.connections.get(lease.link))

    def _on_its_device(self, worker: SimWorker, slot: EngineSlot) -> None:
        """Complain of a segment on a device that its model is not for, where the worker has one that it is for."""
        lease = slot.leases[0]
        wanted = next((c.device for c in self.world.coordinators if c.name == lease.link), ANY)
        kinds = [each.kind for each in worker.core.slots]
        if wanted in kinds and slot.kind != wanted:
            spot = (lease.job.job, lease.chapter, slot.lines[0].index)
            raise Violation(f"{worker.name} speaks on {slot.kind} what is for {wanted}", spot)

    def _begins(self, worker: SimWorker, spot: Spot, connection: Connection | None) -> None:
        network = self.world.network
        if connection is None or (connection.coordinator.name, spot) not in self.accepted_s:
            return
        core = connection.coordinator.core
        served = core.jobs.get(spot[0]) if core is not None else None
        if core is None or served is None or spot[1:] not in served.state.accepted or connection.peer not in core.peers:
            return
        told_s = connection.coordinator.awake_s() - self.accepted_s[connection.coordinator.name, spot]
        news_s = min(told_s, self.world.heap.now - connection.opened_s)
        if news_s > NEWS_S and not connection.is_busy and not network.is_cut(worker, connection.coordinator):
            raise Violation(f"{worker.name} begins what has been accepted for {news_s:.1f} s", spot)

    def part(self, worker: SimWorker, connection: Connection, part: ClipPart) -> None:
        """Judge a piece that a worker has sent: no clip twice, and no more than the link carries soon."""
        if not is_judged(self.world, worker):
            return
        key = (part.clip.job, part.clip.chapter, part.clip.index, part.clip.key)
        connection.sent[key] = connection.sent.get(key, 0) + part.length
        lost = LOST_DISK in self.world.faults.began  # then a clip may be offered while it is spoken again
        if connection.sent[key] > len(worker.frames[key]) * (2 if lost else 1):
            raise Violation(f"{worker.name} sends a clip twice over one connection", key[:3])
        ahead_s = connection.busy_until_s[connection.coordinator.name] - self.world.heap.now
        rate = self.world.network.rates.get(worker.name)
        if rate is not None and not worker.clock_stood and ahead_s > SENT_AHEAD_S + FIRST_BYTES / rate:
            raise Violation(f"{worker.name} has sent what its link carries in {ahead_s:.1f} s", key[:3])

    def settled(self) -> None:
        """Check that nothing is outstanding anywhere."""
        self.world.take_overs.settled()
        self.world.reels.settled()
        for worker in self.world.workers:
            if not worker.awake or (worker.liar and "recurring texts" in self.world.faults):
                continue
            if worker.core.unaccepted.clips:
                job, chapter, index, _ = next(iter(worker.core.unaccepted.clips))
                raise Violation(f"{worker.name} still keeps clips", (job, chapter, index))
            for name, clips in worker.outstanding.items():
                if clips:
                    job, chapter, index, _ = next(iter(clips))
                    raise Violation(f"{worker.name} never got its credit back from {name}", (job, chapter, index))
            now = worker.clock()
            if any((slot.leases or slot.busy) and not self._is_free_to_work(slot, now) for slot in worker.core.slots):
                raise Violation(f"{worker.name} still has work")

    def _is_free_to_work(self, slot: EngineSlot, now: float) -> bool:
        """Return whether a slot is busy with nothing that a coordinator of good will waits for."""
        ill = self.world.ill_coordinator
        return _finishes(slot, now) or (ill is not None and all(lease.link == ill.name for lease in slot.leases))


def is_judged(world: World, worker: SimWorker, session: Session | None = None, *, raw: bool = False) -> bool:
    """Tell whether promises about a worker can be judged now: the one guard of all invariants about workers.

    A liar breaks its own promises, and what a raw network loses breaks others unless `raw` says that they hold
    there too. With a `session`, the worker must also be awake, staying, and in reach under just that session.
    """
    if worker.liar or (world.was_raw and not raw):
        return False
    if session is None:
        return True
    connection = world.network.open.get(session.peer)
    if connection is None or not worker.awake or worker.draining or worker.process != session.key:
        return False
    return not world.network.is_cut(worker, connection.coordinator)


def is_put_off(worker: SimWorker, coordinator: SimCoordinator) -> bool:
    """Tell whether a worker lets other coordinators come first, since this one kept a slot for nothing."""
    links, now = worker.core.links, worker.awake_s()
    link = links.get(coordinator.name)
    if link is None or not link.fairness.is_put_off(now):
        return False
    return any(other.is_returning(now) for other in links.values() if other is not link)


def _finishes(slot: EngineSlot, now: float) -> bool:
    """Return whether a slot only finishes a segment that no coordinator waits for."""
    return bool(slot.lines) and all(lease.revoked for lease in slot.leases) and not slot.hangs(now)
