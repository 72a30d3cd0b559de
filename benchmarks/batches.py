"""Measures batches against the best schedule: the real cores of a coordinator and its workers, in simulated time.

The engines cost what a metronome with `E2A_METRONOME_BATCH=16,0.4` costs: n sentences take as long as one of their mean
length, times n to the power 0.4. The best schedule speaks all sentences in full batches, with no slot ever idle. Real
processes would need a core for each few workers, so nothing here waits: messages take a millisecond of simulated time.

python benchmarks/batches.py
"""

from __future__ import annotations

import argparse
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.clip_info import ClipInfo, SpokenClip
from swarm.job.spec import BookFacts, JobSpec, Recipe
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.core_settings import Settings
from swarm.lease.message import PROTOCOL, Device, EngineOffer, Hello
from swarm.lease.outcome import CancelPrefetch, Load, Outcome, Prefetch, Speak, Words, WorkerOutcome
from swarm.lease.worker.worker_core import WorkerCore

CHARACTERS, CHAPTERS = 600_000, 12
COST_S = 0.01  # a character that is spoken alone takes this
LATENCY_S = 0.001
LOAD_S = 0.1
RATE = 24_000
RECIPE = Recipe("metronome", "tick", "en")


class Time:
    """Simulated time: what is due is done in its order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something in so many seconds."""
        heapq.heappush(self._due, (self.now + max(0.0, seconds), next(self._numbers), act))

    def step(self) -> None:
        """Do what is due next."""
        self.now, _, act = heapq.heappop(self._due)
        act()


def make_book(seed: int, characters: int = CHARACTERS, chapters: int = CHAPTERS) -> JobSpec:
    """Return a job with sentences of 20 to 220 characters."""
    random = Random(seed)
    made = []
    for chapter in range(chapters):
        texts, left = [], characters // chapters
        while left > 0:
            length = random.randint(20, 220)
            texts.append(Segment(f"{chapter}.{len(texts)} ".ljust(length, "x"), Pause.SENTENCE))
            left -= length
        made.append(Chapter(str(chapter), tuple(texts)))
    book = BookFacts("Book", ("Author",), "en")
    return JobSpec("job", "book.epub", book, RECIPE, tuple(made), 0.0, sample_rate=RATE)


@dataclass
class Member:
    """A worker with one slot, and its engine, which speaks one batch after the other."""

    swarm: Swarm
    name: str
    batch: int
    speed: float
    core: WorkerCore = field(init=False)
    free_s: float = 0.0  # when the engine is through with all that it was given
    ahead: tuple[tuple[Words, ...], float, float] | None = None  # the prefetched batch, its end and its work

    def __post_init__(self) -> None:
        offers = (EngineOffer("metronome", ("*",), batch=self.batch),)
        self.core = WorkerCore(Hello(self.name, "n", self.name, "1", offers, (Device("cpu"),), 1, PROTOCOL))

    def begin(self) -> None:
        """Greet the coordinator, and beat from now on."""
        self.carry_out(self.core.connect("c", self.swarm.time.now))
        self.beat()

    def beat(self) -> None:
        """Send a heartbeat, and the next in a second."""
        self.carry_out(self.core.beat(self.swarm.time.now))
        self.swarm.time.after(self.core.beat_s, self.beat)

    def carry_out(self, out: WorkerOutcome) -> None:
        """Run the engine and send messages."""
        for command in out.commands:
            self._order(command)
        for _, message in out.messages:
            self.swarm.to_coordinator(self.name, message)
        for _, clip in out.clips:
            self.swarm.to_coordinator(self.name, clip, b"x" * 100)

    def _order(self, command: object) -> None:
        now = self.swarm.time.now
        if isinstance(command, Load):
            turn = command.turn
            self.swarm.time.after(LOAD_S, lambda: self.carry_out(self.core.opened(0, turn, self.swarm.time.now)))
        elif isinstance(command, Prefetch):
            self.ahead = self._begin(command.batch)
        elif isinstance(command, CancelPrefetch) and self.ahead:
            self.free_s = min(self.free_s, max(now, self.ahead[1] - self.ahead[2]))
            self.ahead = None
        elif isinstance(command, Speak):
            taken, self.ahead = self.ahead, None
            _, done_s, work_s = taken if taken and taken[0] == command.batch else self._begin(command.batch)
            self.swarm.time.after(done_s - now, lambda: self._spoken(command, work_s))

    def _begin(self, batch: tuple[Words, ...]) -> tuple[tuple[Words, ...], float, float]:
        work_s = cost_s([len(words[0]) for words in batch], self.swarm.curve) / self.speed
        self.free_s = max(self.swarm.time.now, self.free_s) + work_s
        return batch, self.free_s, work_s

    def _spoken(self, command: Speak, work_s: float) -> None:
        characters = sum(len(words[0]) for words in command.batch)
        clips: list[SpokenClip | None] = []
        for words in command.batch:
            share_s = work_s * len(words[0]) / characters
            info = ClipInfo(samples=len(words[0]) * 1500, sample_rate=RATE, digest="0" * 64, work_s=share_s)
            clips.append(SpokenClip(b"x" * 100, info))
        self.swarm.sizes.append(len(clips))
        self.carry_out(self.core.spoken(0, command.turn, clips, self.swarm.time.now))


