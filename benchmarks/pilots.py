"""Simulates pilots: 64 workers that come and go at random, and a thousand that stay for a sentence.

    python benchmarks/pilots.py
    python benchmarks/pilots.py --characters 60000 --short 100

The coordinator's core is the real one, with a clock of its own; a pilot is as simple as a worker can be: one slot that
speaks its lease line by line, and a heartbeat a second. Half of the pilots leave as after SIGTERM, with their sentence
spoken; the others vanish. Efficiency is what was spoken and counts, of what those who were there could have spoken,
from the first pilot's coming to the last sentence.
"""

import argparse
import math
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import chain
from random import Random
from typing import NamedTuple

from making import speeds
from process import head, row

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.spec import BookFacts, JobSpec, Recipe, clip_key
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.core_settings import Settings
from swarm.lease.message import (
    PROTOCOL,
    Bye,
    Clip,
    Device,
    EngineOffer,
    Grant,
    Heartbeat,
    Hello,
    Line,
    Revoke,
    Skip,
    Trim,
)
from swarm.lease.outcome import Outcome

RECIPE = Recipe("metronome", "tick", "en")
CHARS_S = 20.0  # a slot of speed 1 is about a Kokoro on a core
SENTENCE = "Sentence number {:06} is of a quite usual length, as books have them."
CHAPTERS = 12
HALF_LIFE_S, AWAY_S = 120.0, 60.0
TICK_S = 0.5


