"""The faults of a world: a random subset for each seed, so that no fault always hides another."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from worker import SimWorker
    from world import World

SOMETIMES = 0.2
LAST_S = 45.0  # no fault begins later

STANDING = (  # on from the start, off when faults stop
    "loss",
    "doubling",
    "reordering",
    "latency",
    "slow disk",
    "refusals",
    "liar",
    "hangs",
    "slow",
    "engine crashes",
    "texts that fail once",
)
WITH_FILES = ("files", "lying pieces", "a file vanishes")  # these are rarer and drawn apart
NO_ROOM = "models do not fit"  # at times, when they are loaded; drawn apart, too
OF_DEVICES = ("out of memory", "slots rest", "a device is lost")  # drawn apart, too
OF_ENGINES = ("engines break",)  # for every text, and again and again; drawn apart, too
ENGINES_FOR_EVER = ("an engine breaks for ever",)
ILL_WILL = "ill will"  # one more worker has it for ever; it is drawn apart
ILL_COORDINATOR = "a coordinator of ill will"  # for ever, beside the others, and drawn apart
SLOW_LINKS = "slow links"  # for ever, and drawn apart
ONE_BY_ONE = "one by one"  # no engine speaks batches; only in worlds that ask for it
WHOLE_CLIPS = "whole clips"  # over slow links, which stop for them; only in worlds that ask for it
LOST_DISK = "a disk is lost"  # with every journal and clip; only in worlds that ask for it
TAKE_OVERS = "take-overs"  # standbys take the first book over; only worlds that ask for it have this
CROSS_CHECKS = "cross-checks"  # half of the clips are compared; only in worlds that ask for it
REELS = "reels"  # workers encode what they spoke; only in worlds that ask for it
GUESTS = "guests"  # some texts are for an engine that half of the workers lack; only in worlds that ask for it
PAUSES = "pauses"  # a user pauses a job; it is drawn apart
FOR_EVER = ("texts that always fail", "no engine", "late joiners", "two coordinators", "recurring texts", "small disk")


class Faults:
    """The faults that a world has, and the times of those that happen at a moment."""

    def __init__(self, random: Random, also: tuple[str, ...] = ()) -> None:
        names = [*STANDING, *FOR_EVER, *MOMENTS]
        rare = {"loss", "doubling", "reordering"}
        self.on = {name for name in names if random.random() < (SOMETIMES / 2 if name in rare else SOMETIMES)}
        self.on |= set(also)
        self.began = set(self.on)  # the story tells all of the run

    def __contains__(self, name: str) -> bool:
        return name in self.on

    @property
    def raw(self) -> bool:
        """Whether connections do what TCP never does."""
        return "loss" in self.on or "doubling" in self.on or "reordering" in self.on

    def schedule(self, world: World) -> None:
        """Schedule the faults that happen at a moment."""
        if any(world.contents):
            self.on |= {name for name in WITH_FILES if world.files_random.random() < SOMETIMES}
            world.heap.after(world.files_random.uniform(0.5, LAST_S), world.befall, "a file vanishes", file_vanishes)
        self._schedule_devices(world)
        self.on |= {NO_ROOM} if world.room_random.random() < SOMETIMES else set()
        self._schedule_engines(world)
        self._schedule_pauses(world)
        world.heap.after(world.losses_random.uniform(0.5, LAST_S), world.befall, LOST_DISK, disk_lost)
        if TAKE_OVERS in self.on:
            world.take_overs.schedule()
        self.began |= self.on
        for name, act in MOMENTS.items():
            if name in self.on:
                for _ in range(world.random.randint(1, 3)):
                    world.heap.after(world.random.uniform(0.5, LAST_S), world.befall, name, act)

    def _schedule_devices(self, world: World) -> None:
        random = world.devices_random
        self.on |= {name for name in OF_DEVICES if random.random() < SOMETIMES / 2}
        for name, act in (("slots rest", slots_rest), ("a device is lost", device_lost)):
            for _ in range(random.randint(1, 3)):
                world.heap.after(random.uniform(0.5, LAST_S), world.befall, name, act)

    def _schedule_engines(self, world: World) -> None:
        random = world.engines_random
        self.on |= {name for name in OF_ENGINES + ENGINES_FOR_EVER if random.random() < SOMETIMES / 2}
        for _ in range(random.randint(1, 3)):
            world.heap.after(random.uniform(0.5, LAST_S), world.befall, "engines break", engines_break)
        if len(world.workers) > 1:
            world.heap.after(random.uniform(0.5, LAST_S), world.befall, "an engine breaks for ever", breaks_for_ever)

    def _schedule_pauses(self, world: World) -> None:
        random = world.pauses_random
        self.on |= {PAUSES} if random.random() < SOMETIMES / 2 else set()
        for _ in range(random.randint(1, 3)):
            world.heap.after(random.uniform(0.5, LAST_S), world.befall, PAUSES, job_pauses)

    def stop(self) -> None:
        """Let no more avoidable faults happen."""
        self.on -= (
            set(STANDING)
            | set(MOMENTS)
            | set(WITH_FILES)
            | {NO_ROOM, LOST_DISK, TAKE_OVERS}
            | set(OF_DEVICES)
            | set(OF_ENGINES)
        )


def _coordinator(world: World) -> SimCoordinator:
    return world.random.choice(world.coordinators)


def _worker(world: World) -> SimWorker:
    return world.random.choice(world.workers)


def coordinator_crashes(world: World) -> None:
    """Kill a coordinator or cut its power, and start it again after a while."""
    coordinator = _coordinator(world)
    if coordinator.alive:
        coordinator.crash()
        world.heap.after(world.random.choice([0.5, 5.0, 20.0]), coordinator.restart)


def coordinator_stops(world: World) -> None:
    """Stop a coordinator with Ctrl-C; the same command goes on later."""
    coordinator = _coordinator(world)
    if coordinator.awake:
        coordinator.drain()


def coordinator_sleeps(world: World) -> None:
    """Close the lid of a coordinating laptop for a while."""
    coordinator = _coordinator(world)
    coordinator.fall_asleep(world.random.random() < 0.5)
    world.heap.after(world.random.choice([2.0, 8.0, 60.0]), coordinator.wake)


def clip_rots(world: World) -> None:
    """Damage an accepted clip."""
    _coordinator(world).lose_a_clip()


def job_pauses(world: World) -> None:
    """Pause the book of a coordinator for a while; some are also taken out of the queue and put back."""
    random = world.pauses_random
    random.choice(world.coordinators).pause(random.choice([0.3, 3.0, 20.0]), removed=random.random() < 0.3)


def worker_crashes(world: World) -> None:
    """Kill a worker; most come back as a new process."""
    worker = _worker(world)
    if worker.alive:
        worker.crash()
        if world.random.random() < 0.7:
            world.heap.after(world.random.choice([0.5, 10.0]), worker.restart)


def worker_sleeps(world: World) -> None:
    """Close the lid of a working laptop for a while."""
    worker = _worker(world)
    worker.fall_asleep(world.random.random() < 0.5)
    world.heap.after(world.random.choice([2.0, 8.0, 60.0]), worker.wake)


def worker_leaves(world: World) -> None:
    """Stop a worker with Ctrl-C; it finishes its segment and says good-bye."""
    worker = _worker(world)
    if worker.awake:
        worker.drain()


def connection_breaks(world: World) -> None:
    """Break one connection; both sides live."""
    connections = world.network.between()
    if connections:
        world.trouble(world.random.choice(connections))


def file_vanishes(world: World) -> None:
    """Delete a file of a worker's folder."""
    world.vanished = True
    world.files_random.choice(world.workers).disk.lose()


