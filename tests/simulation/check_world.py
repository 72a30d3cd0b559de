"""A book that honest workers and liars speak, with cross-checks and real cores on both sides; seeds decide the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from clips import speak
from heap import Heap
from making import make_hello, make_spec

from swarm.job.clip_info import SpokenClip
from swarm.job.record import AnyRecord, ClipAccepted, ClipDoubted, RunStarted
from swarm.job.state import JobState, apply
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.cross_checks import AGAIN_S, REST_S
from swarm.lease.core_settings import Settings
from swarm.lease.envelope import MAX_CLIP_BYTES, Message
from swarm.lease.outcome import Comparison, Load, Outcome, Speak, WorkerOutcome
from swarm.lease.worker.worker_core import WorkerCore

LINK, JOB = "c", "job"
KINDS = ("noise", "another voice", "silence", "another sentence")
MOST_CLIPS = 200  # of one that lies in each, from its first lie until it rests
OFTEN, FEWER_CLIPS = 0.05, 120  # with such a share, so many
HONEST_DIFFER = 0.002  # a share of comparisons of honest sounds; of those that were measured, none was
PATIENCE_S = 4000.0
COMPARE_S = 0.3


class Wrong(Exception):
    """A promise that a world broke."""


@dataclass(eq=False)
class Lie:
    """What a liar or a broken machine does: from a clip on, to a share of its clips."""

    kind: str
    first: int
    share: float


@dataclass(eq=False)
class Machine:
    """One worker: its core, its engines, and its lie if it has one."""

    world: CheckWorld
    number: int
    owner: bytes
    chars_s: float
    slots: int
    lie: Lie | None = None
    run: int = 0
    is_alive: bool = False
    core: WorkerCore = field(init=False)
    frames: dict[tuple[str, int, int, str], bytes] = field(default_factory=dict)
    spoken: int = 0
    lives: dict[int, int] = field(default_factory=dict)  # engine of a slot -> how often it was ended

    @property
    def name(self) -> str:
        return f"m{self.number}"

    @property
    def peer(self) -> bytes:
        return f"{self.name}/{self.run}".encode()

    def after(self, delay_s: float, act: Any, *args: Any) -> None:
        """Have something happen in this process, if it still runs then."""
        run = self.run
        self.world.heap.after(delay_s, lambda: act(*args) if self.is_alive and self.run == run else None)

    def start(self) -> None:
        self.run, self.is_alive, self.spoken, self.frames = self.run + 1, True, 0, {}
        self.core = WorkerCore(make_hello(self.name, self.slots, nonce=str(self.run), key=self.owner))
        self.connect()
        self.after(self.world.random.random(), self.beat)

    def connect(self) -> None:
        self.carry_out(self.core.connect(LINK, self.world.heap.now))

    def beat(self) -> None:
        self.after(1.0, self.beat)
        self.carry_out(self.core.beat(self.world.heap.now))

    def carry_out(self, out: WorkerOutcome) -> None:
        for clip, frame in out.kept:
            self.frames[clip.job, clip.chapter, clip.index, clip.key] = frame
        for command in out.commands:
            if isinstance(command, Load):
                self.after(0.2, self._opened, command)
            elif isinstance(command, Speak):
                work_s = sum(len(text) for text, *_ in command.batch) / self.chars_s
                self.after(work_s, self._spoken, command, work_s)
        for _, message in out.messages:
            self.world.to_coordinator(self, message)
        for _, clip in out.clips:
            self.world.to_coordinator(self, clip, self.frames[clip.job, clip.chapter, clip.index, clip.key])
        for _, part in out.parts:
            whole = self.frames[part.clip.job, part.clip.chapter, part.clip.index, part.clip.key]
            self.world.to_coordinator(self, part.message, whole[part.offset : part.offset + part.length])

    def _opened(self, command: Load) -> None:
        self.carry_out(self.core.opened(command.slot, command.turn, self.world.heap.now))

    def _spoken(self, command: Speak, work_s: float) -> None:
        clips: list[SpokenClip | None] = [self._clip(text, seed, work_s) for text, seed, *_ in command.batch]
        self.carry_out(self.core.spoken(command.slot, command.turn, clips, self.world.heap.now))

    def _clip(self, text: str, seed: int, work_s: float) -> SpokenClip:
        true, lie, random = speak(text, seed, 1, work_s), self.lie, self.world.random
        self.spoken += 1
        if lie is None or self.spoken <= lie.first or random.random() > lie.share:
            return true
        match lie.kind:
            case "noise":
                body = random.randbytes(16)
            case "another voice":
                body = (seed ^ 1).to_bytes(8, "big")
            case "silence":
                body = bytes(8)
            case _:
                body = b"another "
        return SpokenClip(true.frame[:44] + self.world.mark(self) + body, true.info)


class CheckWorld:
    """A coordinator, its book, and workers of which a few lie. What happens follows from the seed."""

    def __init__(self, seed: int, share: float = 0.01, liars: int | None = None, troubled: bool = True) -> None:
        self.seed, self.heap, self.random = seed, Heap(), Random(f"checks {seed}")
        random = self.random
        self.share, self.is_troubled = share, troubled and random.random() < 0.5
        texts = [
            [f"{c}.{i} ".ljust(random.randint(20, 250), "x") for i in range(random.randint(300, 600))] for c in "ab"
        ]
        self.spec = make_spec(*texts, job=JOB)
        self.records: list[AnyRecord] = []
        self.disk: dict[str, bytes] = {}
        number = random.randint(3, 6)
        lying = liars if liars is not None else random.choice([0, 1, 1, (number - 1) // 2])
        self.machines = [self._machine(each) for each in range(number)]
        honest = set(self.machines)
        for machine, kind in zip(random.sample(self.machines, lying), random.sample(KINDS, lying), strict=True):
            machine.lie = Lie(kind, random.choice([0, 0, random.randint(1, 250)]), random.choice([1.0, 1.0, 0.5]))
            machine.owner = b""  # the others never share its key
            honest.remove(machine)
        if len({machine.owner or machine.name for machine in honest}) == 1:  # two owners are needed to outvote a third
            next(iter(sorted(honest, key=lambda each: each.number))).owner = b""
        self.lies: dict[bytes, str] = {}  # mark of a false sound -> the process that made it
        self.since_lie: dict[tuple[int, str], int] = {}  # run and process -> clips accepted since its first lie
        self.most = 0  # such clips of a liar until it rested
        self.resting: dict[tuple[int, str], float] = {}
        self.began_s: list[float] = []  # each run of the coordinator
        self.runs, self.honest_differed, self.left = 0, 0, 0
        self.core = self._start_core()

    def _machine(self, number: int) -> Machine:
        owner = self.random.choice([bytes([number]) * 32, bytes([99]) * 32, b""])
        return Machine(self, number, owner, self.random.uniform(80, 300), self.random.choice([1, 1, 2]))

    def mark(self, machine: Machine) -> bytes:
        """Return a mark of a false sound; all that a machine makes of one kind have the same one, but noise."""
        mark = machine.peer.ljust(12)
        self.lies[mark] = machine.peer.decode()
        return mark

    # --- running it

    def run(self) -> None:
        """Have the book spoken. Raises Wrong."""
        begun_s = self.heap.now
        for machine in self.machines:
            self.heap.after(self.random.uniform(0, 2), machine.start)
        self.heap.after(0.5, self._tick)
        if self.is_troubled:
            self.heap.after(self.random.uniform(5, 60), self._befall)
        while not self.core.jobs[JOB].state.complete:
            self.heap.step()
            if self.heap.now - begun_s > PATIENCE_S:
                raise Wrong(f"seed {self.seed}: the book is never finished")
        self._judge_the_end()

    def _judge_the_end(self) -> None:
        state = self.core.jobs[JOB].state
        doubted = {(record.chapter, record.index) for record in self.records if isinstance(record, ClipDoubted)}
        for place, clip in state.accepted.items():
            if (liar := self._liar(self.disk[clip.key])) and place not in doubted:
                self.left += 1
                if self._has_to_be_gone(liar, clip.accepted_s):
                    raise Wrong(f"seed {self.seed}: a false sound of {liar} stays at {place}")

    def _has_to_be_gone(self, liar: str, accepted_s: float) -> bool:
        """Return whether a false sound had to be spoken again: one of a run in which its liar has to rest."""
        run_s = max(since_s for since_s in self.began_s if since_s <= accepted_s)
        rests = [(run, since_s) for (run, process), since_s in self.resting.items() if process == liar]
        return any(self.began_s[run - 1] == run_s and accepted_s >= since_s for run, since_s in rests)

    def _liar(self, frame: bytes) -> str:
        return self.lies.get(frame[44:56], "")

    def _befall(self) -> None:
        self.heap.after(self.random.uniform(10, 60), self._befall)
        machine = self.random.choice(self.machines)
        if self.random.random() < 0.2:
            self._restart()
        elif machine.is_alive:
            machine.is_alive = False
            self.heap.after(self.random.uniform(1, 20), machine.start)

    def _restart(self) -> None:
        self.core = self._start_core()
        for machine in self.machines:
            if machine.is_alive:
                machine.carry_out(machine.core.disconnect(LINK, self.heap.now))
                machine.after(self.random.uniform(0.1, 1.5), machine.connect)

    # --- the coordinator

    def _start_core(self) -> CoordinatorCore:
        self.runs += 1
        self.began_s.append(self.heap.now)
        state = JobState(self.spec)
        for record in self.records:
            apply(state, record)
        self._note(state, RunStarted(self.runs, self.heap.now))
        name = f"c{self.runs}"
        settings = Settings(
            coordinator=name,
            name=name,
            version="1",
            epoch=self.runs,
            clip_piece=MAX_CLIP_BYTES,
            cross_check=self.share,
            secret=name,
        )
        core = CoordinatorCore(settings, self.heap.now)
        core.add_job(state)
        return core

    def _note(self, state: JobState, record: AnyRecord) -> None:
        self.records.append(record)
        apply(state, record)

    def _tick(self) -> None:
        self.heap.after(0.5, self._tick)
        self._carry_out(self.core.tick(self.heap.now))

    def to_coordinator(self, machine: Machine, message: Message, frame: bytes = b"") -> None:
        self.heap.after(0.003, self._arrive, self.core, machine.peer, message, frame)

    def _arrive(self, core: CoordinatorCore, peer: bytes, message: Any, frame: bytes) -> None:
        if core is not self.core:
            return
        self._carry_out(core.receive(peer, message, self.heap.now, frame))
        if (coming := core.coming(peer)) and coming.file.is_whole:
            self._arrive(core, peer, coming.clip, bytes(coming.file.data))

    def _carry_out(self, out: Outcome) -> None:
        for entry in out.entries:
            self.records.append(entry.record)
            if isinstance(entry.record, ClipAccepted):
                if entry.frame:
                    self.disk[entry.record.key] = entry.frame
                self._count(entry.record)
        for _, _, key in out.reopened:
            self.disk.pop(key, None)
        for event in out.events:
            if event.code == "rests for its sound":
                reputations = self.core.checks.reputations.values()
                for reputation in [each for each in reputations if each.rests_until_s == self.heap.now + REST_S]:
                    self._rests(reputation.session)
        for comparison in out.comparisons:
            self.heap.after(COMPARE_S, self._compare, self.core, comparison)
        for send in out.sends:
            self.heap.after(0.003, self._deliver, send.peer, send.message)

    def _deliver(self, peer: bytes, message: Any) -> None:
        for machine in self.machines:
            if machine.is_alive and machine.peer == peer:
                machine.carry_out(machine.core.receive(LINK, message, self.heap.now))

    def _compare(self, core: CoordinatorCore, comparison: Comparison) -> None:
        place = comparison.chapter, comparison.index
        if core is not self.core or not (accepted := self.disk.get(comparison.key)):
            return
        earlier = (accepted, *comparison.others)
        alike = tuple(n for n, frame in enumerate(earlier) if self._alike(frame, comparison.frame))
        self._carry_out(core.compared(JOB, place, comparison.session, alike, self.heap.now))

    def _alike(self, one: bytes, other: bytes) -> bool:
        if one != other:
            return False
        differs = self.random.random() < HONEST_DIFFER
        self.honest_differed += differs
        return not differs

    # --- the judge

    def _count(self, record: ClipAccepted) -> None:
        """Count the clips of a liar from its first lie on."""
        liar = self._liar(self.disk.get(record.key, b""))
        process = next((m.peer.decode() for m in self.machines if m.name == record.worker), "")
        name = (self.runs, process)
        if liar == process or name in self.since_lie:
            self.since_lie[name] = self.since_lie.get(name, 0) + 1
            lie, clips = self._named(process).lie, self.since_lie[name]
            most = MOST_CLIPS if self.share < OFTEN else FEWER_CLIPS
            if lie and name not in self.resting and clips > most / lie.share:
                raise Wrong(f"seed {self.seed}: {process} lied, and {clips} clips later it does not rest")

    def _named(self, process: str) -> Machine:
        return next(each for each in self.machines if each.name == process.partition("/")[0])

    def _rests(self, process: str) -> None:
        if self._named(process).lie is None:
            raise Wrong(f"seed {self.seed}: {process} is honest and has to rest")
        name = (self.runs, process)
        self.resting[name] = self.heap.now - AGAIN_S
        self.most = max(self.most, self.since_lie.get(name, 0))
