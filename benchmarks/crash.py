"""Measures what it costs to kill the fastest of 16 unequal workers when 80 % of the book is done.

    python benchmarks/crash.py
    python benchmarks/crash.py --characters 100000 --cost 0.0005

There are two runs of one book, the first undisturbed. Workers are metronomes: they sleep while they would speak. The
clips that the killed worker had spoken but not delivered are estimated by its pace, from the time between its last
accepted clip and its death, and from the sentences that came next.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from making import make_book, speeds
from process import head, row
from running import Swarm, end_of

from swarm.job.record import AnyRecord, ClipAccepted
from swarm.job.spec import JobSpec

PATIENCE_S = 1800


@dataclass(frozen=True)
class Loss:
    """The loss with a killed worker: segments that were spoken in vain, and the part of the next one."""

    segments: int
    begun: float  # a share of one segment


@dataclass(frozen=True)
class Run:
    """The figures of one run."""

    makespan_s: float
    segments: int
    duplicates: int
    loss: Loss | None = None


def speak(book: Path, slot_speeds: list[float], cost: float, kill_at: float | None) -> Run:
    """Let one worker with the first slot and one with all others speak the book; kill the first one on request."""
    with Swarm(book, cost) as swarm:
        coordinator = swarm.coordinate(min_workers=2)
        fastest = swarm.work(slot_speeds[:1], "--name", "fastest")
        swarm.work(slot_speeds[1:], "--name", "others")
        killed_s = 0.0
        if kill_at is not None:
            swarm.wait_for_clips(round(kill_at * swarm.segments()), PATIENCE_S)
            fastest.kill()
            killed_s = time.time()
        end_of(coordinator, PATIENCE_S)
        loss = lost(*swarm.journal(), swarm.worker_id(1), killed_s, cost / slot_speeds[0]) if killed_s else None
        totals = swarm.report()["totals"]
        return Run(totals["makespan_s"], totals["segments"], totals["duplicates"], loss)


def lost(spec: JobSpec, records: list[AnyRecord], worker: str, killed_s: float, s_a_char: float) -> Loss:
    """Estimate what a worker had spoken since its last accepted clip."""
    clips = [record for record in records if isinstance(record, ClipAccepted) and record.worker == worker]
    last = max(clips, key=lambda clip: clip.accepted_s)
    left_s, whole = max(0.0, killed_s - last.accepted_s), 0
    for segment in spec.chapters[last.chapter].segments[last.index + 1 :]:
        takes_s = len(segment.engine_text) * s_a_char
        if left_s < takes_s:
            return Loss(whole, left_s / takes_s)
        left_s, whole = left_s - takes_s, whole + 1
    return Loss(whole, 0.0)


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--kill-at", type=float, default=0.8, help="share of the segments")
    parser.add_argument("--characters", type=int, default=600_000)
    parser.add_argument("--cost", type=float, default=0.001, help="seconds a character at speed 1")
    arguments = parser.parse_args()
    all_speeds = speeds(arguments.workers)
    with tempfile.TemporaryDirectory() as folder:
        book = make_book(Path(folder), characters=arguments.characters)
        calm = speak(book, all_speeds, arguments.cost, None)
        killed = speak(book, all_speeds, arguments.cost, arguments.kill_at)
    head("run", "makespan s", "against undisturbed", "at best", "clips that came twice", "lost with the worker")
    row("undisturbed", f"{calm.makespan_s:.2f}", "", "", f"{calm.duplicates} of {calm.segments}", "")
    best = (1 - arguments.kill_at) * (sum(all_speeds) / sum(all_speeds[1:]) - 1)
    more, loss = killed.makespan_s / calm.makespan_s - 1, killed.loss or Loss(0, 0.0)
    row(
        f"fastest killed at {100 * arguments.kill_at:.0f} %", f"{killed.makespan_s:.2f}", f"{100 * more:+.1f} %",
        f"{100 * best:+.1f} %", f"{killed.duplicates} of {killed.segments}",
        f"{loss.segments} spoken segments, {loss.begun:.1f} of one begun",
    )  # fmt: skip


if __name__ == "__main__":
    main()
