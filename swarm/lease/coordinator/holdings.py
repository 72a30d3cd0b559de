"""The leases of all jobs of a coordinator by who holds them, and those whose deadline may have come nearer."""

from dataclasses import dataclass, field

from swarm.lease.coordinator.lease import PROMISED, Lease

MAX_LAPSED = 1024


@dataclass
class Holdings:
    """An index of leases: all ledgers of a coordinator share one, and change it whenever a lease begins or ends."""

    leases: dict[int, Lease] = field(default_factory=dict)
    by_session: dict[str, dict[int, Lease]] = field(default_factory=dict)
    hastened: dict[int, Lease] = field(default_factory=dict)  # leases with deadlines that must be checked again
    lapsed: dict[int, Lease] = field(default_factory=dict)  # leases of sessions that were given up; some may come back
    closed: bool = False  # whether no session may go on with a lapsed lease any more

    def of(self, session: str) -> dict[int, Lease]:
        """Return the leases of a session by their ids."""
        return self.by_session.get(session, {})

    def add(self, lease: Lease) -> None:
        """Take in a new lease."""
        self.leases[lease.id] = lease
        self.by_session.setdefault(lease.session, {})[lease.id] = lease
        self.hasten(lease)

    def remove(self, lease: Lease) -> None:
        """Forget a lease that ended."""
        del self.leases[lease.id]
        self.hastened.pop(lease.id, None)
        own = self.by_session[lease.session]
        del own[lease.id]
        if not own:
            del self.by_session[lease.session]

    def lapse(self, lease: Lease) -> None:
        """Remember a lease of a session that was given up; the oldest one is forgotten if there are many."""
        if lease.slot != PROMISED:
            self.lapsed[lease.id] = lease
        while len(self.lapsed) > MAX_LAPSED:
            del self.lapsed[next(iter(self.lapsed))]

    def take_lapsed(self, lease_id: int, session: str) -> Lease | None:
        """Return a lapsed lease to the session that had it, once; None if there is none."""
        lease = None if self.closed else self.lapsed.get(lease_id)
        return self.lapsed.pop(lease_id) if lease and lease.session == session else None

    def has_lapsed(self, session: str) -> bool:
        """Return whether a session had a lease that lapsed, and of which it has not spoken since."""
        return any(lease.session == session for lease in self.lapsed.values())

    def hasten(self, lease: Lease) -> None:
        """Take in that a lease may be due sooner than before."""
        self.hastened[lease.id] = lease

    def hasten_first(self, leases: list[int]) -> None:
        """Take in that the first of a slot's leases may be due sooner, as with a slot that is faster than was known."""
        if leases and (lease := self.leases.get(leases[0])):
            self.hasten(lease)
