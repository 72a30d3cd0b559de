"""A house of standbys that take over by themselves: machines restart, sleep, die, lose one another, or all go dark.

The real rules of `swarm/standby/succession.py` decide; the world plays the machines, their disks, the links between
them and the book, which takes a while. What must hold: no two standbys of a list take over at once; nobody takes over
while one that agrees hears the coordinator; no two machines that live publish the book; and where most standbys are
left, one coordinates in the end or the book is out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from random import Random

from msgspec import structs

from swarm.lease.member_message import Silent, SuccessionCandidate, Voters
from swarm.standby.succession import BOUND_S, FORGET_S, VALID_S, Memory, Succession, VoterRegistry, majority
from swarm.standby.successor import told_from

SILENCE_S = 180.0
JOB = "moby"
STEP_S = 5.0  # of a world's clock
LONG_S = 4000  # within so long somebody coordinates
AWAY_S = (30, 100, 400)
TROUBLES = ("part", "part", "cut", "sleep", "reboot", "reboot", "dark", "die", "return", "no disk", "lost")


class Wrong(Exception):
    """What must never happen has happened."""


def candidates(number: int) -> list[SuccessionCandidate]:
    return [SuccessionCandidate(f"h{each}", f"machine {each}", f"10.0.0.{each}:1") for each in range(number)]


@dataclass
class Head:
    """A coordinator of the book, on the first machine or on a standby that took over."""

    host: str
    lineage: int
    registry: VoterRegistry
    left_s: float  # of the work
    from_s: float = 0.0  # others find it from then on
    ended: bool = False
    met_s: dict[str, float] = field(default_factory=dict)  # when each standby was met last


@dataclass
class Machine:
    """A standby: what is on its disk survives a restart."""

    candidate: SuccessionCandidate
    core: Succession
    memories: tuple[Memory, ...] = ()
    lineage: int = 0  # of its copy
    finished: bool = False  # as its copy says
    asleep_until_s: float = 0.0
    off_until_s: float | None = None
    gone: bool = False
    has_disk: bool = True  # for audiobooks
    fails: bool = False  # whether each of its take-overs ends at once by a fault
    head: Head | None = None


@dataclass
class StandbyWorld:
    """A coordinator and its standbys, on links that break and heal. `now` is everybody's clock."""

    seed: int
    number: int = 0
    work_s: float = 0.0
    now: float = 10_000.0
    elections: list[tuple[float, str, str]] = field(default_factory=list)  # when, by whom, of which run; they still run
    elected: int = 0
    published: dict[str, bool] = field(default_factory=dict)  # by whom, and whether it lost the others at that moment
    heard_s: dict[tuple[str, str], float] = field(default_factory=dict)  # (candidate, run) -> when it was heard
    told: tuple[str, set[str]] = ("", set())  # the run that was asked about last, and whose answers came

    def __post_init__(self) -> None:
        self.random = Random(f"standbys {self.seed}")
        self.fault_rate = 0.0 if self.number else 0.1
        self.number = self.number or self.random.choice([2, 3, 3, 3, 4, 5, 7])
        self.work_s = self.work_s or self.random.choice([300, 1500, 5000])
        self.machines = [Machine(each, Succession(each.id, SILENCE_S)) for each in candidates(self.number)]
        self.by_name = {each.candidate.id: each for each in self.machines}
        self.cut: dict[frozenset[str], float] = {}  # links, and until when they are cut
        self.first = Head("c", 1, VoterRegistry(Voters("run", 0), self.now), self.work_s)
        self.first_until_s: float | None = None  # when the first machine is back, if it is off
        self.first_gone = False
        self.lineages = 1
        for machine in self.machines if self.fault_rate else ():
            if self.random.random() < 0.2:
                self.switch_off(machine, self.random.choice([30, 400]))

    def run(self, seconds: float) -> None:
        end_s = self.now + seconds
        while self.now < end_s:
            self.now += STEP_S
            self._switch_on()
            for machine in self.machines:
                if self._is_up(machine.candidate.id):
                    self._meet_heads(machine)
                    self._look(machine)
            for head in self._heads():
                self._work(head)

    # --- what befalls machines

    def befall(self) -> None:
        """Let something happen to the coordinator, to a link or to a machine."""
        random, names = self.random, ["c", *self.by_name]
        self.cut.clear()
        match random.choice(TROUBLES):
            case "part":  # the machines fall into two groups, the coordinator is in either
                side = set(random.sample(names, random.randint(1, len(names) - 1)))
                until_s = self.now + random.choice(AWAY_S)
                for one, other in combinations(names, 2):
                    if (one in side) != (other in side):
                        self.cut[frozenset({one, other})] = until_s
            case "cut":
                self.cut[frozenset(random.sample(names, 2))] = self.now + random.choice(AWAY_S)
            case "sleep":
                random.choice(self.machines).asleep_until_s = self.now + random.choice(AWAY_S)
            case "reboot":
                self.switch_off(random.choice(self.machines), random.choice(AWAY_S))
            case "dark":
                self.darken()
            case "die":
                self.first_until_s = self.now + random.choice([5, 60, 300, 1000])
            case "return":
                self.first_until_s = self.now
            case "no disk":
                machine = random.choice(self.machines)
                machine.has_disk = not machine.has_disk
            case "lost" if sum(each.gone for each in self.machines) < self.number - majority(self.number):
                self.lose(random.choice(self.machines))

    def darken(self) -> None:
        """Cut the power of all; each is back after a while of its own."""
        self.first_until_s = self.now + self.random.choice([5, 60, 300])
        for machine in self.machines:
            self.switch_off(machine, self.random.choice([5, 60, 300]))

    def switch_off(self, machine: Machine, seconds: float) -> None:
        """Cut the power of one machine: what is not on its disk is gone."""
        machine.off_until_s = self.now + seconds
        self._end_command(machine)

    def _end_command(self, machine: Machine) -> None:
        """Note that the command with which a machine took over has ended, so that another one may follow."""
        machine.head = None
        self.elections = [each for each in self.elections if each[1] != machine.candidate.id]

    def lose(self, machine: Machine) -> None:
        """Lose a machine for good, with its disk and what it published."""
        self.switch_off(machine, 0)
        machine.gone = True
        self.published.pop(machine.candidate.id, None)

    def _switch_on(self) -> None:
        for machine in self.machines:
            if machine.off_until_s is not None and self.now >= machine.off_until_s and not machine.gone:
                machine.off_until_s = None
                machine.core = Succession(machine.candidate.id, SILENCE_S, machine.memories, self.now)
                if machine is self.machines[self.seed % self.number]:  # its router gives it another address
                    machine.candidate = structs.replace(machine.candidate, address=f"10.1.0.1:{self.now:.0f}")
        if self.first_until_s is not None and self.now >= self.first_until_s and not self.first_gone:
            self.first_until_s = None
            self.first.registry = VoterRegistry(self.first.registry.voters, self.now)

    def _is_up(self, name: str) -> bool:
        if name == "c":
            return self.first_until_s is None
        machine = self.by_name[name]
        return machine.off_until_s is None and not machine.gone and self.now >= machine.asleep_until_s

    def _are_linked(self, one: str, other: str) -> bool:
        return self.cut.get(frozenset({one, other}), 0.0) <= self.now

    # --- coordinators

    def _heads(self) -> list[Head]:
        heads = [self.first, *(machine.head for machine in self.machines if machine.head)]
        return [head for head in heads if self._is_up(head.host) and not head.ended and self.now >= head.from_s]

    def _meet_heads(self, machine: Machine) -> None:
        """Let a standby claim its place with each coordinator in its reach, or tell it that it leads no more."""
        name = machine.candidate.id
        for head in self._heads():
            if not self._are_linked(head.host, name):
                continue
            if machine.lineage > head.lineage:
                self._end(head, finished=False)
                continue
            run = head.registry.voters.run
            claim = machine.core.claim(machine.candidate, run if (name, run) in self.heard_s else "", self.now)
            machine.memories = machine.core.memories
            machine.lineage, head.met_s[name] = head.lineage, self.now
            machine.core.heard(head.registry.meet(claim, self.now), frozenset({JOB}), self.now)
            self.heard_s[name, run] = self.now

    def _end(self, head: Head, *, finished: bool) -> None:
        head.ended = True
        if machine := self.by_name.get(head.host):
            self._end_command(machine)
            if finished:
                machine.finished = True
                machine.core.done(JOB)
            else:
                machine.core.failed(JOB, self.now)
            machine.memories = machine.core.memories

    def _work(self, head: Head) -> None:
        head.left_s -= STEP_S
        if head.left_s > 0 or (head.registry.awaited(self.now) and head.left_s > -FORGET_S):
            return
        know = {head.host}
        for machine in self.machines:
            name = machine.candidate.id
            if self._is_up(name) and self._are_linked(head.host, name) and machine.lineage <= head.lineage:
                know.add(name)
                machine.lineage, machine.finished = head.lineage, True
                machine.core.left(head.registry.voters.run)
                machine.memories = machine.core.memories
        self._publish(head, know)
        self._end(head, finished=True)

    def _publish(self, head: Head, know: set[str]) -> None:
        if any(not raced for raced in self.published.values()):
            raise Wrong(f"seed {self.seed}: {head.host} publishes beside {list(self.published)}")
        # Those that it met a moment ago may be off by now: then nobody can tell another one.
        voters = head.registry.voters.ids
        least = len(voters) + 1 - majority(len(voters))
        met = {name for name, at_s in head.met_s.items() if self.now - at_s <= VALID_S}
        self.published[head.host] = len(know & set(voters)) < least <= len(met & set(voters))

    # --- standbys

    def _look(self, machine: Machine) -> None:
        machine.core.able = machine.has_disk
        questions = machine.core.questions(self.now)
        machine.memories = machine.core.memories
        for candidate, question in questions:
            self._ask(machine, candidate, question)
        if machine.core.elected(self.now):
            if not machine.has_disk:
                raise Wrong(f"seed {self.seed}: {machine.candidate.id} takes over and has no disk for the book")
            self._judge(machine.candidate.id, *self.told)
            self._take_over(machine)

    def _ask(self, machine: Machine, candidate: SuccessionCandidate, question: Silent) -> None:
        other, run = self.by_name[candidate.id], question.voters.run
        if not self._are_linked(machine.candidate.id, candidate.id) or not self._is_up(candidate.id):
            return
        if candidate.address != other.candidate.address:
            return
        opinion = other.core.answer(told_from(question, machine.candidate.address), self.now)
        other.memories = other.core.memories
        if self.random.random() < 0.9:
            self.told = run, {*self.told[1], candidate.id} if run == self.told[0] else {candidate.id}
            machine.core.take_answer(opinion, self.now)

    def _take_over(self, machine: Machine) -> None:
        self.lineages += 1
        candidates = machine.core.voters(JOB)
        if machine.finished:
            machine.core.done(JOB)
        elif machine.fails or self.random.random() < self.fault_rate:
            machine.core.failed(JOB, self.now)
            self._end_command(machine)
        else:
            registry = VoterRegistry(Voters(f"run of {self.lineages}", 1, candidates), self.now)
            from_s = self.now + self.random.choice([5, 20, 100, 400])
            machine.lineage = self.lineages
            left_s = self.work_s * self.random.choice([0.01, 0.5])
            machine.head = Head(machine.candidate.id, self.lineages, registry, left_s, from_s)

    def _judge(self, name: str, run: str, told: set[str]) -> None:
        for at_s, other, its_run in self.elections:
            if its_run == run and other != name and self.now - at_s < BOUND_S - VALID_S:
                raise Wrong(f"seed {self.seed}: {other} and {name} have both taken over within {self.now - at_s:.0f} s")
        for other in (name, *told):
            if VALID_S < self.now - self.heard_s.get((other, run), 0.0) < SILENCE_S - VALID_S:
                raise Wrong(f"seed {self.seed}: {name} takes over, and {other} had heard the coordinator")
        self.elections.append((self.now, name, run))
        self.elected += 1

    def settle(self) -> None:
        """Lose the first machine, and as many standbys as may be lost, in the dark; then one has to coordinate."""
        self.cut.clear()
        for machine in self.machines:
            machine.has_disk = machine.has_disk or self.random.random() < 0.5
            machine.asleep_until_s = 0.0
            machine.off_until_s = None if machine.off_until_s is None else self.now
        self.first_until_s = None if self.first_until_s is None else self.now
        able = [machine for machine in self.machines if not machine.gone and machine.has_disk]
        if not able:
            able = [next(machine for machine in self.machines if not machine.gone)]
            able[0].has_disk = True
        self.run(1300)  # all of them get onto the list
        if self.random.random() < 0.7:
            self.darken()
        self.first_gone, self.first_until_s = True, self.now
        spare = self.number - majority(self.number) - sum(machine.gone for machine in self.machines)
        lost = [machine for machine in self.machines if not machine.gone and machine is not able[0]]
        for machine in self.random.sample(lost, spare):
            self.lose(machine)
        began_s = self.now
        while not self._is_out and not self._heads():
            self.run(STEP_S)
            if self.now - began_s > LONG_S:
                raise Wrong(f"seed {self.seed}: nobody took over within {LONG_S} s")

    @property
    def _is_out(self) -> bool:
        """Whether the book was published, as far as anybody can know."""
        return bool(self.published) or any(machine.finished for machine in self.machines if not machine.gone)


def play(seed: int, number: int = 0, work_s: float = 0.0) -> StandbyWorld:
    """Play a world. Raises Wrong."""
    world = StandbyWorld(seed, number, work_s)
    world.run(60)
    for _ in range(world.random.randint(3, 12)):
        world.befall()
        world.run(world.random.choice([5, 60, 250, 700]))
    world.settle()
    return world
