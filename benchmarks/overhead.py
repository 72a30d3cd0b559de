"""Measures the CPU of the coordinator for an hour of sound, and the share of each clip and each lease.

    python benchmarks/overhead.py
    python benchmarks/overhead.py --characters 40000

One slot speaks three made-up books one after the other: a short one, a long one, and a long one with many chapters.
Each lease is a chapter (--no-split), so that the three runs tell start, clips and leases apart. "Waiting" is the time
between two clips in which the slot spoke nothing. No audiobook is written, because encoding is no part of
coordinating.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from making import make_book
from process import head, row, watch
from running import Swarm

SECONDS_PER_CHAR = 0.065
FEW = 8  # chapters


@dataclass(frozen=True)
class Run:
    """The cost of one book in seconds, and its size."""

    clips: int
    leases: int
    sound_s: float
    cpu_s: float
    waiting_s: float
    received: int  # bytes


def measure(book: Path, cost: float) -> Run:
    """Let one slot speak a book, and measure it."""
    with Swarm(book, cost, seconds_per_char=SECONDS_PER_CHAR, options=["--no-split"]) as swarm:
        coordinator = swarm.coordinate(min_workers=1)
        swarm.work([1.0])
        use = watch(coordinator)[coordinator.pid]
        totals, chapters = swarm.report()["totals"], len(swarm.journal()[0].chapters)
    waiting_s = totals["makespan_s"] - totals["work_s"]
    return Run(totals["segments"], chapters, totals["audio_s"], use.cpu_s, waiting_s, totals["bytes"])


def main() -> None:
    """Measure and print two tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=400_000, help="of the long books")
    parser.add_argument("--chapters", type=int, default=200, help="of the one in many chapters")
    parser.add_argument("--cost", type=float, default=0.0001, help="seconds a character")
    arguments = parser.parse_args()
    sizes = [(FEW, arguments.characters // 4), (FEW, arguments.characters), (arguments.chapters, arguments.characters)]
    with tempfile.TemporaryDirectory() as folder:
        runs = [measure(make_book(Path(folder), *size), arguments.cost) for size in sizes]
    head("clips", "leases", "sound", "bytes", "coordinator's CPU", "CPU for an hour of sound", "waiting")
    for run in runs:
        hours = run.sound_s / 3600
        cpu = f"{run.cpu_s:.2f} s", f"{run.cpu_s / hours:.2f} s", f"{run.waiting_s:.2f} s"
        row(run.clips, run.leases, f"{hours:.2f} h", f"{run.received / 1e6:.0f} MB", *cpu)
    print()
    head("", "start", "each clip", "each lease")
    row("CPU of the coordinator", *_parts(runs, [run.cpu_s for run in runs]))
    row("waiting of the slot", *_parts(runs, [run.waiting_s for run in runs]))


def _parts(runs: list[Run], seconds: list[float]) -> list[str]:
    """Solve three runs for three unknowns: the costs of start, clip and lease."""
    equations = np.array([[1, run.clips, run.leases] for run in runs], float)
    start_s, clip_s, lease_s = np.linalg.solve(equations, np.array(seconds))
    return [f"{start_s:.2f} s", f"{1000 * clip_s:.2f} ms", f"{1000 * lease_s:.2f} ms"]


if __name__ == "__main__":
    main()
