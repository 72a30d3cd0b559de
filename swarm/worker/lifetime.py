"""The life of a worker: it waits for a key, finds coordinators, and serves them until it is told to leave.

A machine that is rented leaves by itself before it is taken away, and does not wait for work.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from math import inf

from swarm.config import ENV_BIND, WorkConfig
from swarm.errors import EXIT_DONE, EXIT_INTERRUPTED, SwarmError
from swarm.lease.envelope import NotLeasing
from swarm.lease.message import CPU, GPU, MAX_HARDWARE, EngineOffer, Hello
from swarm.lease.worker.rest import Slumber
from swarm.net.addresses import (
    OwnPlace,
    Places,
    fixed_address,
    hardware_addresses,
    known_places,
    known_standbys,
    remember_place,
    remember_standbys,
)
from swarm.net.discovery import Browser, Candidate
from swarm.net.identity.identity import Identity
from swarm.net.identity.keys import OPEN_WARNING, OWN_KEY, load_key, no_key, obtain_seed, security
from swarm.net.identity.swarm_key import OPEN, SwarmKey
from swarm.net.worker_connections import FixedSockets
from swarm.standby.copier import stand_by
from swarm.standby.successor import Successor
from swarm.system.event_loop import draining
from swarm.system.machine import Clock, Say
from swarm.system.text import duration_text
from swarm.watch.service import Service
from swarm.watch.trace.recorder import NO_TRACE, Trace
from swarm.watch.words import leaving_text
from swarm.worker.devices import Gpu, abouts_of, engine_offers, greeting, uuids_of
from swarm.worker.engine_processes import Engines, Needs
from swarm.worker.enrolment import WorkerEnrolment
from swarm.worker.files.file_cache import FileCache
from swarm.worker.limit_watch import GpuReadings, LimitWatch
from swarm.worker.node import WorkNode
from swarm.worker.surroundings import Senses

LAST_S = 60.0  # nothing new is begun so shortly before the end, so that the sentences under way are finished
LAST_SHARE = 0.1  # a short lifetime has this share of its time in place of LAST_S


class Lifetime:
    """How long a worker stays: `for_s` seconds in all, and `idle_s` seconds without work; None: without end."""

    def __init__(self, for_s: float | None, idle_s: float | None, now: float) -> None:
        self._for_s = for_s
        self._idle_s = idle_s
        self.began_s = self._worked_s = now

    @property
    def is_endless(self) -> bool:
        """Whether this worker stays until it is stopped."""
        return self._for_s is None and self._idle_s is None

    def over(self, *, working: bool, now: float) -> str:
        """Take in whether the worker is working; return why it should leave, "" if it should stay."""
        if working:
            self._worked_s = now
        if self._for_s is not None and now - self.began_s >= self._for_s - min(LAST_S, LAST_SHARE * self._for_s):
            return f"its {duration_text(self._for_s)} (--for) are nearly over"
        if self._idle_s is not None and now - self._worked_s >= self._idle_s:
            return f"there was no work for {duration_text(self._idle_s)} (--exit-when-idle)"
        return ""


KEY_INTERVAL_S = 2.0  # a key is looked for so often if there is none
LOOK_INTERVAL_S = 10.0  # coordinators, engines and models are looked for so often
ANSWER_S = 5.0  # the user is told after so long without an answer
LIFETIME_INTERVAL_S = 0.5  # a rented machine is asked so often whether it has to leave
RETRY_S = 600.0  # an engine that did not open is tried again so late, since the network may be back
FORGET_S = 120.0  # a coordinator out of reach for so long is forgotten
MAX_UNPROVEN = 16  # sockets for announced coordinators that have not proven themselves; each takes threads and files
TRIAL_S = 10.0  # an unproven coordinator may have to give up its socket after so long: a machine has many addresses
PASS_S = 0.2  # announcements are looked at no more often, however fast they change
MAX_WARNINGS = 8  # warnings about coordinators of other swarms
HINT_S = 60.0  # the user is told how to name a coordinator if none is found for so long
HINT = (
    "no coordinator was found yet. If one runs, its network may drop multicast or have no IPv4: name it with "
    "--coordinator HOST:PORT, as it said when it began to wait for workers. Looking on"
)


async def work(config: WorkConfig, gpus: Sequence[Gpu], say: Say, service: Service, trace: Trace = NO_TRACE) -> int:
    """Serve coordinators; return the exit code. Raises SwarmError, also with --exit-when-done if there is no key."""
    lifetime = Lifetime(config.for_s, config.idle_s, time.monotonic())
    if config.exit_when_done or not lifetime.is_endless:
        security(config.state_dir, open=config.open)  # a worker with an end must not wait for a key for ever
    kinds = {CPU: any(device.startswith(CPU) for device in config.devices), GPU: not all(g.is_nvidia for g in gpus)}
    senses = Senses(
        [kind for kind, here in kinds.items() if here],
        sees_use=config.may_wake or bool(config.limits and config.limits.idle_only),
    )
    limit_watch = LimitWatch(config.devices, GpuReadings(gpus), config.limits, senses, obeys=config.obeys)
    limit_watch.start()
    await asyncio.to_thread(limit_watch.check)
    async with service.ready():
        return await _serve(config, gpus, say, limit_watch, lifetime, trace)


async def _serve(
    config: WorkConfig, gpus: Sequence[Gpu], say: Say, limit_watch: LimitWatch, lifetime: Lifetime, trace: Trace
) -> int:
    waiting = asyncio.create_task(_key(config, say))
    try:
        with draining(waiting.cancel):
            key = await waiting
    except asyncio.CancelledError:
        return EXIT_INTERRUPTED
    card = bytes(obtain_seed(config.state_dir / OWN_KEY).verify_key)
    hello = greeting(config.state_dir, config.devices, gpus, config.name, config.engines, config.tag, card)
    learn = partial(remember_place, config.state_dir)
    enrolment = _enrolment(config, key, hello.name, say) if key else None
    names, marks = (enrolment.names, enrolment.marks) if enrolment else (lambda: [OPEN], list[bytes])
    node = WorkNode(
        hello,
        _engines(config, gpus),
        FileCache(config.state_dir, config.assets_limit),
        enrolment or FixedSockets(None, card),
        Clock(),
        say,
        limit_watch,
        exit_when_done=config.exit_when_done,
        allow_sleep=config.allow_sleep,
        welcomed=lambda address: learn(names()[0], [address]),
        trace=trace,
        peer_bind=os.environ.get(ENV_BIND, ""),
        slumber=_slumber(config, say),
    )
    async with AsyncExitStack() as stack:
        finder = asyncio.create_task(_find(node, config, names, marks, say))
        finder.add_done_callback(lambda task: node.drain_node())  # the finder ends only by a fault
        copying = asyncio.create_task(_copy(node, config, enrolment, hello, say))
        removal = asyncio.create_task(_watch_removal(node, enrolment))
        watch = asyncio.create_task(_watch_offers(node, hello.engines, config.engines))
        for task in (finder, copying, removal, watch, asyncio.create_task(_watch_lifetime(node, lifetime, say))):
            stack.callback(task.cancel)
        with draining(lambda: _drain(node, say)):
            await node.serve_coordinators()
        if not lifetime.is_endless:
            say(node.total(time.monotonic() - lifetime.began_s))
        _raise_faults(finder, copying, removal)
    return EXIT_DONE


def _enrolment(config: WorkConfig, key: SwarmKey, name: str, say: Say) -> WorkerEnrolment:
    learn, standbys = partial(remember_place, config.state_dir), partial(remember_standbys, config.state_dir)
    place = OwnPlace(bind=os.environ.get(ENV_BIND, "")) if config.standby else None
    return WorkerEnrolment(Identity(config.state_dir, key), name, say, learn, standbys, place)


def _slumber(config: WorkConfig, say: Say) -> Slumber | None:
    own = tuple(hardware_addresses()[:MAX_HARDWARE]) if config.may_wake else ()
    if config.may_wake and not own:
        say("--may-wake: no network card of this machine tells its hardware address, so nobody can wake it")
    return Slumber(own, config.sleep_after_s) if own else None


def _engines(config: WorkConfig, gpus: Sequence[Gpu]) -> Engines:
    needs = Needs(config.state_dir, abouts_of(gpus))
    return Engines(config.devices, config.state_dir / "log", uuids_of(gpus), needs, stand_back=config.stands_back)


async def _watch_removal(node: WorkNode, enrolment: WorkerEnrolment | None) -> None:
    """Leave if the owner removed this machine. Raises EnvironmentFault then."""
    if enrolment:
        try:
            await enrolment.wait_for_removal()
        finally:
            node.drain_node()


async def _copy(node: WorkNode, config: WorkConfig, enrolment: WorkerEnrolment | None, hello: Hello, say: Say) -> None:
    """Keep a copy of each book if this machine is a standby; leave if that ends, which it does only by a fault."""
    if not config.standby:
        return
    keys, from_ = enrolment.keyring if enrolment else None, node.connections.addresses
    try:
        successor = _successor(node, config, enrolment, hello, say)
        async with asyncio.TaskGroup() as group:
            group.create_task(stand_by(config.state_dir, keys, hello.name, from_, say, successor))
            if successor:
                group.create_task(successor.succeed())
    except* SwarmError as faults:
        raise faults.exceptions[0] from None
    finally:
        node.drain_node()


def _successor(
    node: WorkNode, config: WorkConfig, enrolment: WorkerEnrolment | None, hello: Hello, say: Say
) -> Successor | None:
    """Return what takes over by itself, if this machine is to. Raises StoreError."""
    if config.silence_s is None or enrolment is None:
        return None
    return Successor(
        hello.worker,
        hello.name,
        config.silence_s,
        enrolment,
        say,
        bound=os.environ.get(ENV_BIND, ""),
        left=node.connections.left,
        state_dir=config.state_dir,
        output_dir=config.output_dir,
    )


def _raise_faults(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        if task.done() and not task.cancelled():
            task.result()


async def _watch_offers(node: WorkNode, offered: tuple[EngineOffer, ...], only: Sequence[str] = ()) -> None:
    """Announce engines and models that came or went, and at times announce again those that did not open."""
    tried_s = time.monotonic()
    while True:
        await asyncio.sleep(LOOK_INTERVAL_S)
        offers = await asyncio.to_thread(engine_offers, only)
        again = node.unable and time.monotonic() - tried_s > RETRY_S
        if offers != offered or again:
            offered, tried_s = offers, time.monotonic()
            node.announce(offers)


async def _watch_lifetime(node: WorkNode, lifetime: Lifetime, say: Say) -> None:
    """Leave when the machine's time is over, or when there was no work for long."""
    if lifetime.is_endless:
        return
    while not (why := lifetime.over(working=_is_working(node), now=time.monotonic())):
        await asyncio.sleep(LIFETIME_INTERVAL_S)
    say(f"leaving: {why}")
    node.drain_node(NotLeasing.LIFETIME)


