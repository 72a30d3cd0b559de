"""A coordinator of ill will: its swarm's key is right, and it takes part only to hold workers up. It never stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machine import Machine

from swarm.job.job_asset import VOICE, JobAsset
from swarm.job.spec import Recipe
from swarm.lease.envelope import Message
from swarm.lease.message import (
    FromCoordinator,
    FromWorker,
    Grant,
    Heartbeat,
    Hello,
    Job,
    Line,
    Revoke,
    Skip,
    Trim,
    Wanted,
    Welcome,
)

if TYPE_CHECKING:
    from network import Connection
    from world import World

WAYS = ("hoarding", "promising files", "forgetting", "babbling")
ENDLESS = "without end "  # begins a text over which every engine hangs
LONGEST = 200
JOBS_AT_ONCE = 20
FLOODS_EVERY = 5  # heartbeats that it hears; more floods make worlds slow, and fill no worker fuller


class IllCoordinator(Machine):
    """Takes workers in, and gives them nothing that is of use. `way` says how."""

    core = None  # the judge owes it nothing

    def __init__(self, world: World, way: str) -> None:
        super().__init__(world, -1, "coordinator-of-ill-will")
        self.way, self.random = way, world.ill_random
        self.leases = 1 << 50  # a message may have no larger number
        self.babbled = 0

    def deliver(self, peer: bytes, message: FromWorker, frame: bytes) -> None:
        """Answer a greeting and heartbeats, and nothing else."""
        connection = self.world.network.open.get(peer)
        if connection is None:
            return
        if isinstance(message, Hello):
            self._say(connection, Welcome(self.name, 1 << 40, self.name, 1.0, 1 << 30, 1))
            self._say(connection, Job("ill", "Ill", self._recipe, self._files))
        elif isinstance(message, Heartbeat):
            for offer in message.offers:
                self._offered(connection, offer)
            if self.way == "babbling":
                self._babble(connection, message)

    @property
    def _recipe(self) -> Recipe:
        return Recipe("metronome", "ill", "en")

    @property
    def _files(self) -> tuple[JobAsset, ...]:
        return (JobAsset(VOICE, "e" * 64, 1 << 30),) if self.way == "promising files" else ()

    def _offered(self, connection: Connection, slot: int) -> None:
        self.leases += 1
        text = ENDLESS.ljust(self.random.randint(20, LONGEST), "x")
        self._say(connection, Grant(self.leases, "ill", slot, 0, (Line(0, text, 0), Line(1, text, 0))))
        if self.way == "forgetting":
            self._say(connection, Revoke(self.leases))

    def _babble(self, connection: Connection, heartbeat: Heartbeat) -> None:
        """Say much that is right in its parts and makes no sense."""
        random = self.random
        lease = random.choice([*heartbeat.leases, self.leases, 7])
        self.babbled += 1
        for number in range(JOBS_AT_ONCE if self.babbled % FLOODS_EVERY == 1 else 1):
            self._say(connection, Job(f"ill {random.random()} {number}", "Ill", self._recipe))
        what: FromCoordinator = random.choice(
            [
                Trim(lease, random.randrange(3)),
                Skip(lease, (0, 1, 99)),
                Revoke(lease),
                Wanted("ill", ((0, 0, "0" * 32),), ()),
                Welcome("another", 0, "another", random.choice([0.0, 1e9]), random.choice([0, 1 << 50]), 1),
            ]
        )
        self._say(connection, what)

    def _say(self, connection: Connection, message: Message) -> None:
        self.world.network.send(connection, connection.worker, message)
