"""Measures what a heartbeat costs the coordinator's core when many slots want a lease.

    python benchmarks/heartbeat.py
    python benchmarks/heartbeat.py --slots 256 --times 3

Two cases: a machine with all the slots offers them at once and is granted leases, call by call; and all segments are
under way, so that none of the slots that offer themselves gets one. No socket and no disk take part.
"""

import argparse
import statistics
import time

from process import head, row

from swarm.job.book import Chapter, Pause, Segment
from swarm.job.recipe import Recipe
from swarm.job.spec import BookFacts, JobSpec
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator import Coordinator
from swarm.lease.coordinator.settings import Settings
from swarm.lease.message import Device, EngineOffer, Grant, Heartbeat, Hello

SEGMENTS = 5000  # of the book
CHAPTERS = 25
LARGEST = 1024  # slots of one worker, as a heartbeat bounds them


def make_core(segments: int) -> Coordinator:
    """Return a coordinator with one job."""
    texts = [Segment(f"Sentence number {number} is of a usual length.", Pause.SENTENCE) for number in range(segments)]
    size = max(1, segments // CHAPTERS)
    chapters = tuple(
        Chapter(f"Chapter {n}", tuple(texts[at : at + size])) for n, at in enumerate(range(0, segments, size))
    )
    spec = JobSpec(
        "job", "book.epub", BookFacts("Book", ("Author",), "en"), Recipe("metronome", "tick", "en"), chapters, 0.0
    )
    core = Coordinator(Settings(coordinator="c", name="laptop", version="1", epoch=1), 0.0)
    core.add_job(JobState(spec))
    return core


def join(core: Coordinator, peer: bytes, slots: int, now: float) -> None:
    """Let a worker in."""
    engines = (EngineOffer("metronome", ("*",)),)
    name = peer.decode()
    hello = Hello(name, name, name, "1", engines=engines, devices=(Device("cpu"),), slots=slots)
    core.receive(peer, hello, now)


def beat(core: Coordinator, peer: bytes, slots: int, leases: tuple[int, ...], now: float) -> tuple[float, list[int]]:
    """Send a heartbeat that offers all slots; return its seconds of CPU and the leases that it brought."""
    began_s = time.process_time()
    out = core.receive(peer, Heartbeat((), tuple(range(slots)), leases), now)
    return time.process_time() - began_s, [each.message.lease for each in out.sends if isinstance(each.message, Grant)]


def granting(slots: int) -> list[float]:
    """Return the seconds of each heartbeat until one machine's slots have all been granted a lease."""
    core = make_core(SEGMENTS)
    join(core, b"many", slots, 0.0)
    took, held, now = [], list[int](), 10.0
    for _ in range(2 + slots // 64):
        seconds, granted = beat(core, b"many", slots, tuple(held), now)
        held += granted
        took.append(seconds)
        now += 1.0
        if len(held) >= slots:
            break
    return took


def in_vain(slots: int, times: int) -> list[float]:
    """Return the seconds of heartbeats of a machine whose slots find nothing: others speak the last segments."""
    core = make_core(slots)
    for number in range(slots):
        join(core, b"w%d" % number, 1, 0.0)
    for number in range(slots):
        beat(core, b"w%d" % number, 1, (), 10.0)
    join(core, b"late", min(slots, LARGEST), 11.0)
    return [beat(core, b"late", min(slots, LARGEST), (), 12.0 + n)[0] for n in range(times)]


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, nargs="*", default=[16, 64, 256, 1000])
    parser.add_argument("--times", type=int, default=9)
    arguments = parser.parse_args()
    head("hungry slots", "granted: median", "slowest", "in vain: median", "slowest")
    for slots in arguments.slots:
        figures = []
        for took in (granting(slots), in_vain(slots, arguments.times)):
            figures += [f"{1000 * statistics.median(took):.1f} ms", f"{1000 * max(took):.1f} ms"]
        row(slots, *figures)


if __name__ == "__main__":
    main()
