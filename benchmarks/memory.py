"""Measures the peak memory of a coordinator, and whether it grows with the book.

    python benchmarks/memory.py
    python benchmarks/memory.py --characters 200000 --slots 16

The book is a quarter of the longest one, then all of it (as long as War and Peace). The first runs have metronomes, 16
slots a worker, whose clips are small. The next have a worker for each slot, all played by one process, that have clips
of 60 kB ready and send them as fast as their credit allows. The last write the audiobook; its encoders and muxer are
processes of their own and have columns of their own.
"""

import argparse
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from feeder import Feeding
from making import make_book
from process import Use, head, heaviest, mib, row, watch
from running import Swarm

LONGEST = 3_200_000  # characters
CHARACTERS = 50_000  # a chapter has so many
CLIP_BYTES = 60_000
GROUP = 16  # slots of a metronome worker
COST = 0.001  # seconds a character; a faster swarm would only measure the coordinator's queue


def with_metronomes(swarm: Swarm, slots: int, stack: ExitStack) -> None:
    """Start worker processes that speak."""
    for first in range(0, slots, GROUP):
        swarm.work([1.0] * min(GROUP, slots - first))


def with_feeders(swarm: Swarm, slots: int, stack: ExitStack) -> None:
    """Start one process that sends what many workers would, until `stack` ends it."""
    stack.callback(Feeding(swarm, CLIP_BYTES, slots).close)


# Each kind has its speakers, and tells whether an audiobook is written.
KINDS: dict[str, tuple[Callable[[Swarm, int, ExitStack], None], bool]] = {
    "metronomes": (with_metronomes, False),
    "feeders": (with_feeders, False),
    "audiobook": (with_metronomes, True),
}


def measure(kind: str, book: Path, slots: int) -> None:
    """Measure one book and print its row."""
    begin, audiobook = KINDS[kind]
    workers = slots if begin is with_feeders else -(-slots // GROUP)
    with Swarm(book, COST, audiobook=audiobook) as swarm, ExitStack() as stack:
        coordinator = swarm.coordinate(min_workers=workers)
        segments = swarm.segments()
        begin(swarm, slots, stack)
        uses = watch(coordinator)
        if coordinator.returncode != 0:
            raise subprocess.CalledProcessError(coordinator.returncode, "coordinate")
        received = swarm.report()["totals"]["bytes"]
    own = uses.pop(coordinator.pid)
    row(kind, workers, segments, f"{received / 1e6:.0f} MB", mib(own.peak_bytes), _apart(list(uses.values())))


def _apart(uses: list[Use]) -> str:
    roles = sorted({use.role for use in uses if use.role})
    by_role = {role: [use for use in uses if use.role == role] for role in roles}
    found = [f"{len(same)} {role}(s) {mib(heaviest(same).peak_bytes)}" for role, same in by_role.items()]
    return ", ".join(found) or "none"


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=LONGEST)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument(
        "--shares", type=int, nargs="*", default=[4, 1], help="books: 4 is a quarter of the longest one"
    )
    parser.add_argument("--kinds", choices=list(KINDS), nargs="*", default=list(KINDS))
    arguments = parser.parse_args()
    head("kind", "workers", "segments", "clips", "coordinator, most", "apart from it")
    with tempfile.TemporaryDirectory() as name:
        for share in arguments.shares:
            characters = arguments.characters // share
            book = make_book(Path(name), max(2, characters // CHARACTERS), characters)
            for kind in arguments.kinds:
                measure(kind, book, arguments.slots)


if __name__ == "__main__":
    main()
