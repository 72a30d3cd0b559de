"""Machines that lack the files of a model, a hub, and real cores on both sides; seeds decide what befalls them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from files import BLOCK, PIECE, WRITE_S, block_list
from heap import Heap
from making import make_core, make_hello

from swarm.job.job_asset import DIGEST_BYTES, piece_size
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.core_settings import WorkerSettings
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Fetch, MissingFileReport, ModelReport, ModelSource, Piece, Source, ToldFile
from swarm.lease.message import Heartbeat
from swarm.lease.outcome import Expect, Seek, Send, WorkerOutcome
from swarm.lease.worker.file_source import PEER, MissingFile
from swarm.lease.worker.worker_core import WorkerCore

LINK = "c"
LOOK_S = 0.1  # between two looks at what a machine lacks
HEAL_S = 150.0  # trouble ends after this time at the latest
PATIENCE_S = 700.0  # until all have all
LIES = ("pieces", "list", "word")
TROUBLES = ("leaves", "liars", "slow", "cuts", "restarts", "stuck")
RETURN_S = 3.0  # for all machines to be heard again after a restart
STUCK_S = 1000.0  # a download that gets no byte waits so long


class Wrong(Exception):
    """A promise that a world broke."""


@dataclass(frozen=True)
class ModelFile:
    """A file of the model; of an unknown one, no table has the digest."""

    handle: str
    content: bytes
    is_known: bool


@cache
def list_digest(content: bytes) -> str:
    return hashlib.sha256(block_list(content)).hexdigest()


def told(handle: str, content: bytes) -> ToldFile:
    return ToldFile(handle, list_digest(content), len(content))


@dataclass(eq=False)
class Machine:
    """One worker: its core, its disk, and what its exchange of models does."""

    world: ModelWorld
    number: int
    rate: float  # bytes a second that it passes on
    lie: str = ""
    run: int = 0
    is_alive: bool = False
    core: WorkerCore = field(init=False)
    files: dict[str, bytes] = field(default_factory=dict)  # handle -> a file in its place
    parts: dict[str, bytearray] = field(default_factory=dict)  # block list -> bytes
    came: dict[str, bytes] = field(default_factory=dict)
    expected: dict[str, dict[int, bytes]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    missing_file: MissingFile | None = None
    loading: list[ModelFile] = field(default_factory=list)  # left to the engine, which downloads one after the other
    began_s: float = 0.0
    started_s: float = 0.0
    is_stuck: bool = False
    spoilt: int = 0  # blocks and files that came and did not fit
    up_s: float = 0.0  # when its link is free
    waiting: dict[str, list[Fetch]] = field(default_factory=dict)  # questions at each peer
    asked: dict[str, str] = field(default_factory=dict)  # peer -> the process that answers there

    @property
    def name(self) -> str:
        return f"m{self.number}"

    @property
    def peer(self) -> bytes:
        return f"{self.name}/{self.run}".encode()

    @property
    def peer_address(self) -> str:
        return f"10.0.0.{self.number + 1}:5000"

    def after(self, delay_s: float, act: Any, *args: Any) -> None:
        """Have something happen in this process, if it still runs then."""
        run = self.run
        self.world.heap.after(delay_s, lambda: act(*args) if self.is_alive and self.run == run else None)

    def start(self) -> None:
        self.run, self.is_alive, self.missing_file, self.loading = self.run + 1, True, None, []
        self.started_s = self.world.heap.now
        self.expected, self.asked, self.came, self.waiting = {}, {}, {}, {}
        self.core = WorkerCore(make_hello(self.name, nonce=str(self.run)), WorkerSettings(piece=PIECE))
        self.connect()
        self.after(self.world.random.uniform(0, LOOK_S), self.look)
        self.after(1.0, self.beat)

    def connect(self) -> None:
        self.core.peer_addresses = {LINK: self.peer_address}
        self.carry_out(self.core.connect(LINK, self.world.heap.now))

    def end(self) -> None:
        self.is_alive = False
        self.world.ended(self)

    def beat(self) -> None:
        self.after(1.0, self.beat)
        self.carry_out(self.core.beat(self.world.heap.now))

    # --- what it lacks

    def look(self) -> None:
        self.after(LOOK_S, self.look)
        now, lacking = self.world.heap.now, [file for file in self.world.files if file.handle not in self.files]
        if lacking and not self.loading:
            if self.missing_file is None or self.missing_file.handle != lacking[0].handle:
                self.missing_file = MissingFile(LINK, lacking[0].handle, self.world.most, now)
            self._bring(self.missing_file, lacking, now)
        self.report()

    def _bring(self, missing_file: MissingFile, lacking: list[ModelFile], now: float) -> None:
        """Do as `ModelExchange` does with the first file that is missing."""
        if missing_file.gives_up(now):
            self.loading, missing_file.downloads = lacking, True
            self._download()
            return
        item = self.core.fetched.downloads.items.get(missing_file.told.digest) if missing_file.told else None
        if missing_file.told is None or item is None:
            return
        if item.state != "here":
            missing_file.came(item.have, now)
            return
        data = self.came.pop(missing_file.told.digest)
        if lacking[0].is_known and data != lacking[0].content:
            missing_file.refuse()
            self._spoilt()
        else:
            self.files[missing_file.handle] = data

    def _spoilt(self) -> None:
        self.spoilt += 1
        if self.spoilt > 3 * len(self.world.machines) * len(self.world.files) * (1 + self.world.restarts):
            raise Wrong(f"seed {self.world.seed}: {self.name} was sent what does not fit {self.spoilt} times")

    def _download(self) -> None:
        now, file = self.world.heap.now, self.loading[0]
        self.world.begins(self, file)
        self.missing_file = MissingFile(LINK, file.handle, self.world.most, now, downloads=True)
        self.began_s, self.is_stuck = now, "stuck" in self.world.troubles and not self.world.downloads[1:]
        delay_s = STUCK_S if self.is_stuck else len(file.content) / self.world.hub_rate
        self.after(delay_s, self._downloaded, file)

    def _downloaded(self, file: ModelFile) -> None:
        self.world.ended(self)
        self.files[file.handle] = file.content[::-1] if self.lie == "word" and file.is_known else file.content
        self.loading = self.loading[1:]
        self.report()
        if self.loading:
            self._download()

    def report(self) -> None:
        """Say in the next heartbeat, which is due if that is news, what is here and what is missing."""
        missing_file, now = self.missing_file, self.world.heap.now
        have = int((now - self.began_s) * self.world.hub_rate) if self.loading and not self.is_stuck else 0
        sought = [missing_file] if missing_file and missing_file.handle not in self.files else []
        missing = [each.report_progress(have, offline=False) for each in sought]
        missing += [MissingFileReport(file.handle, downloads=True) for file in self.loading[1:]]
        here = tuple(told(handle, content) for handle, content in self.files.items())
        if self.core.models != (models := {LINK: ModelReport(tuple(missing), here)}):
            self.core.models = models
            self.carry_out(self.core.beat(now))

    # --- the core's outcomes

    def carry_out(self, out: WorkerOutcome) -> None:
        for command in out.commands:
            if isinstance(command, Seek):
                self.sizes[command.digest] = command.size
                self.after(WRITE_S, self._sought, command.digest)
            elif isinstance(command, Expect):
                blocks = range(0, len(command.digests), DIGEST_BYTES)
                known = self.expected.setdefault(command.digest, {})
                known |= {command.first + at // DIGEST_BYTES: command.digests[at : at + DIGEST_BYTES] for at in blocks}
        for name, message in out.messages:
            if name.startswith(PEER):
                assert isinstance(message, Fetch)
                self.world.heap.after(self.world.far_s[self.number], self.world.knock, self, self.run, name, message)
            else:
                self.world.to_coordinator(self, message)
        for digest, offset, data in out.pieces:
            self.after(WRITE_S, self._written, digest, offset, data)
        for _, fetch in out.serves:
            self._serve(fetch)

    def _serve(self, fetch: Fetch) -> None:
        whole = next(block_list(content) for _, content in self.files.items() if digest_is(content, fetch.digest))
        whole = whole[::-1] if self.lie == "list" else whole
        frame = whole[fetch.offset : fetch.offset + PIECE]
        self.world.to_coordinator(self, Piece(fetch.digest, fetch.offset, len(whole), "blocks"), frame)

    def _sought(self, digest: str) -> None:
        self.expected.pop(digest, None)
        part = self.parts.setdefault(digest, bytearray())
        del part[len(part) // BLOCK * BLOCK :]
        self.carry_out(self.core.kept(digest, len(part), self.world.heap.now))

    def _written(self, digest: str, offset: int, data: bytes) -> None:
        part, size, now = self.parts.get(digest), self.sizes[digest], self.world.heap.now
        if part is None or offset != len(part):
            return
        part += data
        start = (len(part) - 1) // BLOCK * BLOCK
        if len(part) in (start + BLOCK, size):
            known = self.expected.get(digest, {}).get(start // BLOCK)
            if known is None:
                raise Wrong(f"{self.name} fetched a block whose digest nobody told")
            if known != hashlib.sha256(part[start:]).digest():
                del part[start:]
                self._spoilt()
                self.carry_out(self.core.kept(digest, start, now, "a block does not fit", unfit=True))
                return
        if len(part) < size:
            self.carry_out(self.core.kept(digest, len(part), now))
            return
        data = bytes(self.parts.pop(digest))
        if not digest_is(data, digest):
            raise Wrong(f"the blocks of {self.name} all fit, and the whole does not")
        self.came[digest] = data
        self.carry_out(self.core.kept(digest, size, now))

    # --- its peer file server

    def size_passed_on(self, digest: str) -> int:
        item = self.core.fetched.downloads.passed_on(digest)
        return item.size if item else 0

    def answer(self, fetch: Fetch) -> tuple[Piece, bytes] | None:
        """Return what its server says to a question; None while the piece is not here yet."""
        data = next((content for content in self.files.values() if digest_is(content, fetch.digest)), None)
        data = data or self.came.get(fetch.digest)
        size = len(data) if data else self.size_passed_on(fetch.digest)
        if data is None:
            part = bytes(self.parts.get(fetch.digest, b""))
            data = part[: len(part) // BLOCK * BLOCK]
        frame = data[fetch.offset : fetch.offset + piece_size(size, fetch.offset, PIECE)]
        if size and len(frame) < piece_size(size, fetch.offset, PIECE):
            return None
        frame = frame[::-1] if self.lie == "pieces" else frame
        return Piece(fetch.digest, fetch.offset, size), frame


def digest_is(content: bytes, digest: str) -> bool:
    return list_digest(content) == digest


class ModelWorld:
    """A coordinator, a hub, and machines that all lack the same files. What happens follows from the seed."""

    def __init__(
        self,
        seed: int,
        machines: int = 0,
        troubles: tuple[str, ...] | None = None,
        blocks: int = 0,
        lies: tuple[str, ...] = LIES,
    ) -> None:
        self.seed, self.heap, self.random = seed, Heap(), Random(f"models {seed}")
        random = self.random
        some = tuple(trouble for trouble in TROUBLES if random.random() < 0.35)
        self.troubles = some if troubles is None else troubles
        sizes = [blocks * BLOCK] if blocks else [random.randint(1, 40 * BLOCK) for _ in range(random.randint(1, 3))]
        contents = [random.randbytes(size) for size in sizes]
        self.files = [
            ModelFile(hashlib.sha256(content + b"handle").hexdigest(), content, random.random() < 0.7)
            for content in contents
        ]
        self.most = max(sizes)
        self.hub_rate, link = random.choice([500.0, 4000.0]), random.choice([2000.0, 20000.0])
        number = machines or random.randint(2, 7)
        self.machines = [Machine(self, each, self._rate(link)) for each in range(number)]
        for machine in random.sample(self.machines, number // 2 if "liars" in self.troubles else 0):
            machine.lie = random.choice(lies)
        self.core: CoordinatorCore = make_core(piece=PIECE)
        self.cut: dict[frozenset[int], float] = {}
        self.far_s = [
            self._latency() for _ in self.machines
        ]  # on the way to each machine: what is sent keeps its order
        self.downloading: dict[Machine, ModelFile] = {}
        self.downloads: list[tuple[Machine, ModelFile]] = []
        self.accused: set[tuple[str, str]] = set()  # peers and digests
        self.false: set[str] = set()  # digests by which another file came
        self.healed = False
        self.restarts = 0
        self.restarted_s = 0.0
        self.is_excused = False

    def _rate(self, link: float) -> float:
        return link / self.random.choice([1, 1, 5]) if "slow" in self.troubles else link

    def _latency(self) -> float:
        return self.random.uniform(0.001, 0.3 if "slow" in self.troubles else 0.005)

    def run(self) -> float:
        """Let all machines have the files, whatever happens; return how long that took."""
        begun_s, late_s = self.heap.now, self.random.choice([0.5, 0.5, 30.0])
        for machine in self.machines:
            self.heap.after(self.random.uniform(0, late_s), machine.start)
        self.heap.after(0.5, self._tick)
        self.heap.after(self.random.uniform(1, 10), self._befall)
        while not all(self._has_all(machine) for machine in self.machines if not machine.lie and not machine.is_stuck):
            self.heap.step()
            self.healed = self.heap.now - begun_s > HEAL_S
            if self.heap.now - begun_s > PATIENCE_S:
                lacking = [each.name for each in self.machines if not each.lie and not self._has_all(each)]
                raise Wrong(f"seed {self.seed}, {self.troubles}: {lacking} never had the files")
        if {*self.troubles} <= {"slow", "restarts"} and not self.is_excused and len(self.downloads) > len(self.files):
            raise Wrong(f"seed {self.seed}, {self.troubles}: the hub was asked {len(self.downloads)} times")
        return self.heap.now - begun_s

    def _has_all(self, machine: Machine) -> bool:
        for file in self.files:
            if file.is_known and machine.files.get(file.handle, file.content) != file.content:
                raise Wrong(f"seed {self.seed}: {machine.name} has another file than the table knows")
        return machine.is_alive and all(file.handle in machine.files for file in self.files)

    def _befall(self) -> None:
        if self.healed:
            for machine in self.machines:
                if not machine.is_alive:
                    machine.start()
            return
        self.heap.after(self.random.uniform(1, 15), self._befall)
        possible = [trouble for trouble in self.troubles if trouble in ("leaves", "cuts", "restarts")]
        machine, other = self.random.sample(self.machines, 2)
        match self.random.choice([*possible, ""]):
            case "leaves":
                (machine.end if machine.is_alive else machine.start)()
            case "cuts":
                self.cut[frozenset({machine.number, other.number})] = self.heap.now + self.random.uniform(1, 40)
            case "restarts":
                self._restart()

    def _restart(self) -> None:
        self.restarts += 1
        self.restarted_s = self.heap.now
        self.core = make_core(piece=PIECE, now=self.heap.now)
        self.accused.clear()
        self.false.clear()
        for machine in self.machines:
            if machine.is_alive:
                machine.carry_out(machine.core.disconnect(LINK, self.heap.now))
                machine.after(self.random.uniform(0.1, 1.5), machine.connect)

    # --- the coordinator

    def _tick(self) -> None:
        self.heap.after(0.5, self._tick)
        self._carry_out(self.core.tick(self.heap.now))

    def to_coordinator(self, machine: Machine, message: Message, frame: bytes = b"") -> None:
        self.heap.after(self.far_s[machine.number], self._arrive, self.core, machine, machine.peer, message, frame)

    def _arrive(self, core: CoordinatorCore, machine: Machine, peer: bytes, message: Message, frame: bytes) -> None:
        if core is not self.core:
            return
        if isinstance(message, Heartbeat) and peer == machine.peer:
            peer_addresses = {
                (aside.peer_address, fetching.digest)
                for fetching in message.fetching
                for aside in fetching.aside
                if aside.fault == "lying" and fetching.asking
            }
            self._carry_out(core.receive(peer, message, self.heap.now, frame))
            if self._knows(machine):
                self.accused |= peer_addresses
                self.false |= {digest for each in (message.models or ModelReport()).missing for digest in each.false}
        else:
            self._carry_out(core.receive(peer, message, self.heap.now, frame))  # type: ignore[arg-type]

    def _knows(self, machine: Machine) -> bool:
        return any(session.peer == machine.peer for session in self.core.sessions.values())

    def _carry_out(self, out: Any) -> None:
        for event in out.events:
            if event.code == "file not as it was" and not self._named(event.worker.lower()).lie:
                raise Wrong(f"seed {self.seed}, {self.troubles}: {event.worker} is called a liar by {event.note}")
        for send in out.sends:
            machine = self._named(send.peer.decode().partition("/")[0])
            is_liar = (
                isinstance(send.message, Source) and (send.message.peer_address, send.message.digest) in self.accused
            )
            # The list of liars ends when a machine leaves with the last copy.
            if is_liar and "leaves" not in self.troubles:
                raise Wrong(f"seed {self.seed}: {machine.name} is sent to a known liar")
            is_model = isinstance(send.message, ModelSource) and send.message.told is not None
            if is_model and send.message.told.digest in self.false and "leaves" not in self.troubles:
                raise Wrong(f"seed {self.seed}: {machine.name} is told of a file that was found to be another one")
            self.heap.after(self.far_s[machine.number], self._deliver, machine, send)

    def _deliver(self, machine: Machine, send: Send) -> None:
        if not machine.is_alive or machine.peer != send.peer:
            return
        message, now = send.message, self.heap.now
        if isinstance(message, ModelSource) and machine.missing_file and machine.missing_file.handle == message.handle:
            machine.missing_file.note_source(message, now)
            machine.report()
        machine.carry_out(machine.core.receive(LINK, message, now, send.frame))  # type: ignore[arg-type]

    def _named(self, name: str) -> Machine:
        return next(machine for machine in self.machines if machine.name == name)

    # --- the peers and the hub

    def knock(self, machine: Machine, run: int, name: str, fetch: Fetch) -> None:
        """Bring a question to a peer, which answers each machine's in their order."""
        if machine.is_alive and machine.run == run:
            machine.waiting.setdefault(name, []).append(fetch)
            if len(machine.waiting[name]) == 1:
                self._answer(machine, run, name)

    def _answer(self, machine: Machine, run: int, name: str) -> None:
        """Answer what waits at a peer as far as it has the pieces, over the link of the machine that answers."""
        if not machine.is_alive or machine.run != run:
            return
        other = next(each for each in self.machines if PEER + each.peer_address == name)
        waiting = machine.waiting[name]
        if self.cut.get(frozenset({machine.number, other.number}), 0.0) > self.heap.now:
            waiting.clear()
            return
        process = machine.asked.setdefault(name, str(other.run))
        if not other.is_alive or process != str(other.run):
            waiting.clear()
            machine.asked.pop(name, None)
            machine.carry_out(machine.core.disconnect(name, self.heap.now))
            return
        while waiting:
            answer = other.answer(waiting[0])
            if answer is None:
                size = other.size_passed_on(waiting[0].digest)
                self.heap.after(0.2, self._answer, machine, run, name)
                self._hand_over(machine, run, name, Piece(waiting[0].digest, waiting[0].offset, size), b"")
                return
            waiting.pop(0)
            other.up_s = max(other.up_s, self.heap.now) + len(answer[1]) / other.rate
            delay_s = other.up_s - self.heap.now + self.far_s[other.number]
            self.heap.after(delay_s, self._hand_over, machine, run, name, *answer)

    def _hand_over(self, machine: Machine, run: int, name: str, piece: Piece, frame: bytes) -> None:
        if machine.is_alive and machine.run == run:
            machine.carry_out(machine.core.receive(name, piece, self.heap.now, frame))

    def begins(self, machine: Machine, file: ModelFile) -> None:
        """Take in that an engine downloads a file: another one may do so only if something stands against it."""
        at_it = [each for each, other in self.downloading.items() if other is file and each.is_alive]
        if at_it and not {"restarts", "cuts", "liars", "stuck"} & {*self.troubles}:
            raise Wrong(f"seed {self.seed}, {self.troubles}: {machine.name} and {at_it[0].name} download one file")
        is_new = machine.started_s > self.restarted_s > self.heap.now - RETURN_S  # it may be heard before them
        self.is_excused |= is_new and any(other.is_alive for other in self.machines if other is not machine)
        self.downloading[machine] = file
        self.downloads.append((machine, file))

    def ended(self, machine: Machine) -> None:
        """Take in that a download is over."""
        self.downloading.pop(machine, None)
