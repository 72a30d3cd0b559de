"""A whole swarm from one seed: machines, network, disks, faults, and the judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import inf
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import files
from clips import RATE
from coordinator import UNKNOWN_DEADLINE_S, SimCoordinator
from disk import Disk
from engine import BROKEN, GUEST
from faults import GUESTS, ILL_COORDINATOR, ILL_WILL, REELS, SLOW_LINKS, TAKE_OVERS, WHOLE_CLIPS, Faults
from heads import TakeOvers
from heap import Heap
from ill_coordinator import ENDLESS, WAYS, IllCoordinator
from ill_will import WILLS, IllWill
from invariants import Judge
from liar import Liar
from msgspec.structs import replace
from network import Connection, Network
from reels import ReelJudge
from story import Story, Violation
from worker import SimWorker

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.spec import BookFacts, JobSpec, Recipe
from swarm.lease.core_settings import WorkerSettings
from swarm.lease.envelope import MAX_CLIP_BYTES
from swarm.lease.message import ANY, CPU, GPU
from swarm.watch.trace.log_file import open_log
from swarm.watch.trace.recorder import NO_TRACE, Trace

CHAPTERS, SEGMENTS = 3, 12
FAULTS_STOP_S = 60.0
BUSY_S = 30.0  # about what a book takes
FINISH_S = 400.0  # after that every book has to be complete
MAX_STEPS = 50_000
QUIET_S = 200.0  # then nothing may be outstanding any more


class Slow(NamedTuple):
    """Slow links: bytes a second, and clips so large that some take longer than a silence."""

    rates: tuple[float, ...]
    bytes_a_character: int


MIXED_SHARE = 0.3  # a share of worlds: workers have GPUs beside their cores
MIXED = (("cuda:0",), ("cpu",), ("cuda:0", "cpu"), ("cuda:0", "cpu", "cpu"), ("cuda:0", "cuda:1", "cpu"))
DEVICES = (ANY, CPU, GPU)
GUESTS_SHARE = 0.3  # a share of segments, in worlds that have guests
SLOW_LINKS_SHARE = 0.1  # a share of worlds
ILL_WILL_SHARE = 0.15  # a share of worlds
ILL_COORDINATOR_SHARE = 0.1  # a share of worlds
SLOW_LINKS_ARE = (Slow((2_500.0, 8_000.0), 100), Slow((8_000.0, 24_000.0), 400))


class World:
    """One run. `tell` keeps the story of everything, for a seed that failed; `also` are faults to have in any case.

    `logs` is a folder for the logs of all machines, as `--log` writes them: e2a-swarm log reads and replays them.
    """

    def __init__(self, seed: int, tell: bool = False, also: tuple[str, ...] = (), logs: Path | None = None) -> None:
        self.seed = seed
        self.logs, self.traces = logs, dict[str, Trace]()
        self.random = Random(seed)
        self.files_random = Random(f"files {seed}")  # worlds without files stay as they were
        self.devices_random = Random(f"devices {seed}")
        self.links_random = Random(f"links {seed}")
        self.pauses_random = Random(f"pauses {seed}")
        self.losses_random = Random(f"losses {seed}")
        self.engines_random = Random(f"engines {seed}")
        self.will_random = Random(f"ill will {seed}")
        self.batch_random = Random(f"batches {seed}")
        self.room_random = Random(f"room {seed}")
        self.kinds_random = Random(f"kinds {seed}")
        self.ill_random = Random(f"ill coordinator {seed}")
        self.heap = Heap()
        self.story = Story() if tell else None
        self.faults = Faults(self.random, also)
        self.was_raw = self.faults.raw
        self.network = Network(self)
        self.judge = Judge(self)
        self.reels = ReelJudge(self, on=REELS in self.faults)
        self.take_overs = TakeOvers(self)
        self.failed_once: Counter[str] = Counter()
        self.steps = 0
        self.no_latents = self.files_random.random() < 0.1  # whether engines compute any
        self.healed = False
        self.vanished = False  # a file that a worker believes to have
        self.began_s = self.heap.now
        self.bytes_a_character = self.random.choice([1, 10, 40])
        self.slow = self.links_random.choice(SLOW_LINKS_ARE)
        self.clip_piece = self.links_random.choice([MAX_CLIP_BYTES, 1024, 65536])
        if self.links_random.random() < SLOW_LINKS_SHARE:
            self.faults.on.add(SLOW_LINKS)
        if SLOW_LINKS in self.faults:
            self.bytes_a_character, self.clip_piece = self.slow.bytes_a_character, 65536
        if WHOLE_CLIPS in self.faults:
            self.clip_piece = MAX_CLIP_BYTES
        self._make()

    # --- making it

    def _make(self) -> None:
        random, faults = self.random, self.faults
        credit = random.choice([1, 1, 3_000, 20_000])
        if SLOW_LINKS in faults:
            credit = self.links_random.choice([1, 200_000, 8_000_000])
        books = 2 if "two coordinators" in faults else 1
        self.devices = [self.kinds_random.choice(DEVICES) for _ in range(books)]  # the books' models compute on these
        self.contents = [files.files_of(self, n) for n in range(books)]
        self.coordinators = [SimCoordinator(self, n, self._disk(n), credit) for n in range(books)]
        count = random.choice([1, 2, 2, 3, 4, 5])
        self.workers = [SimWorker(self, n, random.choice([1, 1, 1, 2])) for n in range(count)]
        if self.kinds_random.random() < MIXED_SHARE:
            for worker in self.workers:
                worker.give_kinds(self.kinds_random.choice(MIXED))
        text = sum(len(s.spoken) for c in self.coordinators for s in c.segments)
        for worker in self.workers:  # faults have to find something to disturb
            worker.chars_s = text / BUSY_S / count * random.choice([0.5, 1.0, 2.0])
        if "latency" in faults:
            self.network.latency_s = random.choice([0.1, 0.5, 1.0])
        if SLOW_LINKS in faults:
            for worker in self.workers:
                if worker.number == 0 or self.links_random.random() < 0.7:
                    self.network.rates[worker.name] = self.links_random.choice(self.slow.rates)
        if "no engine" in faults:
            for worker in self.workers[1:]:
                worker.able = random.random() < 0.5
        if "liar" in faults and count > 1:
            self.workers[-1].liar = Liar(self.workers[-1], random.choice([0.1, 0.5, 1.0]))
        if self.will_random.random() < ILL_WILL_SHARE or ILL_WILL in faults:
            faults.on.add(ILL_WILL)
            will, slots = self.will_random.choice(WILLS), self.will_random.choice([1, 4, 16])
            self.workers.append(IllWill(self, count, will, slots))
        self.ill_coordinator: IllCoordinator | None = None
        ill = self.ill_random.random() < ILL_COORDINATOR_SHARE
        if ill or ILL_COORDINATOR in faults:
            faults.on.add(ILL_COORDINATOR)
            self.ill_coordinator = IllCoordinator(self, self.ill_random.choice(WAYS))
            self.ill_coordinator.start()
        self.network.loss = 0.03 if "loss" in faults else 0.0
        self.network.doubling = 0.05 if "doubling" in faults else 0.0
        self.network.reordering = 0.05 if "reordering" in faults else 0.0
        self.network.full = 0.05 if "refusals" in faults else 0.0
        for coordinator in self.coordinators:
            self.heap.after(random.uniform(0, 2), coordinator.start)
        for worker in self.workers:
            late_s = random.choice([0.0, 5.0, 30.0]) if "late joiners" in faults else 0.0
            self.heap.after(late_s + random.uniform(0, 2), worker.restart)
        faults.schedule(self)

    def _disk(self, number: int) -> Disk:
        return Disk([self._book(number)], {info.digest: data for info, data in self.contents[number].items()})

    def _book(self, number: int) -> JobSpec:
        random = self.random
        texts = []
        for chapter in range(CHAPTERS):
            for index in range(random.randint(3, SEGMENTS)):
                length = random.randint(20, 250)
                texts.append((chapter, f"{number}.{chapter}.{index} ".ljust(length, "x")))
        if "recurring texts" in self.faults:
            texts = [(chapter, "Yes." if random.random() < 0.3 else text) for chapter, text in texts]
        chapters = tuple(
            Chapter(f"{n}", tuple(Segment(text, Pause.SENTENCE) for c, text in texts if c == n))
            for n in range(CHAPTERS)
        )
        if GUESTS in self.faults:
            chapters = _with_guests(chapters, Random(f"guests {self.seed} {number}"))
        recipe = Recipe("metronome", f"voice {number}", "en", f"model {number}")
        book = BookFacts(f"Book {number}", ("Author",), "en")
        return JobSpec(
            f"job-{number}", "book.epub", book, recipe, chapters, 0.0, tuple(self.contents[number]), sample_rate=RATE
        )

    def trace(self, machine: str) -> Trace:
        """Return the log of a machine, the same for all its processes."""
        if self.logs is None:
            return NO_TRACE
        if machine not in self.traces:
            self.traces[machine] = Trace(open_log(self.logs / f"{machine}.log"), lambda: self.heap.now)
        return self.traces[machine]

    # --- running it

    def go(self) -> None:
        """Run to the end. Raises Violation."""
        try:
            self._go()
        finally:
            for trace in self.traces.values():
                trace.close_log()

    def _go(self) -> None:
        end_s = self.heap.now + FAULTS_STOP_S
        self._run(lambda: self.heap.now >= end_s or self.complete)
        self._heal()
        self._run(lambda: self.complete, self.heap.now + self.finish_s, "a book is not finished")
        self.finished_s = self.heap.now
        self._run(lambda: self.quiet, self.heap.now + QUIET_S, "")
        self.judge.workers.settled()

    @property
    def finish_s(self) -> float:
        """How long books may take once faults have stopped; a coordinator of ill will may keep each slot twice."""
        kept_s = 2 * WorkerSettings.patience * UNKNOWN_DEADLINE_S
        return FINISH_S + (kept_s if self.ill_coordinator else 0.0)

    def _run(self, until: Callable[[], bool], limit_s: float = float("inf"), what: str = "") -> None:
        while not until():
            self.heap.step()
            self.steps += 1
            if self.steps > MAX_STEPS * (5 if {ILL_WILL, ILL_COORDINATOR, TAKE_OVERS} & self.faults.began else 1):
                raise Violation("messages chase each other without end", *self._unfinished())
            if self.heap.now > limit_s:
                if what:
                    raise Violation(f"{what} {self.finish_s:.0f} s after the last fault", *self._unfinished())
                return

    def _unfinished(self) -> list[tuple[str, int, int]]:
        return [
            (job, chapter, index)
            for coordinator in self.coordinators
            if self.take_overs.leads(coordinator)
            for job, state in coordinator.disk.durable.items()
            for chapter, about in enumerate(state.spec.chapters)
            for index in range(len(about.segments))
            if not state.is_settled((chapter, index))
        ][:1]

    @property
    def complete(self) -> bool:
        """Whether every book is."""
        return all(each.complete for each in self.coordinators if self.take_overs.leads(each))

    @property
    def quiet(self) -> bool:
        """Whether nothing is outstanding anywhere."""
        try:
            self.judge.workers.settled()
        except Violation:
            return False
        return True

    def _heal(self) -> None:
        """Faults stop: everybody wakes, comes back, and is honest."""
        self.log("world", "faults stop")
        self.faults.stop()
        self.healed = True
        for worker in self.workers:
            worker.broken_until_s = worker.broken_until_s if worker.broken_until_s == inf else 0.0
        network = self.network
        network.loss = network.doubling = network.reordering = network.full = 0.0
        network.latency_s = 0.002
        for worker in self.workers:
            if worker.liar:
                worker.liar.share = -1.0
            for coordinator in self.coordinators:
                network.heal(worker, coordinator)
        for machine in [*self.coordinators, *self.workers]:
            machine.wake()
            machine.restart()
        if self.was_raw:  # TCP would have broken what lost a message
            for connection in network.between():
                network.break_(connection)

    # --- what goes wrong

    def befall(self, name: str, act: Callable[[World], None]) -> None:
        """Let one fault happen, unless faults have stopped."""
        if name in self.faults:
            self.log("world", name)
            act(self)

    def trouble(self, connection: Connection) -> None:
        """Break a connection, at once or noticed after up to 10 s."""
        self.judge.repeats.unsteady(connection.worker)
        self.network.break_(connection, self.random.choice([0.0, 1.0, 10.0]))

    def fate(self, worker: SimWorker, slot: int, text: str) -> str:
        """Return what becomes of a text in an engine: "" if it is spoken."""
        random, faults = self.random, self.faults
        if text.startswith(ENDLESS):
            return "hang"
        if worker.is_broken(slot):
            return BROKEN
        if "texts that always fail" in faults and hash_of(text) % 17 == 0:
            return "error"
        if "texts that fail once" in faults and hash_of(text) % 7 == 1 and not self.failed_once[text]:
            self.failed_once[text] += 1
            return "silent"
        if "engine crashes" in faults and random.random() < 0.05:
            return "crashed"
        if "out of memory" in faults and self.devices_random.random() < 0.1:
            return self.devices_random.choice(["memory", "memory", "device"])
        if "hangs" in faults and random.random() < 0.03:
            return "hang"
        return ""

    def pace(self, worker: SimWorker) -> float:
        """Return the present pace of a worker as a share of its usual speed."""
        if "slow" in self.faults and worker.number % 2 == 0:
            return 0.05 if int(self.heap.now / 20) % 2 else 1.0
        return 1.0

    def commit_s(self) -> float:
        """Return how long a disk takes for a commit."""
        return self.random.choice([0.5, 1.5]) if "slow disk" in self.faults else self.random.choice([0.002, 0.02, 0.2])

    def log(self, who: str, what: str, *about: Any) -> None:
        """Add a line to the story, if one is asked for."""
        if self.story is not None:
            self.story.add(self.heap.now - self.began_s, who, what, about)


def hash_of(text: str) -> int:
    """Return a hash that is the same in all processes, unlike hash()."""
    return sum(text.encode()) + len(text)


def _with_guests(chapters: tuple[Chapter, ...], random: Random) -> tuple[Chapter, ...]:
    """Return chapters some of whose segments another engine speaks."""

    def given(segment: Segment) -> Segment:
        return replace(segment, voice=GUEST) if random.random() < GUESTS_SHARE else segment

    return tuple(replace(chapter, segments=tuple(map(given, chapter.segments))) for chapter in chapters)
