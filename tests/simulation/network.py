"""Connections as ZeroMQ over TCP has them: in order and without loss, until one breaks and takes a suffix with it.

With raw faults messages are also lost, doubled and reordered within a connection, harder than TCP ever is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from machine import Machine

from swarm.lease.envelope import Message
from swarm.net.wire import pack

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from worker import SimWorker
    from world import World

NOTICE_S = 10.0  # after so long without a sign of life a connection is given up (ZMTP heartbeats)


class Connection:
    """One worker's dealer at one coordinator's router."""

    def __init__(self, worker: SimWorker, coordinator: SimCoordinator, peer: bytes) -> None:
        self.worker, self.coordinator, self.peer = worker, coordinator, peer
        self.opened_s = worker.world.heap.now
        self.alive = True
        self.noticed = False  # the worker knows that the link is gone
        self.greeted = False  # a worker of ill will greeted
        self.held: list[tuple[Machine, Message, bytes]] = []  # while the network is cut
        self.last_s = {worker.name: 0.0, coordinator.name: 0.0}
        self.sent: dict[tuple[str, int, int, str], int] = {}  # bytes of each clip in pieces that is not answered
        self.answers = 0  # to pieces
        self.busy_since_s = 0.0  # the way to the coordinator
        self.busy_until_s = {worker.name: 0.0, coordinator.name: 0.0}  # the link carries earlier messages until then

    @property
    def is_busy(self) -> bool:
        """Whether the link carries something to the coordinator."""
        return self.busy_until_s[self.coordinator.name] > self.worker.world.heap.now


class Network:
    """All connections of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open: dict[bytes, Connection] = {}
        self.cut: dict[tuple[str, str], float] = {}  # since when
        self.healed_s: dict[str, float] = {}  # worker -> when a cut of it was mended last
        self.latency_s = 0.002
        self.rates: dict[str, float] = {}  # bytes a second, each way, of the links of some workers
        self.loss = self.doubling = self.reordering = self.full = 0.0
        self.owners: dict[bytes, SimWorker] = {}  # every peer there ever was has an entry
        self.processes: dict[bytes, str] = {}

    # --- connections

    def dial(self, worker: SimWorker, coordinator: SimCoordinator) -> Connection | None:
        """Open a new connection under a new name; None if nothing answers."""
        if not coordinator.awake or not worker.awake or self.is_cut(worker, coordinator):
            return None
        connection = Connection(worker, coordinator, b"peer-%d" % (len(self.owners) + 1))
        self.owners[connection.peer] = worker
        self.processes[connection.peer] = worker.process
        self.open[connection.peer] = connection
        return connection

    def is_cut(self, worker: Machine, coordinator: Machine) -> bool:
        """Tell whether nothing passes between two machines."""
        return (worker.name, coordinator.name) in self.cut

    def break_(self, connection: Connection, notice_s: float = 0.0) -> None:
        """Break a connection and lose what is under way. The worker notices after a while."""
        if not connection.alive:
            return
        connection.alive = False
        connection.held.clear()
        del self.open[connection.peer]
        worker = connection.worker
        worker.later(notice_s, worker.disconnected, connection)

    def between(self, worker: Machine | None = None, coordinator: Machine | None = None) -> list[Connection]:
        """Return the open connections between two machines."""
        found = self.open.values()
        return [c for c in found if worker in (None, c.worker) and coordinator in (None, c.coordinator)]

    @property
    def is_steady(self) -> bool:
        """Whether what is sent arrives soon."""
        if self.rates:
            return False
        return self.latency_s < 0.1 and "slow disk" not in self.world.faults  # a slow disk delays whatever is sent

    def reaches(self, peer: bytes) -> bool:
        """Tell whether a message sent to a peer now is read at once."""
        connection = self.open.get(peer)
        if connection is None or not connection.worker.awake:
            return False
        return not self.is_cut(connection.worker, connection.coordinator)

    # --- what befalls machines

    def died(self, machine: Machine) -> None:
        """Break the connections of a process that ended."""
        for connection in [c for c in self.open.values() if machine in (c.worker, c.coordinator)]:
            self.break_(connection, self.world.random.choice([0.01, NOTICE_S]))

    def slept(self, machine: Machine) -> None:
        """Let peers give up the connections of a machine that does not answer."""
        for connection in [c for c in self.open.values() if machine in (c.worker, c.coordinator)]:
            self.world.heap.after(NOTICE_S, self._give_up_on, connection, machine, machine.asleep_since_s)

    def _give_up_on(self, connection: Connection, machine: Machine, since_s: float | None) -> None:
        if machine.asleep_since_s == since_s and machine.alive:
            self.break_(connection)

    def part(self, worker: Machine, coordinator: Machine) -> None:
        """Cut the network between two machines."""
        self.cut[worker.name, coordinator.name] = self.world.heap.now
        for connection in self.between(worker, coordinator):
            self.world.heap.after(NOTICE_S, self._give_up_cut, connection, self.world.heap.now)

    def _give_up_cut(self, connection: Connection, since_s: float) -> None:
        if self.cut.get((connection.worker.name, connection.coordinator.name)) == since_s:
            self.break_(connection)

    def heal(self, worker: Machine, coordinator: Machine) -> None:
        """Join two machines again: what TCP kept arrives late."""
        if self.cut.pop((worker.name, coordinator.name), None) is not None:
            self.healed_s[worker.name] = self.world.heap.now
        for connection in self.between(worker, coordinator):
            held, connection.held = connection.held, []
            for to, message, frame in held:
                self._carry(connection, to, message, frame)

    # --- messages

    def send(self, connection: Connection, to: Machine, message: Message, frame: bytes = b"") -> bool:
        """Send without waiting; False where it is known at once that it does not leave."""
        if not connection.alive:
            return to is connection.coordinator and not connection.noticed
        random = self.world.random
        if self.full and random.random() < self.full:
            return False
        if self.loss and random.random() < self.loss:
            self.world.log("network", "lost", message)
            return True
        if self.is_cut(connection.worker, connection.coordinator):
            connection.held.append((to, message, frame))
            return True
        self._carry(connection, to, message, frame)
        if self.doubling and random.random() < self.doubling:
            self._carry(connection, to, message, frame)
        return True

    def _carry(self, connection: Connection, to: Machine, message: Message, frame: bytes) -> None:
        random, heap = self.world.random, self.world.heap
        at_s = self._carried_s(connection, to, message, frame) + self.latency_s * (0.5 + random.random())
        if self.reordering and random.random() < self.reordering:
            at_s += random.random() * 3.0
        else:
            at_s = connection.last_s[to.name] = max(at_s, connection.last_s[to.name])
        heap.after(at_s - heap.now, self._arrive, connection, to, message, frame)

    def _carried_s(self, connection: Connection, to: Machine, message: Message, frame: bytes) -> float:
        """Return when the link has carried a message, after all that were sent before it in its direction."""
        rate = self.rates.get(connection.worker.name)
        if rate is None:
            return self.world.heap.now
        if to is connection.coordinator and not connection.is_busy:
            connection.busy_since_s = self.world.heap.now
        begun_s = max(self.world.heap.now, connection.busy_until_s[to.name])
        connection.busy_until_s[to.name] = begun_s + (len(pack(message)) + len(frame)) / rate
        return connection.busy_until_s[to.name]

    def _arrive(self, connection: Connection, to: Machine, message: Message, frame: bytes) -> None:
        if not connection.alive:
            return
        if to is connection.coordinator:
            connection.coordinator.deliver(connection.peer, message, frame)
        else:
            worker = connection.worker
            worker.now_or_awake(worker.deliver, connection, message, frame)