def slots_rest(world: World) -> None:
    """Let some slots of a worker rest for a while, as for a game or the end of the night."""
    random = world.devices_random
    worker = random.choice(world.workers)
    worker.rest([random.random() < 0.7 for _ in range(worker.slots)])
    worker.later(random.choice([0.5, 4.0, 20.0]), worker.rest, [False] * worker.slots)


def device_lost(world: World) -> None:
    """Let a GPU fall off the bus."""
    worker = world.devices_random.choice(world.workers)
    worker.lose_device(world.devices_random.randrange(worker.slots))


def engines_break(world: World) -> None:
    """Break the engines of some workers for a while: they fail at every text, some until they are started afresh."""
    random = world.engines_random
    for worker in world.workers:
        if random.random() < 0.7:
            worker.break_engines(random.choice([1.0, 5.0, 30.0]), heals_afresh=random.random() < 0.3)


def breaks_for_ever(world: World) -> None:
    """Break the engines of one worker for good; the first worker's stay sound."""
    worker = world.engines_random.choice(world.workers[1:])
    if any(other.able for other in world.workers if other is not worker and not other.liar):
        worker.break_engines(inf, heals_afresh=False)


def network_parts(world: World) -> None:
    """Cut one worker and one coordinator off each other for a while."""
    worker, coordinator = _worker(world), _coordinator(world)
    world.network.part(worker, coordinator)
    world.heap.after(world.random.choice([1.0, 7.0, 30.0]), world.network.heal, worker, coordinator)


def disk_lost(world: World) -> None:
    """Break the disk of a coordinator; the same command begins anew on an empty one."""
    coordinator = world.losses_random.choice(world.coordinators)
    if coordinator.alive and not coordinator.ended:
        coordinator.lose_disk()
        world.heap.after(world.losses_random.choice([0.5, 5.0, 20.0]), coordinator.restart)


MOMENTS: dict[str, Callable[[World], None]] = {
    "coordinator crashes": coordinator_crashes,
    "coordinator stops": coordinator_stops,
    "coordinator sleeps": coordinator_sleeps,
    "a clip rots": clip_rots,
    "worker crashes": worker_crashes,
    "worker sleeps": worker_sleeps,
    "worker leaves": worker_leaves,
    "a connection breaks": connection_breaks,
    "the network parts": network_parts,
}
