"""Measures what a heartbeat costs the coordinator's core when many slots want a lease.

    python benchmarks/heartbeat.py
    python benchmarks/heartbeat.py --slots 256 --times 3

Two cases: a machine with all the slots offers them at once and is granted leases, call by call; and all segments are
under way, so that none of the slots that offer themselves gets one. No socket and no disk take part. The next line says
how the cost of a heartbeat grows from 100 slots to 1,000. The last table is of many workers and books, in simulated
time: the share of a core that heartbeats and deadlines take while all speak, and with so few segments left in each book
that many workers find nothing.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from process import head, row

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.spec import BookFacts, JobSpec, Recipe
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.core_settings import Settings
from swarm.lease.message import PROTOCOL, Device, EngineOffer, Grant, Heartbeat, Hello, Revoke, SlotReport
from swarm.lease.outcome import Outcome

SEGMENTS = 5000
CHAPTERS = 25
RATIO_OF = (100, 1000)  # slots
LONG = 20_000  # characters that last longer than the simulated time
LARGEST = 1024  # slots of one worker, as a heartbeat bounds them


def make_core(segments: int, books: int = 1, longer: int = 0) -> CoordinatorCore:
    """Return a coordinator with a job for each book, whose sentences are so many characters longer than usual."""
    text = "Sentence number {} is of a usual length." + longer * "x"
    texts = [Segment(text.format(number), Pause.SENTENCE) for number in range(segments)]
    size = max(1, segments // CHAPTERS)
    chapters = tuple(
        Chapter(f"Chapter {n}", tuple(texts[at : at + size])) for n, at in enumerate(range(0, segments, size))
    )
    facts, recipe = BookFacts("Book", ("Author",), "en"), Recipe("metronome", "tick", "en")
    core = CoordinatorCore(Settings(coordinator="c", name="laptop", version="1", epoch=1), 9.0)
    for book in range(books):
        core.add_job(JobState(JobSpec(f"job{book}", "book.epub", facts, recipe, chapters, 0.0)))
    return core


def join(core: CoordinatorCore, peer: bytes, slots: int, now: float) -> None:
    """Let a worker in."""
    engines = (EngineOffer("metronome", ("*",)),)
    name = peer.decode()
    hello = Hello(name, name, name, "1", engines=engines, devices=(Device("cpu"),), slots=slots, protocol=PROTOCOL)
    core.receive(peer, hello, now)


def beat(
    core: CoordinatorCore, peer: bytes, slots: int, leases: tuple[int, ...], now: float
) -> tuple[float, list[int]]:
    """Send a heartbeat that offers all slots; return its seconds of CPU and the leases that it brought."""
    began_s = time.process_time()
    out = core.receive(peer, Heartbeat((), tuple(range(slots)), leases), now)
    return time.process_time() - began_s, [each.message.lease for each in out.sends if isinstance(each.message, Grant)]


def granting(slots: int) -> list[float]:
    """Return the seconds of each call until one machine's slots have all been granted a lease.

    A call grants some, and the core asks to be called again for the others.
    """
    core = make_core(SEGMENTS)
    join(core, b"many", slots, 9.0)
    seconds, granted = beat(core, b"many", slots, (), 10.0)
    took, held = [seconds], granted
    while len(held) < slots:
        began_s = time.process_time()
        out = core.tick(10.0)
        took.append(time.process_time() - began_s)
        held += [each.message.lease for each in out.sends if isinstance(each.message, Grant)]
        assert core.next_deadline() <= 10.0 or len(held) == slots
    return took


def in_vain(slots: int, times: int) -> list[float]:
    """Return the seconds of heartbeats of a machine whose slots find nothing: others speak the last segments."""
    core = make_core(slots)
    for number in range(slots):
        join(core, b"w%d" % number, 1, 9.0)
    for number in range(slots):
        beat(core, b"w%d" % number, 1, (), 10.0)
    join(core, b"late", min(slots, LARGEST), 11.0)
    return [beat(core, b"late", min(slots, LARGEST), (), 12.0 + n)[0] for n in range(times)]


@dataclass
class Crowd:
    """Workers with one slot each, which send a heartbeat a second and never end a sentence."""

    core: CoordinatorCore
    workers: int
    held: dict[bytes, Grant] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    def spend(self, seconds: int) -> None:
        """Let the workers send heartbeats for some time, and the coordinator be called when it is due."""
        for number in range(self.workers * seconds):
            now, peer = 10.0 + number / self.workers, b"w%d" % (number % self.workers)
            while (due_s := self.core.next_deadline()) <= now:
                self._call(self.core.tick, max(due_s, self.core.called_s))
            grant = self.held.get(peer)
            report = (SlotReport(0, "speaking", grant.lease, grant.lines[0].index),) if grant else ()
            message = Heartbeat(report, () if grant else (0,), (grant.lease,) if grant else ())
            self._call(self.core.receive, peer, message, now)

    def _call(self, call: Callable[..., Outcome], *arguments: object) -> None:
        began_s = time.process_time()
        outcome = call(*arguments)
        self.took.append(time.process_time() - began_s)
        for send in outcome.sends:
            if isinstance(send.message, Grant):
                self.held[send.peer] = send.message
            elif isinstance(send.message, Revoke) and self.held[send.peer].lease == send.message.lease:
                del self.held[send.peer]


def crowd(workers: int, books: int, segments: int, longer: int, seconds: int) -> list[str]:
    """Return how many of the workers speak, what share of a core they take, and the slowest call."""
    found = Crowd(make_core(segments, books, longer), workers)
    for number in range(workers):
        join(found.core, b"w%d" % number, 1, 9.0)
    found.spend(seconds)
    share = f"{100 * sum(found.took) / seconds:.2f} %"
    return [str(len(found.held)), share, f"{1000 * max(found.took):.1f} ms"]


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, nargs="*", default=[16, 64, 256, 1000])
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--workers", type=int, default=64, help="of the last table")
    parser.add_argument("--books", type=int, default=20, help="of the last table")
    parser.add_argument("--seconds", type=int, default=20, help="of simulated time")
    arguments = parser.parse_args()
    head("hungry slots", "a call that grants: median", "slowest", "all calls, a slot", "in vain: median", "slowest")
    for slots in arguments.slots:
        granted, vain = granting(slots), in_vain(slots, arguments.times)
        each = f"{1e6 * sum(granted) / slots:.0f} µs"
        row(slots, *_shown(granted), each, *_shown(vain))
    few, many = (statistics.median(in_vain(slots, arguments.times)) for slots in RATIO_OF)
    print(f"\nIn vain, {RATIO_OF[1]} slots cost {many / few:.1f} times as much as {RATIO_OF[0]}.\n")
    size = arguments.workers, arguments.books
    head("workers", "books", "each book has", "workers that speak", "share of a core", "slowest call")
    row(*size, f"{SEGMENTS // 10} sentences", *crowd(*size, SEGMENTS // 10, 0, arguments.seconds))
    row(*size, "2 very long ones", *crowd(*size, 2, LONG, arguments.seconds))


def _shown(took: list[float]) -> list[str]:
    return [f"{1000 * statistics.median(took):.1f} ms", f"{1000 * max(took):.1f} ms"]


if __name__ == "__main__":
    main()