def make_core(characters: int, books: int = 1) -> CoordinatorCore:
    """Return a coordinator with jobs of so many characters each."""
    core = CoordinatorCore(Settings(coordinator="c", name="laptop", version="1", epoch=1), 0.0)
    count = max(CHAPTERS, characters // len(SENTENCE.format(0)))
    size = math.ceil(count / CHAPTERS)
    for book in range(books):
        segments = [Segment(SENTENCE.format(book * count + number), Pause.SENTENCE) for number in range(count)]
        chapters = tuple(Chapter(f"{at}", tuple(segments[at : at + size])) for at in range(0, count, size))
        spec = JobSpec(f"job-{book}", "book.epub", BookFacts("Book", ("Author",), "en"), RECIPE, chapters, 0.0)
        core.add_job(JobState(spec))
    return core


class Errand(NamedTuple):
    """A line that is being spoken, and of which lease, job and chapter it is."""

    lease: int
    job: str
    chapter: int
    line: Line


@dataclass
class Pilot:
    """One worker with one slot."""

    peer: bytes
    chars_s: float
    came_s: float
    leases: dict[int, list[Errand]] = field(default_factory=dict)  # these are still to be spoken
    speaking: Errand | None = None
    is_leaving: bool = False

    def hear(self, message: object) -> None:
        """Do what a coordinator says."""
        match message:
            case Grant():
                about = message.lease, message.job, message.chapter
                self.leases[message.lease] = [Errand(*about, line) for line in message.lines]
            case Trim() if message.lease in self.leases:
                self._keep(message.lease, lambda index: index < message.end)
            case Skip() if message.lease in self.leases:
                self._keep(message.lease, lambda index: index not in message.indices)
            case Revoke():
                self.leases.pop(message.lease, None)

    def _keep(self, lease: int, wanted: Callable[[int], bool]) -> None:
        self.leases[lease] = [errand for errand in self.leases[lease] if wanted(errand.line.index)]

    def state(self) -> Heartbeat:
        """Return the heartbeat, which asks for a lease before the last line is spoken."""
        left = sum(map(len, self.leases.values()))
        hungry = left <= 1 and not self.is_leaving
        return Heartbeat((), (0,) if hungry else (), tuple(self.leases))


class World:
    """The core, the pilots, and the events to come."""

    def __init__(self, core: CoordinatorCore, random: Random) -> None:
        self.core, self.random, self.now = core, random, 1.0
        self.pilots: dict[bytes, Pilot] = {}
        self.records = self.spoken = self.count = self.calls = 0
        self.cost_s = 0.0  # the core's time on a processor
        self.there = 0.0  # characters that those who were there could have spoken
        self.finished_s: float | None = None
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self.later(TICK_S, self._tick)

    def later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Do something in a while."""
        self._number += 1
        heappush(self._events, (self.now + delay_s, self._number, act))

    def run(self) -> None:
        """Let time pass until a book is spoken."""
        while self.finished_s is None:
            self._step()
        for pilot in self.pilots.values():
            self._count_stay(pilot)

    def pass_time(self, until_s: float) -> None:
        """Let time pass until a moment."""
        while self._events[0][0] < until_s:
            self._step()

    def _step(self) -> None:
        self.now, _, act = heappop(self._events)
        act()

    def _tick(self) -> None:
        self._deliver(self._call(self.core.tick))
        self.later(TICK_S, self._tick)

    def come(self, chars_s: float) -> Pilot:
        """Let a pilot come in."""
        self.count += 1
        peer = b"pilot-%d" % self.count
        pilot = self.pilots[peer] = Pilot(peer, chars_s, self.now)
        name = peer.decode()
        engines = (EngineOffer("metronome", ("*",)),)
        hello = Hello(name, name, name, "1", engines=engines, devices=(Device("cpu"),), slots=1, protocol=PROTOCOL)
        self._deliver(self._call(self.core.receive, peer, hello))
        self._beat(pilot)
        return pilot

    def go(self, pilot: Pilot, *, in_peace: bool) -> None:
        """Let a pilot leave, or vanish."""
        if in_peace:
            pilot.is_leaving = True
            pilot.leases = {}
            if pilot.speaking is None:
                self._leave(pilot)
        else:
            self._vanish(pilot)

    def _leave(self, pilot: Pilot) -> None:
        self._vanish(pilot)
        self._deliver(self._call(self.core.receive, pilot.peer, Bye()))

    def _vanish(self, pilot: Pilot) -> None:
        self._count_stay(self.pilots.pop(pilot.peer))

    def _count_stay(self, pilot: Pilot) -> None:
        self.there += pilot.chars_s * (self.now - pilot.came_s)

    def _beat(self, pilot: Pilot) -> None:
        if self.pilots.get(pilot.peer) is pilot:
            self._ask(pilot)
            self.later(1.0, lambda: self._beat(pilot))

    def _ask(self, pilot: Pilot) -> None:
        self._deliver(self._call(self.core.receive, pilot.peer, pilot.state()))

    def _call(self, method: Callable[..., Outcome], *words: object) -> Outcome:
        """Call the core as the shell does, which then asks when to call it again; count what that costs."""
        began_s = time.process_time()
        out = method(*words, self.now)
        self.core.next_deadline()
        self.cost_s += time.process_time() - began_s
        self.calls += 1
        return out

    def _deliver(self, out: Outcome) -> None:
        self.records += len(out.entries)
        for each in out.sends:
            if pilot := self.pilots.get(each.peer):
                pilot.hear(each.message)
        for pilot in [self.pilots[each.peer] for each in out.sends if each.peer in self.pilots]:
            self._begin(pilot)

    def _begin(self, pilot: Pilot) -> None:
        """Speak the next line, if the slot is free."""
        if pilot.speaking or pilot.is_leaving:
            return
        for errand in chain.from_iterable(pilot.leases.values()):
            pilot.speaking = errand
            work_s = len(errand.line.text) / pilot.chars_s
            self.later(work_s, partial(self._spoken, pilot, work_s))
            return

    def _spoken(self, pilot: Pilot, work_s: float) -> None:
        if self.pilots.get(pilot.peer) is not pilot or pilot.speaking is None:
            return
        spoken, pilot.speaking = pilot.speaking, None
        left = [errand for errand in pilot.leases.pop(spoken.lease, []) if errand.line.index != spoken.line.index]
        pilot.leases = ({spoken.lease: left} if left else {}) | pilot.leases
        self.send(pilot, spoken, work_s)
        if pilot.is_leaving:
            self._leave(pilot)
        else:
            if pilot.state().offers:
                self._ask(pilot)
            self._begin(pilot)

    def send(self, pilot: Pilot, errand: Errand, work_s: float) -> None:
        """Send the clip of a line that was spoken."""
        lease, job, chapter, line = errand
        facts = {"samples": 24000, "sample_rate": 24000, "digest": "0" * 64, "work_s": work_s}
        key = clip_key(line.text, RECIPE, line.take)
        clip = Clip(job=job, chapter=chapter, index=line.index, take=line.take, key=key, lease=lease, **facts)
        state = self.core.jobs[job].state
        before = len(state.accepted)
        self._deliver(self._call(self.core.receive, pilot.peer, clip))
        self.spoken += len(line.text) * (len(state.accepted) - before)
        if state.complete:
            self.finished_s = self.now


def come_and_go(pilots: int, characters: int, seed: int) -> tuple[float, float, int]:
    """Let pilots come and go; return efficiency in percent, the seconds of the book, and how many pilots came."""
    random = Random(seed)
    world = World(make_core(characters), random)

    def stay(chars_s: float) -> None:
        pilot = world.come(chars_s)
        world.later(random.expovariate(math.log(2) / HALF_LIFE_S), lambda: go(pilot))

    def go(pilot: Pilot) -> None:
        world.go(pilot, in_peace=random.random() < 0.5)
        world.later(random.expovariate(1 / AWAY_S), lambda: stay(pilot.chars_s))

    for speed in speeds(pilots):
        world.later(random.random(), lambda chars_s=CHARS_S * speed: stay(chars_s))  # type: ignore[misc]
    world.run()
    assert world.finished_s is not None
    return 100 * world.spoken / world.there, world.finished_s, world.count


def short_lived(workers: int) -> tuple[float, float, float, int]:
    """Let workers come one after the other, each for a sentence; return bytes, records a worker, and sessions left.

    Bytes are of those that spoke, and of those that came and went without a sentence.
    """
    world = World(make_core(workers * 3 * len(SENTENCE)), Random(1))

    def visit(*, speak: bool) -> None:
        pilot = world.come(1000.0)
        errand = next(chain.from_iterable(pilot.leases.values()))
        pilot.speaking, pilot.is_leaving = None, True
        if speak:
            world.send(pilot, errand, 0.05)
        world.go(pilot, in_peace=True)
        world._events.clear()  # the pilot would have done these later
        world.now += 1.0

    def growth(*, speak: bool) -> tuple[float, float]:
        for _ in range(workers // 2):  # all that is bounded is full then
            visit(speak=speak)
        size, records = tracemalloc.get_traced_memory()[0], world.records
        for _ in range(workers):
            visit(speak=speak)
        return (tracemalloc.get_traced_memory()[0] - size) / workers, (world.records - records) / workers

    tracemalloc.start()
    idle_bytes, idle_records = growth(speak=False)
    spoke_bytes, spoke_records = growth(speak=True)
    tracemalloc.stop()
    assert idle_records == 0
    return idle_bytes, spoke_bytes, spoke_records, len(world.core.sessions)


def main() -> None:
    """Simulate and print two tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pilots", type=int, nargs="*", default=[16, 64])
    parser.add_argument("--characters", type=int, default=600_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--short", type=int, default=1000, help="workers that stay for a sentence")
    arguments = parser.parse_args()
    head("pilots", "seed", "efficiency", "the book took", "pilots that came")
    for pilots in arguments.pilots:
        for seed in range(arguments.seeds):
            efficiency, took_s, came = come_and_go(pilots, arguments.characters, seed)
            row(pilots, seed, f"{efficiency:.1f} %", f"{took_s:.0f} s", came)
    print()
    head("short-lived workers", "bytes each, no sentence", "bytes each, one", "records each, one", "sessions left")
    idle_bytes, spoke_bytes, records, left = short_lived(arguments.short)
    row(arguments.short, f"{idle_bytes:.0f}", f"{spoke_bytes:.0f}", f"{records:.1f}", left)


if __name__ == "__main__":
    main()
