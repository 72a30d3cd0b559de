"""The ledger of allowed repeats: which segments may be spoken once more, and because of which fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from story import Spot, Violation

from swarm.lease.message import Clip

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from worker import SimWorker
    from world import World

CATCH_UP_S = 0.5  # until a worker that is back has read the messages it missed


class AllowedRepeats:
    """Counts how often each segment is spoken well. Every time after the first uses up one allowance."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.said: Counter[tuple[str, Spot]] = Counter()  # each head counts what it has spoken itself
        self.left: Counter[Spot] = Counter()
        # A process has repeats here that are allowed only while a worker is out of reach.
        self.while_away: dict[str, list[Spot]] = {}
        self.doubled = 0
        self.given = 0
        self.retained: set[Spot] = set()  # living workers still had these when a disk was lost
        self.retained_again = 0  # some of the retained are spoken again all the same

    def allow(self, spots: Iterable[Spot], why: str) -> None:
        """Allow each of these segments to be spoken once more."""
        for spot in spots:
            self.left[spot] += 1
            self.given += 1
            self.world.log("judge", f"may be repeated: {why}", spot)

    def spoken(self, worker: SimWorker, spot: Spot, head: str) -> None:
        """Count a segment that a worker has spoken well. Raises Violation for a repeat that nothing allows."""
        if worker.liar:
            return
        self.said[head, spot] += 1
        if self.said[head, spot] == 1:
            return
        self.doubled += 1
        self.retained_again += spot in self.retained
        if not self.left[spot] and not self.world.was_raw:
            raise Violation("spoken again without a reason", spot)
        self.left[spot] -= 1

    def copied(self, head: SimCoordinator) -> None:
        """Count what the copy has of a job that a head takes over: it needs not be spoken for it."""
        for job, state in head.disk.durable.items():
            self.said |= Counter({(head.name, (job, *place)): 1 for place in state.accepted})

    def offered(self, head: SimCoordinator, spots: Iterable[Spot]) -> None:
        """Count what a worker has spoken for another head, and can hand over to this one."""
        self.said |= Counter({(head.name, spot): 1 for spot in spots})

    # --- faults, and the repeats that they allow

    def died(self, worker: SimWorker) -> None:
        """Allow the clips that a dead worker had not handed over."""
        self.allow(unaccepted(worker), f"{worker.name} died with clips")

    def crashed(self, coordinator: SimCoordinator) -> None:
        """Allow the segments under way: the coordinator forgot the leases and grants them anew."""
        for worker in self.world.workers:
            if worker.alive:
                self.allow(under_way(worker), f"{coordinator.name} ended")

    def lost(self, coordinator: SimCoordinator) -> None:
        """Allow all that lay on a disk that is lost, and remember what living workers still have of it."""
        spots = [(job, *place) for job, state in coordinator.disk.durable.items() for place in state.accepted]
        self.allow(spots, f"{coordinator.name} lost its disk")
        held = {name[:3] for worker in self.world.workers if worker.alive for name in worker.core.retained_clips.clips}
        self.retained |= held.intersection(spots)

    def graced(self, coordinator: SimCoordinator) -> None:
        """Allow what a worker holds that did not come back, or did not say everything, within the grace period."""
        core = coordinator.core
        assert core is not None
        network = self.world.network
        here = [network.owners[peer].name for peer in core.peers if network.reaches(peer)]
        for worker in self.world.workers:
            if worker.alive and (worker.name not in here or not network.is_steady):
                self.allow(holds(worker), f"{worker.name} is late after a restart")

    def unsteady(self, worker: SimWorker) -> None:
        """Allow what a worker holds whose connection broke or is full: a trim may not reach it."""
        self._allow_while_away(worker, holds(worker), f"{worker.name} was out of reach")

    def dozed(self, coordinator: SimCoordinator) -> None:
        """Allow everything: a coordinator that slept cuts leases by what it knew before."""
        for worker in self.world.workers:
            if worker.alive:
                self.allow(holds(worker), f"{coordinator.name} dozed")

    def silent(self, worker: SimWorker, pending: list[Spot]) -> None:
        """Allow the places of a worker thought dead: it goes on until it hears that others have them."""
        self.allow(pending, f"{worker.name} was silent")

    def shortened(self, worker: SimWorker, spots: list[Spot], in_reach: bool, most: int) -> None:
        """Allow what a worker may begin while a trim or revocation is on its way."""
        if in_reach:
            self.allow(spots[:most], "news under way")
        else:
            self._allow_while_away(worker, spots, "news under way to one out of reach")

    def evicted(self, worker: SimWorker, clips: Iterable[Clip]) -> None:
        """Allow what a full worker dropped of a coordinator out of reach, to speak on for the others."""
        self.allow([(clip.job, clip.chapter, clip.index) for clip in clips], f"{worker.name} had no room for it")

    def _allow_while_away(self, worker: SimWorker, spots: list[Spot], why: str) -> None:
        self.while_away.setdefault(worker.process, []).extend(spots)
        self.allow(spots, why)

    def welcomed(self, worker: SimWorker) -> None:
        """Withdraw soon what was allowed while the worker was out of reach; not where messages may be refused."""
        if "refusals" in self.world.faults:
            return
        worker.later(CATCH_UP_S, self._withdraw, worker, self.while_away.pop(worker.process, []))

    def _withdraw(self, worker: SimWorker, spots: list[Spot]) -> None:
        """Forbid a repeat of what the worker still holds, and of which no other is at work: it alone holds that now."""
        held = holds(worker)
        begun = [spot for other in self.world.workers if other.alive for spot in under_way(other)]
        for spot in spots:
            if spot in held and spot not in begun and self.left[spot]:
                self.left[spot] -= 1


def lines(worker: SimWorker) -> list[Spot]:
    """Return the segments that a worker has yet to speak, those under way included."""
    leases = [lease for slot in worker.core.slots for lease in slot.leases]
    return [(lease.job.job, lease.chapter, line.index) for lease in leases for line in lease.lines]


def under_way(worker: SimWorker) -> list[Spot]:
    """Return the segments that a worker's slots speak at this moment."""
    slots = [slot for slot in worker.core.slots if slot.lines]
    return [(s.leases[0].job.job, s.leases[0].chapter, line.index) for s in slots for line in s.lines]


def unaccepted(worker: SimWorker) -> list[Spot]:
    """Return the segments whose clips a worker keeps until they are accepted."""
    return [name[:3] for name in worker.core.unaccepted.clips]


def holds(worker: SimWorker) -> list[Spot]:
    """Return the segments that a worker will speak or has spoken and keeps."""
    return lines(worker) + unaccepted(worker)
