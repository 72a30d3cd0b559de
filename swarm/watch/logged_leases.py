"""The leases in a coordinator's log, and the reasons why their sentences were granted again."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from swarm.watch.happening import Spot

RESTARTED = "the coordinator started again"
NOT_JOURNALED = "its clip was not journaled when the coordinator ended"
REDONE = "the user has it spoken again (redo)"


@dataclass
class LoggedLease:
    """A lease as the log tells of it; `spots` are not settled yet."""

    worker: str
    spots: frozenset[Spot]


@dataclass
class LoggedLeases:
    """The open leases, the sentences that were ever granted, and why the last lease of each ended."""

    _open: dict[int, LoggedLease] = field(default_factory=dict)
    _granted: set[Spot] = field(default_factory=set)
    _settled: set[Spot] = field(default_factory=set)
    _freed: dict[Spot, str] = field(default_factory=dict)
    _listed: dict[str, frozenset[int]] = field(default_factory=dict)  # leases in a worker's last heartbeat

    def grant(self, number: int, worker: str, spots: frozenset[Spot]) -> dict[str, frozenset[Spot]]:
        """Start a lease; return its sentences by the reason why they are granted again, "" for a first grant."""
        by_reason: dict[str, frozenset[Spot]] = {}
        for spot in sorted(spots):
            reason = self._reason(spot) if spot in self._granted else ""
            by_reason[reason] = by_reason.get(reason, frozenset()) | {spot}
            self._freed.pop(spot, None)
        self._open[number] = LoggedLease(worker, spots)
        self._granted |= spots
        self._settled -= spots
        return by_reason

    def hear(self, worker: str, listed: Iterable[int]) -> None:
        """Take in which leases a worker's heartbeat lists."""
        self._listed[worker] = frozenset(listed)

    def settle(self, spots: frozenset[Spot]) -> None:
        """Take sentences from all leases: each has its clip, or was set aside."""
        self._remove(spots)
        self._settled |= spots
        for spot in spots:
            self._freed.pop(spot, None)

    def free(self, spots: frozenset[Spot], why: str) -> None:
        """Take sentences from all leases, to be granted again."""
        self._remove(spots)
        self._settled -= spots
        self._freed.update(dict.fromkeys(spots, why))

    def fail(self, worker: str, spots: frozenset[Spot], why: str) -> None:
        """Take from a worker's leases what it failed at, to be granted again; what it does not hold stays as it is."""
        for lease in [lease for lease in self._open.values() if lease.worker == worker]:
            self._freed.update(dict.fromkeys(lease.spots & spots, why))
            lease.spots -= spots

    def redo(self, spots: frozenset[Spot]) -> None:
        """Take in which sentences a user has spoken again, of those that had their clip."""
        self.free(spots & self._settled, REDONE)

    def promise(self, worker: str, spots: frozenset[Spot]) -> None:
        """Take in that a worker still holds clips: their sentences wait for them, save those of other leases."""
        others = (lease.spots for lease in self._open.values() if lease.worker != worker)
        self.free(spots.difference(*others) & self._granted - self._settled, f"{worker} did not send the clip it held")

    def cut(self, number: int, end: int) -> frozenset[Spot]:
        """Shorten a lease for an idle slot; return the sentences taken, from the index `end` on."""
        lease = self._open[number]
        taken = frozenset(spot for spot in lease.spots if spot[2] >= end)
        self.free(taken, f"a slot was idle, and {lease.worker} had not begun it")
        return taken

    def end(self, number: int, why: str) -> frozenset[Spot]:
        """End a lease; return its sentences, which may be granted again."""
        lease = self._open.pop(number, None)
        if lease is None:
            return frozenset()
        self.free(lease.spots, why)
        return lease.spots

    def end_of(self, worker: str, why: str) -> frozenset[Spot]:
        """End all leases of a worker; return their sentences."""
        numbers = [number for number, lease in self._open.items() if lease.worker == worker]
        return frozenset().union(*(self.end(number, why) for number in numbers))

    def restart(self) -> None:
        """End all leases: a coordinator that starts knows none."""
        for number in list(self._open):
            self.end(number, RESTARTED)

    def waiting(self, job: str) -> frozenset[Spot]:
        """Return the sentences of a job that were granted and are free again."""
        return frozenset(spot for spot in self._freed if spot[0] == job)

    def holds(self, number: int) -> bool:
        """Tell whether a lease is open."""
        return number in self._open

    def _reason(self, spot: Spot) -> str:
        if spot in self._freed:
            return self._freed[spot]
        if spot in self._settled:
            return NOT_JOURNALED
        for number, lease in self._open.items():
            if spot in lease.spots:
                if number not in self._listed.get(lease.worker, frozenset([number])):
                    return f"{lease.worker} does not have the lease"
                return f"{lease.worker} is slow with it; the first clip counts"
        return "the log does not tell why"

    def _remove(self, spots: frozenset[Spot]) -> None:
        for lease in self._open.values():
            lease.spots -= spots