def cost_s(lengths: list[int], curve: float) -> float:
    """Return the seconds that sentences of these lengths take together."""
    return float(sum(lengths) * COST_S * len(lengths) ** (curve - 1))


class Swarm:
    """A coordinator with a book, and its workers."""

    def __init__(self, spec: JobSpec, workers: int, batch: int, curve: float, speeds: tuple[float, ...]) -> None:
        self.time, self.curve = Time(), curve
        self.sizes: list[int] = []
        settings = Settings(coordinator="c", epoch=1, name="c", version="1", grace_s=0.0)
        self.core = CoordinatorCore(settings, self.time.now)
        self.core.add_job(JobState(spec))
        self.members = {f"w{n}": Member(self, f"w{n}", batch, speeds[n % len(speeds)]) for n in range(workers)}
        self.woken_s = 0.0

    def run(self) -> float:
        """Speak the book; return the seconds from the first order to the last clip."""
        for number, member in enumerate(self.members.values()):
            self.time.after(0.01 * number, member.begin)
        began = self.time.now + LOAD_S
        while not all(served.state.complete for served in self.core.jobs.values()):
            self.time.step()
        return self.time.now - began

    def to_coordinator(self, name: str, message: object, frame: bytes = b"") -> None:
        """Deliver a message of a worker."""
        self.time.after(
            LATENCY_S,
            lambda: self._carry_out(self.core.receive(name.encode(), message, self.time.now, frame)),  # type: ignore[arg-type]
        )

    def _carry_out(self, outcome: Outcome) -> None:
        for send in outcome.sends:
            member = self.members[send.peer.decode()]
            self.time.after(LATENCY_S, lambda member=member, said=send.message: self._deliver(member, said))  # type: ignore[misc]
        due_s = self.core.next_deadline()
        if due_s < self.woken_s or self.woken_s <= self.time.now:
            self.woken_s = due_s
            self.time.after(due_s - self.time.now, self._wake)

    def _deliver(self, member: Member, message: object) -> None:
        member.carry_out(member.core.receive("c", message, self.time.now))  # type: ignore[arg-type]

    def _wake(self) -> None:
        if self.core.next_deadline() <= self.time.now:
            self._carry_out(self.core.tick(self.time.now))


def measure(workers: int, batch: int, curve: float, characters: int, speeds: tuple[float, ...] = (1.0,)) -> list[str]:
    """Return a row of the table: the share of the best schedule, and how large batches were."""
    spec = make_book(workers, characters)
    swarm = Swarm(spec, workers, batch, curve, speeds)
    took_s = swarm.run()
    total = sum(len(segment.spoken) for chapter in spec.chapters for segment in chapter.segments)
    best_s = total * COST_S * batch ** (curve - 1) / sum(speeds[n % len(speeds)] for n in range(workers))
    served = swarm.core.jobs["job"]
    mean = sum(swarm.sizes) / len(swarm.sizes)
    shares = f"{best_s:.1f} s", f"{took_s:.1f} s", f"{best_s / took_s:.1%}"
    return [str(workers), str(batch), f"{characters:,}", *shares, f"{mean:.1f}", str(served.run_stats.duplicates)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curve", type=float, default=0.4, help="the power that a batch costs")
    parser.add_argument("--quick", action="store_true", help="a short book only")
    arguments = parser.parse_args()
    books = (60_000,) if arguments.quick else (CHARACTERS, 60_000)
    print("| workers | batch | characters | best | took | share | mean batch | spoken twice |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for characters in books:
        for batch in (16, 4, 1):
            for workers in (1, 4, 16):
                print("| " + " | ".join(measure(workers, batch, arguments.curve, characters)) + " |", flush=True)


if __name__ == "__main__":
    main()
