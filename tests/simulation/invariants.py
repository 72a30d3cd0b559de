"""What must hold after every step, and how much double work the faults so far excuse."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from disk import doubly_accepted

from swarm.lease.coordinator import OWN_GAP_S, SILENCE_S, Coordinator
from swarm.lease import schedule
from swarm.lease.grant import MOST_LEASES
from swarm.lease.ledger import PROMISED
from swarm.lease.message import Accepted, Grant, Hello, Message, Rejected, Revoke, Trim
from swarm.lease.outcome import Outcome, Send
from swarm.lease.record import ClipAccepted, SegmentQuarantined
from swarm.lease.roster import Session
from swarm.lease.work import Work

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from world import World
    from worker import SimWorker

DEAD_S = 10.0  # a dead worker is replaced within so long
STEADY_S = 0.1  # a network as slow as that makes judgements late
Spot = tuple[str, int, int]  # job, chapter, index


class Violation(AssertionError):
    """An invariant does not hold. `spots` are the segments whose story matters."""

    def __init__(self, what: str, *spots: Spot) -> None:
        super().__init__(what)
        self.what, self.spots = what, spots


class Judge:
    """Looks on and complains."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.said: Counter[Spot] = Counter()
        self.doubled = 0
        self.excused = 0
        self.excuses: Counter[str] = Counter()
        self.accepted = 0
        self.known: dict[tuple[object, ...], bool] = {}  # what was excused already
        self.shadow: dict[str, object] = {}

    # --- double work

    def excuse(self, segments: int, why: str) -> None:
        """A fault explains so much double work."""
        if segments:
            self.excused += segments
            self.excuses[why] += segments
            self.world.log("judge", f"excuses {segments}: {why}")

    def spoken(self, worker: SimWorker, spot: Spot) -> None:
        """A worker has spoken a segment well."""
        if worker.liar:
            return
        self.said[spot] += 1
        self.doubled += self.said[spot] > 1
        if self.doubled > self.excused and not self.world.was_raw:
            raise Violation(f"{self.doubled} segments spoken again, {self.excused} excused {dict(self.excuses)}", spot)

    def died(self, worker: SimWorker) -> None:
        """What a worker has not handed over is lost with it."""
        self.excuse(len(worker.core.shelf.clips), f"{worker.name} died with clips")

    def crashed(self, coordinator: SimCoordinator) -> None:
        """Leases are forgotten; each slot finishes the segment under way."""
        self.excuse(self._slots(), f"{coordinator.name} crashed")

    stopping = crashed

    def graced(self, coordinator: SimCoordinator) -> None:
        """Whoever has not come back in time may find its places taken."""
        core = coordinator.core
        assert core is not None
        for worker in self.world.workers:
            if worker.alive and not any(session.hello.worker == worker.name for session in core.sessions.values()):
                self.excuse(self._holds(worker), f"{worker.name} is late after a restart")

    def unsteady(self, worker: SimWorker) -> None:
        """A connection broke or was cut: what was under way either way is late or lost."""
        self.excuse(worker.slots, f"{worker.name} was out of reach")

    def _slots(self) -> int:
        return sum(worker.slots for worker in self.world.workers if worker.alive)

    def _holds(self, worker: SimWorker) -> int:
        lines = sum(len(lease.lines) for slot in worker.core.slots for lease in slot.leases)
        return lines + len(worker.core.shelf.clips)

    # --- the coordinator

    def holdings(self, core: Coordinator) -> dict[str, int]:
        """How many segments each session has before it."""
        pending = dict.fromkeys(core.sessions, 0)
        for work in core.works.values():
            for lease in work.ledger.leases.values():
                pending[lease.session] += len(lease.pending)
        return pending

    def ticked(self, coordinator: SimCoordinator, before: dict[str, int]) -> None:
        """Whoever is gone now was silent while the coordinator was awake."""
        core = coordinator.core
        assert core is not None
        for process, pending in before.items():
            if process not in core.sessions:
                silent_s = coordinator.awake_s() - coordinator.heard_s[process]
                slept = coordinator.awake_s() < self.world.heap.now  # shorter gaps than OWN_GAP_S are not noticed
                if silent_s < SILENCE_S - (OWN_GAP_S if slept else 0.05):
                    raise Violation(f"{process} is thought dead, heard of {silent_s:.1f} s ago")
                self.excuse(pending, f"{process} was silent")

    def decided(self, coordinator: SimCoordinator, outcome: Outcome) -> None:
        """What a coordinator wants done."""
        core = coordinator.core
        assert core is not None
        for entry in outcome.entries:
            if isinstance(entry.record, ClipAccepted) and not entry.record.reused:
                self.accepted += 1
            elif isinstance(entry.record, SegmentQuarantined):
                self._fairly_set_aside(core, entry.job, entry.record, coordinator.clock())
        for send in outcome.sends:
            if isinstance(send.message, Grant):
                self._granted(core, core.peers[send.peer], send.message)
            elif isinstance(send.message, Trim | Revoke):
                self._shortened(coordinator, send)

    def _granted(self, core: Coordinator, session: Session, grant: Grant) -> None:
        work = core.works[grant.job]
        others = [lease for lease in work.ledger.leases.values() if lease.id != grant.lease]
        for line in grant.lines:
            if (grant.chapter, line.index) in work.state.accepted:
                raise Violation("granted although accepted", (grant.job, grant.chapter, line.index))
            blamed = [failure.worker for failure in work.state.failures.get((grant.chapter, line.index), ())]
            if session.worker in blamed and any(
                s.can_try(work.recipe, core.called_s) and s.worker not in blamed for s in core.sessions.values()
            ):
                raise Violation(f"granted to {session.worker} again", (grant.job, grant.chapter, line.index))
            twice = sum(le.chapter == grant.chapter and line.index in le.pending for le in others)
            self.excuse(twice, "granted twice on purpose")

    def _shortened(self, coordinator: SimCoordinator, send: Send) -> None:
        worker = self.world.network.owners[send.peer]
        message = send.message
        assert isinstance(message, Trim | Revoke)
        leases = [lease for slot in worker.core.slots for lease in slot.leases if lease.id == message.lease]
        end = message.end if isinstance(message, Trim) else 0
        lines = sum(line.index >= end for lease in leases for line in lease.lines)
        in_reach = self.world.network.reaches(send.peer) and self.world.network.latency_s < STEADY_S
        if in_reach and isinstance(message, Revoke) and message.expired:
            self._fairly_expired(coordinator, worker, message.lease)
        name = (coordinator.name, send.peer, type(message).__name__, message.lease, end)
        if name not in self.known:
            self.known[name] = True
            self.excuse(min(1, lines) if in_reach else lines, f"{name[2]} under way")

    def _fairly_expired(self, coordinator: SimCoordinator, worker: SimWorker, lease_id: int) -> None:
        for slot, engine in zip(worker.core.slots, worker.engines, strict=True):
            mine = slot.leases and (slot.leases[0].link, slot.leases[0].id) == (coordinator.name, lease_id)
            if mine and slot.line and engine.busy and not self.world.was_raw:
                spent_s = coordinator.awake_s() - engine.since_s[coordinator.name]
                if spent_s < schedule.LEAST_DEADLINE_S - 1.0 - OWN_GAP_S:
                    spot = (slot.leases[0].job.job, slot.leases[0].chapter, slot.line.index)
                    raise Violation(f"{worker.name} loses a lease after {spent_s:.1f} s at a segment", spot)

    def _fairly_set_aside(self, core: Coordinator, job: str, record: SegmentQuarantined, record_s: float) -> None:
        work = core.works[job]
        place = (record.chapter, record.index)
        blamed = {failure.worker for failure in work.state.failures[place]}
        able = {s.worker for s in core.sessions.values() if s.can_speak(work.recipe) and s.aside_until_s < record_s}
        if len(blamed) == 1 and able - blamed:
            raise Violation(f"set aside on the word of {blamed} alone", (job, *place))

    def sends(self, coordinator: SimCoordinator, peer: bytes, message: Message) -> None:
        """A message leaves a coordinator."""
        if isinstance(message, Accepted):
            for chapter, index, _ in message.clips:
                if not coordinator.disk.settled(message.job, (chapter, index)):
                    raise Violation("acknowledged before it was durable", (message.job, chapter, index))
        elif isinstance(message, Rejected) and not self.world.network.owners[peer].liar:
            spot = (message.job, message.chapter, message.index)
            raise Violation(f"an honest clip was refused: {message.why}", spot)

    def coordinator(self, coordinator: SimCoordinator, ticked: bool) -> None:
        """The state of a coordinator after a step."""
        core = coordinator.core
        assert core is not None
        for work in core.works.values():
            self._replay(coordinator, work)
            self._ledger(core, work)
            if ticked:
                self._nobody_idles(core, work, coordinator.clock())
        self._the_dead_hold_nothing(coordinator, core)

    def _replay(self, coordinator: SimCoordinator, work: Work) -> None:
        state = work.state
        coming = coordinator.coming
        if (len(coming), len(coordinator.disk.records[state.job])) == self.shadow.get(state.job):
            expected = self.shadow[state.job + "?"]
            if expected != fingerprint(work):
                raise Violation(f"the live state of {state.job} changed without a record")
            return
        replayed = coordinator.disk.replay_with(state.job, coming)
        if replayed != state:
            raise Violation(f"replaying the journal of {state.job} does not give the live state")
        twice = doubly_accepted(
            [*coordinator.disk.records[state.job], *(e.record for e in coming if e.job == state.job)]
        )
        if twice:
            raise Violation("two clips accepted for one place", (state.job, *twice))
        self.shadow[state.job] = (len(coming), len(coordinator.disk.records[state.job]))
        self.shadow[state.job + "?"] = fingerprint(work)

    def _ledger(self, core: Coordinator, work: Work) -> None:
        ledger, state = work.ledger, work.state
        covered = [set(free) for free in ledger.free]
        for lease in ledger.leases.values():
            session = core.sessions.get(lease.session)
            if session is None:
                raise Violation(f"lease {lease.id} belongs to nobody")
            if not lease.pending or (lease.slot != PROMISED and lease.id not in session.slots[lease.slot].leases):
                raise Violation(f"lease {lease.id} has nothing pending or no slot")
            covered[lease.chapter].update(lease.pending)
        for chapter, places in enumerate(covered):
            segments = len(state.facts.chapters[chapter].segments)
            if len(places) + state.settled[chapter] != segments:
                raise Violation(f"chapter {chapter} of {state.job}: a place is lost, or settled and free")
            for index in places:
                if state.is_settled((chapter, index)):
                    raise Violation("settled and still to be spoken", (state.job, chapter, index))
        for lease in ledger.leases.values():
            if not ledger.free[lease.chapter].isdisjoint(lease.pending):
                raise Violation(f"lease {lease.id} holds what is free")

    def _nobody_idles(self, core: Coordinator, work: Work, now: float) -> None:
        settings = core.settings
        if core.stopping or now < core.started_s + settings.grace_s or len(core.sessions) < settings.min_workers:
            return
        if not any(work.ledger.free):
            return
        for session in core.sessions.values():
            if not session.offers or session.aside_until_s > now or not session.can_speak(work.state.facts.recipe):
                continue
            if any(len(session.slots[slot].leases) < MOST_LEASES for slot in session.offers):
                for chapter, free in enumerate(work.ledger.free):
                    for index in sorted(free):
                        blamed = [failure.worker for failure in work.state.failures.get((chapter, index), ())]
                        if session.worker not in blamed:
                            spot = (work.state.job, chapter, index)
                            raise Violation(f"free although {session.worker} asks for work", spot)

    def _the_dead_hold_nothing(self, coordinator: SimCoordinator, core: Coordinator) -> None:
        for process in core.sessions:
            worker = self.world.workers[int(process.partition("/")[0].removeprefix("worker-"))]
            died_s = worker.died_s.get(process)
            if died_s and coordinator.awake_s() - died_s[coordinator.name] > DEAD_S:
                raise Violation(f"{process} is dead for {DEAD_S:.0f} s and thought to be here")

    # --- the worker

    def elsewhere(self, worker: SimWorker, name: str) -> list[tuple[int, int]]:
        """The leases of other coordinators, and how much is left of each."""
        leases = [lease for slot in worker.core.slots for lease in slot.leases if lease.link != name]
        return [(lease.id, len(lease.lines)) for lease in leases]

    def worker(self, worker: SimWorker) -> None:
        """The state of a worker after a step."""
        core = worker.core
        for slot in core.slots:
            if len(slot.leases) > MOST_LEASES or any(not lease.lines for lease in slot.leases):
                raise Violation(f"{worker.name} holds {len(slot.leases)} leases, or an empty one")

    def under_way(self, worker: SimWorker, name: str, clips: dict[tuple[str, int, int, str], int]) -> None:
        """A worker is about to send one more clip."""
        if worker.liar:
            return
        credit, size = worker.core.links[name].credit, sum(clips.values())
        if len(clips) > 1 and size > credit and not self.world.was_raw:
            raise Violation(f"{worker.name} has {size} bytes under way, credit {credit}")

    # --- the end

    def settled(self) -> None:
        """All books are complete and all is quiet."""
        for worker in self.world.workers:
            if not worker.awake:
                continue
            if worker.core.shelf.clips:
                job, chapter, index, _ = next(iter(worker.core.shelf.clips))
                raise Violation(f"{worker.name} still keeps clips", (job, chapter, index))
            for name, clips in worker.outstanding.items():
                if clips:
                    job, chapter, index, _ = next(iter(clips))
                    raise Violation(f"{worker.name} never got its credit back from {name}", (job, chapter, index))
            if any(slot.leases or slot.busy for slot in worker.core.slots):
                raise Violation(f"{worker.name} still has work")


def fingerprint(work: Work) -> tuple[int, ...]:
    """What any change of a state would change."""
    state = work.state
    return (
        len(state.accepted),
        len(state.quarantined),
        sum(map(len, state.failures.values())),
        sum(state.settled),
        state.characters_settled,
        len(state.workers),
    )