def _is_working(node: WorkNode) -> bool:
    """Tell whether something is spoken, sent or fetched."""
    fetching = (item.state not in ("here", "held up") for item in node.core.fetched.downloads.items.values())
    return not node.core.drained or any(fetching)


def _drain(node: WorkNode, say: Say) -> None:
    say(leaving_text(is_idle=node.core.drained))
    node.drain_node()


async def _key(config: WorkConfig, say: Say) -> SwarmKey | None:
    """Wait for a key and return it; return None with --open."""
    if config.open:
        say(OPEN_WARNING)
        return None
    if load_key(config.state_dir) is None:
        say(f"{no_key()} Waiting for a key.")
    while (key := load_key(config.state_dir)) is None:
        await asyncio.sleep(KEY_INTERVAL_S)
    return key


async def _find(
    node: WorkNode, config: WorkConfig, names: Callable[[], list[str]], marks: Callable[[], list[bytes]], say: Say
) -> None:
    """Add coordinators to the node: the one that was named, else the last ones served and all that mDNS finds."""
    named = fixed_address(config.coordinator)
    if named:
        say(f"trying {named}")
        node.serve_coordinator(named, [named])
        await asyncio.sleep(ANSWER_S)
        if not node.connections.answered:
            say(f"nothing answers at {named} yet; trying on")
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            if not node.connections.connected:
                _serve_known(node, known_standbys(config.state_dir, names()))

    def places() -> Places:
        known = known_places(config.state_dir, names())
        return known if node.connections.connected else [*known, *known_standbys(config.state_dir, names())]

    _serve_known(node, places())
    browser = Browser(names()[0], os.environ.get(ENV_BIND, ""), say, MAX_UNPROVEN, names(), marks())
    await browser.start()
    try:
        say("looking for coordinators of this swarm")
        invited = (key := load_key(config.state_dir)) is not None and key.is_invite
        await _browse(node, browser, names, places, say, marks, invited=invited)
    finally:
        await browser.stop_browsing()


