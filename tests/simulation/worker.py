"""A simulated worker's process around the real core, as worker/node.py drives it; its engines are in engine.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator import UNKNOWN_DEADLINE_S
from engine import BROKEN, SimEngine
from faults import ONE_BY_ONE
from files import PIECE, FileDisk
from liar import Liar
from machine import Machine
from msgspec import structs
from network import Connection
from peer_servers import PeerServers, peer_address_of
from reels import SimReels
from story import Violation
from worker_invariants import NEWS

from swarm.job.clip_info import SpokenClip
from swarm.job.job_asset import JobAsset
from swarm.lease.core_settings import WorkerSettings
from swarm.lease.envelope import Hindrance, Message, NotLeasing
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import (
    PROTOCOL,
    Accepted,
    Clip,
    Device,
    EngineOffer,
    FromCoordinator,
    Hello,
    Job,
    Rejected,
    Wanted,
    Welcome,
)
from swarm.lease.outcome import (
    Abandon,
    CancelPrefetch,
    ClipPart,
    Command,
    DropReel,
    EncodeReel,
    Expect,
    Kill,
    Load,
    Prefetch,
    Seek,
    Speak,
    Unload,
    WorkerOutcome,
)
from swarm.lease.worker.file_source import PEER
from swarm.lease.worker.worker_core import WorkerCore

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from world import World

GAME = Hindrance(NotLeasing.IN_USE, device="cpu")
DRAIN_S = 120.0
STEP_BACK_S = 5.0  # shorter than a real one, so that a slot comes back within a run
BEATS_BETWEEN = 50  # fewer than real ones, so that messages without end cost less of a run
SMALL_DISK = 20_000  # bytes for clips
FAREWELL_S = 0.3

BATCHES = (1, 1, 1, 4, 16)  # texts that an engine speaks together
BATCH_CURVES = (0.4, 1.0)  # n texts take as long as one takes, times n to this power

Name = tuple[str, int, int, str]  # job, chapter, index, key


class SimWorker(Machine):
    """Keeps frames, runs commands, sends; beats as often as its core says."""

    def __init__(self, world: World, number: int, slots: int) -> None:
        super().__init__(world, number, f"worker-{number}")
        self.slots = slots
        self.devices: tuple[Device, ...] = (Device("cpu"),)  # devices of 0.1 do not tell their slots
        self.chars_s = 100.0
        self.batch = 1 if ONE_BY_ONE in world.faults else world.batch_random.choice(BATCHES)
        self.batch_curve = world.batch_random.choice(BATCH_CURVES)
        self.liar: Liar | None = None
        self.able = True  # whether its engine opens
        self.hosts = number % 2 == 0  # whether it has the engine of guests
        self.broke_s = self.broken_until_s = 0.0  # engines fail at every text in between
        self.times_broken = 0
        self.heals_afresh = False  # whether an engine that is started afresh does not
        self.disk = FileDisk(self)
        self.computed = 0  # latents
        self.settings = WorkerSettings(
            piece=PIECE,
            step_back_s=STEP_BACK_S,
            beats_between=BEATS_BETWEEN,
            max_held=SMALL_DISK if "small disk" in world.faults else WorkerSettings.max_held,
            unknown_deadline_s=UNKNOWN_DEADLINE_S,
        )
        self.core: WorkerCore
        self.engines: list[SimEngine] = []
        self.frames: dict[Name, bytes] = {}
        self.connections: dict[str, Connection] = {}
        self.outstanding: dict[str, dict[Name, int]] = {}  # bytes sent and not answered, by coordinator
        self.draining = False
        self.died_s: dict[str, dict[str, float]] = {}  # process -> coordinator -> in its waking hours

    @property
    def process(self) -> str:
        """The process as coordinators name its session."""
        return f"{self.name}/nonce-{self.run}"

    def give_kinds(self, names: tuple[str, ...]) -> None:
        """Give it a slot on each of these devices."""
        self.slots, self.devices = (
            len(names),
            tuple(Device(name, slots=names.count(name)) for name in dict.fromkeys(names)),
        )

    # --- its life

    def start(self) -> None:
        """Start a new process, which looks for coordinators."""
        super().start()
        offers = (EngineOffer("metronome", ("*",), batch=self.batch),)
        if self.hosts:
            offers += (EngineOffer("interpreter", ("fr",)),)
        hello = Hello(self.name, f"nonce-{self.run}", self.name, "1", offers, self.devices, self.slots, PROTOCOL)
        if self.world.reels.on:
            hello = structs.replace(hello, encoders=1 + self.number % 2)
        core = WorkerCore(hello, self.settings)
        self.core = self.world.trace(self.name).watch("worker", core, hello=hello, settings=core.settings)
        self.engines = [SimEngine(self, slot) for slot in range(self.slots)]
        self.frames, self.connections, self.outstanding = {}, {}, {}
        self.peers = PeerServers(self)
        self.reels = SimReels(self)
        self.draining = False
        self.world.log(self.name, "starts")
        for coordinator in self.world.coordinators:
            self.later(self.world.random.uniform(0.01, 0.3), self.dial, coordinator)
        if self.world.ill_coordinator and not self.liar:
            self.later(0.1, self.dial, self.world.ill_coordinator)
        self.later(self.core.beat_s, self._beat)

    def crash(self) -> None:
        """Kill the process, with everything it held."""
        self.world.log(self.name, "crashes")
        self._end()

    def _end(self) -> None:
        self.world.judge.repeats.died(self)
        self.died_s[self.process] = {c.name: c.awake_s() for c in self.world.coordinators}
        self.end()

    def restart(self) -> None:
        """Start the process again if it does not run."""
        if not self.alive:
            self.start()

    def drain(self) -> None:
        """Finish what is spoken, give back the rest, leave."""
        if self.draining:
            return
        self.draining = True
        self.world.log(self.name, "drains")
        self.carry_out(self.core.drain(self.clock()))
        self.later(0.05, self._drained, self.clock() + DRAIN_S)

    def _drained(self, until_s: float) -> None:
        if not self.core.drained and self.clock() < until_s:
            self.later(0.05, self._drained, until_s)
            return
        self.carry_out(self.core.leave())
        self.later(FAREWELL_S, self._left)

    def _left(self) -> None:
        self.world.log(self.name, "left")
        self._end()
        if self.world.healed:  # somebody has to be there
            self.world.heap.after(1.0, self.restart)

    def rest(self, slots: list[bool]) -> None:
        """Have these slots rest by the operator's wish, and the others work."""
        if self.awake:
            self.carry_out(self.core.limit([GAME if rests else None for rests in slots], self.clock()))

    def lose_device(self, slot: int) -> None:
        """Take away the device of a slot for a while."""
        if self.awake:
            self.carry_out(self.core.lose([slot], "fell off the bus", self.clock()))

    def _beat(self) -> None:
        self.later(self.core.beat_s, self._beat)
        self.carry_out(self.core.beat(self.clock()))
        if self.liar:
            self.liar.beat()

    # --- connections

    def dial(self, coordinator: SimCoordinator) -> None:
        """Connect to a coordinator, or try again soon."""
        if coordinator.name in self.connections:
            return
        connection = self.world.network.dial(self, coordinator)
        if connection is None:
            self.later(self.world.random.uniform(0.1, 1.0), self.dial, coordinator)
            return
        self.connections[coordinator.name] = connection
        self.core.peer_addresses = {name: peer_address_of(self) for name in self.connections}
        self.world.log(self.name, f"is {connection.peer.decode()} at {coordinator.name}")
        self.carry_out(self.core.connect(coordinator.name, self.clock()))

    def disconnected(self, connection: Connection) -> None:
        """Notice that a connection is gone."""
        connection.noticed = True
        coordinator = connection.coordinator
        if self.connections.get(coordinator.name) is not connection:
            return
        del self.connections[coordinator.name]
        self.outstanding.pop(coordinator.name, None)
        self.world.log(self.name, f"lost {coordinator.name}")
        self.carry_out(self.core.disconnect(coordinator.name, self.clock()))
        self.later(self.world.random.uniform(0.1, 1.0), self.dial, coordinator)

    def deliver(self, connection: Connection, message: FromCoordinator, frame: bytes) -> None:
        """Take a message that arrived."""
        name = connection.coordinator.name
        if self.connections.get(name) is not connection:
            return
        self.world.log(self.name, f"<- {name}", message)
        if isinstance(message, Welcome) and connection.coordinator in self.world.coordinators:
            self.world.judge.repeats.welcomed(self)
        connection.answers += isinstance(message, Fetch) and message.kind == "clip"
        for heard in self.liar.answers(message) if self.liar else [message]:
            self._give_back(name, heard)
            before = self.world.judge.workers.elsewhere(self, name)
            told = self.world.judge.workers.known(self, name) if isinstance(heard, NEWS) else None
            known = self.core.leaders.epochs.get(heard.job, 0) if isinstance(heard, Job) else 0
            out = self.core.receive(name, heard, self.clock(), frame)
            self.world.judge.workers.answers(self, name, heard, told, out)
            if isinstance(heard, Job):
                self.world.take_overs.heard(self, heard, known)
            elif before != self.world.judge.workers.elsewhere(self, name):
                raise Violation(f"{self.name} let {name} change a lease of another coordinator")
            self.carry_out(out)

    def _give_back(self, name: str, message: FromCoordinator) -> None:
        outstanding = self.outstanding.get(name, {})
        gone: list[tuple[int, int, str]] = []
        if isinstance(message, Accepted):
            gone = list(message.clips)
        elif isinstance(message, Rejected):
            gone = [(message.chapter, message.index, message.key)]
        elif isinstance(message, Wanted):
            gone = list(message.forget)
        for clip in gone:
            outstanding.pop((message.job, *clip), None)  # type: ignore[union-attr]

    # --- the core's outcomes

    def carry_out(self, out: WorkerOutcome) -> None:
        """Carry out an outcome in its order."""
        for clip, frame in out.kept:
            self.frames[name_of(clip)] = frame
        for clip in out.dropped:
            self.frames.pop(name_of(clip), None)
        for clip in [*out.dropped, *(clip for clip, _ in out.kept)]:
            for connection in self.connections.values():
                connection.sent.pop(name_of(clip), 0)
        for command in out.commands:
            self._order(command)
        for name, message in out.messages:
            if isinstance(message, Hello):
                self.outstanding.pop(name, None)
                if name in self.connections:
                    self.connections[name].sent.clear()
            if name.startswith(PEER):
                self.peers.ask(name, message)
            elif not self.send(name, message):
                self.outstanding.pop(name, None)
                if name in self.connections:
                    self.world.judge.repeats.unsteady(self)
                self.core.unsaid(name)
        for name, clip in out.clips:
            if self.core.serves(name):
                self._send_clip(name, clip)
        self._send_parts(out.parts)
        for digest, offset, data in out.pieces:
            self.disk.write(digest, offset, data)
        for name, fetch in out.serves:
            (self.reels if fetch.kind == "reel" else self.disk).serve(name, fetch)
        self.world.judge.workers.state(self)

    def _send_parts(self, parts: list[tuple[str, ClipPart]]) -> None:
        stuck: set[str] = set()
        for name, part in parts:
            if name in stuck or not self.core.serves(name) or not self._send_part(name, part):
                self.core.unsent_part(name, part)
                stuck.add(name)

    def _send_part(self, name: str, part: ClipPart) -> bool:
        frame = self.frames.get(name_of(part.clip), b"")
        message: Clip | Piece = part.message
        if isinstance(message, Clip):
            outstanding = self.outstanding.setdefault(name, {})
            outstanding[name_of(part.clip)] = len(frame)
            self.world.judge.workers.under_way(self, name, outstanding)
            if self.liar:
                message, frame = self.liar.clip(message, frame)
        elif self.liar:
            message = structs.replace(message, digest=self.liar.told.get(message.digest, message.digest))
        left = self.send(name, message, frame[part.offset : part.offset + part.length])
        if left:
            self.world.judge.workers.part(self, self.connections[name], part)
        return left

    def _send_clip(self, name: str, clip: Clip) -> None:
        frame = self.frames.get(name_of(clip), b"")
        outstanding = self.outstanding.setdefault(name, {})
        outstanding[name_of(clip)] = len(frame)
        self.world.judge.workers.under_way(self, name, outstanding)
        message = clip
        if self.liar:
            message, frame = self.liar.clip(clip, frame)
        if not self.send(name, message, frame):
            self.outstanding[name].pop(name_of(clip))
            self.core.unsent(name, clip)

    def send(self, name: str, message: Message, frame: bytes = b"") -> bool:
        """Hand a message to the network."""
        connection = self.connections.get(name)
        left = connection is not None and self.world.network.send(connection, connection.coordinator, message, frame)
        self.world.log(self.name, f"-> {name}" + ("" if left else " (lost)"), message)
        return left

    def _order(self, command: Command) -> None:
        match command:
            case Seek(digest=digest, size=size):
                self.disk.seek(digest, size)
            case Abandon():
                pass  # the disk of this world has no open files
            case Expect(digest=digest, first=first, digests=digests):
                self.disk.expect(digest, first, digests)
            case Kill(slot=slot) | Unload(slot=slot):
                self.engines[slot].kill()
            case Load(slot=slot, turn=turn, recipe=recipe, job_files=job_files):
                self.engines[slot].load(turn, recipe, job_files)
            case Speak(slot=slot, turn=turn, batch=batch):
                self.world.judge.workers.begins(self, slot)
                self.engines[slot].speak(turn, tuple(words[:2] for words in batch))
            case Prefetch(slot=slot, batch=batch):
                self.engines[slot].prefetch(tuple(words[:2] for words in batch))
            case CancelPrefetch(slot=slot):
                self.engines[slot].cancel_prefetch()
            case EncodeReel():
                self.reels.encode(command)
            case DropReel(digest=digest):
                self.reels.files.pop(digest, None)

    # --- the engines report

    def opened(self, slot: int, turn: int, latents: JobAsset | None) -> None:
        """Report that an engine is loaded."""
        self.carry_out(self.core.opened(slot, turn, self.clock(), latents))

    def unable(self, slot: int, turn: int, mislaid: bool) -> None:
        """Report that an engine does not open."""
        self.carry_out(self.core.unable(slot, turn, "no such engine here", self.clock(), mislaid=mislaid))

    def no_room(self, slot: int, turn: int) -> None:
        """Report that a model does not fit on the device of a slot."""
        self.carry_out(self.core.step_back(slot, turn, NotLeasing.MEMORY, "no room", self.clock()))

    def spoken(self, slot: int, turn: int, clips: list[SpokenClip | None]) -> None:
        """Report segments that were spoken together."""
        out = self.core.spoken(slot, turn, clips, self.clock())
        self.world.judge.repeats.evicted(self, out.dropped)
        self.carry_out(out)

    def failed(self, slot: int, turn: int, kind: str) -> None:
        """Report that a segment could not be spoken."""
        note = kind if kind == BROKEN else "simulated"
        kind = "error" if kind == BROKEN else kind
        self.carry_out(self.core.failed(slot, turn, kind, note, self.clock()))

    def break_engines(self, for_s: float, *, heals_afresh: bool) -> None:
        """Have the engines fail at every text for so long."""
        if self.broken_until_s <= self.world.heap.now:
            self.broke_s, self.heals_afresh = self.world.heap.now, heals_afresh
            self.times_broken += 1
        self.broken_until_s = max(self.broken_until_s, self.world.heap.now + for_s)
        self.heals_afresh = self.heals_afresh and heals_afresh

    def is_broken(self, slot: int) -> bool:
        """Return whether the engine of a slot fails at every text now."""
        healed = self.heals_afresh and self.engines[slot].loaded_s > self.broke_s
        return self.world.heap.now < self.broken_until_s and not healed


def name_of(clip: Clip) -> Name:
    """Return the name that a clip's bytes are kept under."""
    return clip.job, clip.chapter, clip.index, clip.key
