"""Work done twice: which segments a fault excuses, once each, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from story import Spot, Violation

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from worker import SimWorker
    from world import World

RECALL_S = 0.5  # to tell a worker that is back what it missed


class Excuses:
    """Counts how often a segment is spoken well; a second time needs a reason that lies in a fault."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.said: Counter[Spot] = Counter()
        self.left: Counter[Spot] = Counter()
        self.lent: dict[str, list[Spot]] = {}  # excused for as long as a worker is out of reach
        self.doubled = 0
        self.given = 0

    def excuse(self, spots: Iterable[Spot], why: str) -> None:
        """A fault explains that these may be spoken once more."""
        for spot in spots:
            self.left[spot] += 1
            self.given += 1
            self.world.log("judge", f"excused: {why}", spot)

    def spoken(self, worker: SimWorker, spot: Spot) -> None:
        """A worker has spoken a segment well."""
        if worker.liar:
            return
        self.said[spot] += 1
        if self.said[spot] == 1:
            return
        self.doubled += 1
        if not self.left[spot] and not self.world.was_raw:
            raise Violation("spoken again without a reason", spot)
        self.left[spot] -= 1

    # --- faults, and what they excuse

    def died(self, worker: SimWorker) -> None:
        """What a worker has not handed over is lost with it."""
        self.excuse(shelf(worker), f"{worker.name} died with clips")

    def crashed(self, coordinator: SimCoordinator) -> None:
        """Leases are forgotten; each slot finishes the segment under way, while it is granted anew."""
        for worker in self.world.workers:
            if worker.alive:
                self.excuse(under_way(worker), f"{coordinator.name} ended")

    def graced(self, coordinator: SimCoordinator) -> None:
        """Whoever has not come back in time, or not said all yet, may find its places taken."""
        core = coordinator.core
        assert core is not None
        network = self.world.network
        here = [network.owners[peer].name for peer in core.peers if network.reaches(peer)]
        for worker in self.world.workers:
            if worker.alive and (worker.name not in here or not network.is_steady):
                self.excuse(holds(worker), f"{worker.name} is late after a restart")

    def unsteady(self, worker: SimWorker) -> None:
        """A connection broke or took no more: its leases may be cut by what is known of them, and the news lost."""
        self._lend(worker, holds(worker), f"{worker.name} was out of reach")

    def dozed(self, coordinator: SimCoordinator) -> None:
        """It cuts leases that are further than it knows."""
        for worker in self.world.workers:
            if worker.alive:
                self.excuse(holds(worker), f"{coordinator.name} dozed")

    def silent(self, worker: SimWorker, pending: list[Spot]) -> None:
        """Its places are granted to others; it goes on until it hears of that."""
        self.excuse(pending, f"{worker.name} was silent")

    def shortened(self, worker: SimWorker, spots: list[Spot], at_once: bool, most: int) -> None:
        """While a trim or revocation is under way, what it takes may be begun."""
        if at_once:
            self.excuse(spots[:most], "news under way")
        else:
            self._lend(worker, spots, "news under way to one out of reach")

    def _lend(self, worker: SimWorker, spots: list[Spot], why: str) -> None:
        self.lent.setdefault(worker.process, []).extend(spots)
        self.excuse(spots, why)

    def welcomed(self, worker: SimWorker) -> None:
        """A worker is in reach again, and will be told what it missed; if messages leave at the first try."""
        if "refusals" in self.world.faults:
            return
        worker.later(RECALL_S, self._recall, worker, self.lent.pop(worker.process, []))

    def _recall(self, worker: SimWorker, lent: list[Spot]) -> None:
        """What it still holds, it holds alone."""
        held = holds(worker)
        for spot in lent:
            if spot in held and spot not in under_way(worker) and self.left[spot]:
                self.left[spot] -= 1


def lines(worker: SimWorker) -> list[Spot]:
    """What a worker has yet to speak, the segments under way too."""
    leases = [lease for slot in worker.core.slots for lease in slot.leases]
    return [(lease.job.job, lease.chapter, line.index) for lease in leases for line in lease.lines]


def under_way(worker: SimWorker) -> list[Spot]:
    """What a worker's slots speak just now."""
    busy = [slot for slot in worker.core.slots if slot.line is not None]
    return [(s.leases[0].job.job, s.leases[0].chapter, s.line.index) for s in busy if s.line is not None]


def shelf(worker: SimWorker) -> list[Spot]:
    """The clips that a worker keeps."""
    return [name[:3] for name in worker.core.shelf.clips]


def holds(worker: SimWorker) -> list[Spot]:
    """All that a worker has or will have spoken."""
    return lines(worker) + shelf(worker)