async def _browse(
    node: WorkNode,
    browser: Browser,
    names: Callable[[], list[str]],
    places: Callable[[], Places],
    say: Say,
    marks: Callable[[], list[bytes]] = list,
    *,
    invited: bool = False,
) -> None:
    warned: set[str] = set()
    hint_s = time.monotonic() + HINT_S
    while True:
        browser.changed.clear()
        browser.know(names(), marks())
        _follow(node, browser, places())
        if node.connections.answered or browser.candidates():
            hint_s = inf
        elif time.monotonic() > hint_s:
            hint_s = inf
            say(HINT)
        for stranger in browser.strangers():
            if stranger.name not in warned and not node.connections.connected and len(warned) < MAX_WARNINGS:
                warned.add(stranger.name)
                say(_stranger_line(stranger, names()[0], invited=invited))
        await asyncio.sleep(PASS_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_INTERVAL_S):
                await browser.changed.wait()


def _serve_known(node: WorkNode, places: Places) -> None:
    """Serve the coordinators whose addresses are known, unless one of these is in use."""
    reached = set(node.connections.addresses())
    for place in places:
        if reached.isdisjoint(place):
            node.serve_coordinator(place[0], place)


def _follow(node: WorkNode, browser: Browser, places: Places) -> None:
    """Serve what is found and what is known.

    What proved nothing gives its socket back with its announcement, or to others that wait.
    """
    kept = {place[0] for place in places}
    for candidate in browser.candidates():
        if node.has_proven(candidate.name):
            browser.prove(candidate.name)
    for name, tried_s in node.connections.unproven(node.clock.now()).items():
        if name not in kept and tried_s > TRIAL_S and browser.set_aside(name):
            node.forget_coordinator(name)
    found = {candidate.name: candidate for candidate in browser.candidates()}
    for name in {*node.abandoned(FORGET_S), *node.connections.unproven(node.clock.now())} - found.keys() - kept:
        node.forget_coordinator(name)
    for candidate in found.values():
        node.serve_coordinator(candidate.name, candidate.addresses)
    _serve_known(node, places)


def _stranger_line(stranger: Candidate, swarm: str, *, invited: bool = False) -> str:
    """Return a line about a coordinator that this worker cannot serve, with the reason and the remedy."""
    at = stranger.addresses[0]
    if swarm == OPEN:
        return f"a coordinator at {at} is not open: leave --open out, and join its swarm with its code"
    if stranger.swarm == OPEN:
        return f"an open coordinator is at {at}: only `e2a-swarm work --open` speaks for it"
    if invited:
        return (
            f"the coordinator at {at} is of another swarm, or does not know this machine's invite as open: "
            "`e2a-swarm join` with it once more says whether it was used, ran out or was taken back"
        )
    return f"a coordinator of another swarm is at {at}: this machine's key does not fit it"
