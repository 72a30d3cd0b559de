"""Workers of ill will: members that take part in the protocol only to hold a book up. They never stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liar import Liar
from worker import SimWorker

from swarm.lease.message import (
    PROTOCOL,
    Bye,
    Device,
    EngineOffer,
    Failed,
    FromCoordinator,
    Grant,
    Heartbeat,
    Held,
    Hello,
    ReportedState,
    Revoke,
    SlotReport,
    WhoAreYou,
)
from swarm.lease.outcome import WorkerOutcome

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from network import Connection
    from world import World

WILLS = ("loading", "waiting", "speaking", "idle", "promising", "failing", "flooding")


class IllWill(SimWorker):
    """Takes what it gets and speaks nothing. `will` says how: the first four report just that of every lease."""

    def __init__(self, world: World, number: int, will: str, slots: int) -> None:
        super().__init__(world, number, slots)
        self.liar = Liar(self, -1.0)  # the judge then owes it nothing
        self.will, self.lives, self.beats = will, 0, 0
        self.grants: dict[str, dict[int, Grant]] = {}

    @property
    def process(self) -> str:
        """The process as coordinators name its session; one that fails has a new name each time."""
        return f"{self.name}/nonce-{self.run}-{self.lives}"

    def carry_out(self, out: WorkerOutcome) -> None:
        """Send nothing of what an honest worker would send."""

    def restart(self) -> None:
        """Start, with the first faults; it has no other life."""
        if not self.alive:
            self.start()

    def disconnected(self, connection: Connection) -> None:
        """Forget the leases of a connection that is gone."""
        self.grants.pop(connection.coordinator.name, None)
        super().disconnected(connection)

    def deliver(self, connection: Connection, message: FromCoordinator, frame: bytes) -> None:
        """Take a message: only grants matter."""
        name = connection.coordinator.name
        if self.connections.get(name) is not connection:
            return
        if isinstance(message, WhoAreYou):
            self._greet(name)
        elif isinstance(message, Revoke):
            self.grants.get(name, {}).pop(message.lease, None)
        elif isinstance(message, Grant):
            self.grants.setdefault(name, {})[message.lease] = message
            if self.will == "failing":
                self._fail(connection, message)

    def _beat(self) -> None:
        self.later(self.core.beat_s, self._beat)
        self.beats += 1
        for name, connection in list(self.connections.items()):
            if not connection.greeted:
                connection.greeted = True
                self._greet(name)
            self._act(name, connection.coordinator)

    def _greet(self, name: str) -> None:
        offers, devices = (EngineOffer("metronome", ("*",), batch=self.batch),), (Device("cpu"),)
        nonce = self.process.partition("/")[2]
        self.send(name, Hello(self.name, nonce, self.name, "1", offers, devices, self.slots, PROTOCOL))

    def _act(self, name: str, coordinator: SimCoordinator) -> None:
        grants, offers = self.grants.get(name, {}), tuple(range(self.slots))
        if self.will == "flooding":
            self.send(name, Heartbeat((), (), tuple(range(self.beats, self.beats + 1000))))
        elif self.will == "promising":
            self.send(name, Heartbeat(()))
            for job, state in coordinator.disk.durable.items():
                places = [(c, i) for c, chapter in enumerate(state.spec.chapters) for i in range(len(chapter.segments))]
                self.send(name, Held(job, tuple((*place, state.key(place, 0)) for place in places)))
        else:
            told: ReportedState = self.will if self.will in ("loading", "waiting", "speaking") else "idle"  # type: ignore[assignment]
            lines = self.world.will_random.choice([0, 1, self.batch // 2, 1000])
            reports = [SlotReport(g.slot, told, g.lease, self.beats % 12, lines=lines) for g in grants.values()]
            self.send(name, Heartbeat(tuple(reports), offers, tuple(grants)))

    def _fail(self, connection: Connection, grant: Grant) -> None:
        """Fail at a whole lease, and come again under another name."""
        name = connection.coordinator.name
        for line in grant.lines:
            self.send(name, Failed(grant.job, grant.chapter, line.index, line.take, "error", "a lie", grant.lease))
        self.send(name, Bye())
        self.grants.pop(name, None)
        self.lives += 1
        self.world.network.break_(connection, 0.01)
