"""Measures how near the swarm comes to its ideal: total work / sum of speeds / makespan, in percent.

    python benchmarks/efficiency.py                       the whole table
    python benchmarks/efficiency.py --workers 16 --cost 0.0005 --no-split

Workers are metronomes: they sleep for the time that speaking would take, so that 64 of them fit on two cores. The
benchmark measures leasing, splitting, journaling and the wire. No audiobook is written.
"""

import argparse
import tempfile
from pathlib import Path

from making import BOOKS, make_book, speeds
from process import head, row
from running import Swarm, end_of

SLOTS = 16  # one worker process has them all


def measure(book: Path, slot_speeds: list[float], cost: float, options: list[str]) -> dict[str, float]:
    """Run one swarm; return its efficiency in percent, its makespan and the ideal one in seconds, and its counts."""
    with Swarm(book, cost, options=options) as swarm:
        groups = [slot_speeds[n : n + SLOTS] for n in range(0, len(slot_speeds), SLOTS)]
        coordinator = swarm.coordinate(min_workers=len(groups))
        for group in groups:
            swarm.work(group)
        end_of(coordinator)
        report = swarm.report()
    totals = report["totals"]
    spoken_once = sum(each["characters"] for each in report["segments"] if each["work_s"])
    ideal_s = spoken_once * cost / sum(slot_speeds)
    return {
        "efficiency": 100 * ideal_s / totals["makespan_s"],
        "makespan_s": totals["makespan_s"],
        "ideal_s": ideal_s,
        "duplicates": totals["duplicates"],
        "segments": totals["segments"],
    }


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4, 5, 16, 32, 64])
    parser.add_argument("--cost", type=float, default=0.001, help="seconds a character at speed 1")
    parser.add_argument("--book", choices=["made", "jekyll"], nargs="*", default=["made", "jekyll"])
    parser.add_argument("--characters", type=int, default=600_000, help="of the book that is made")
    parser.add_argument("--equal", action="store_true", help="workers of one speed")
    parser.add_argument("--no-split", action="store_true", help="whole chapters, for comparison")
    arguments = parser.parse_args()
    options = ["--no-split"] if arguments.no_split else []
    with tempfile.TemporaryDirectory() as folder:
        books = {
            "made": make_book(Path(folder), characters=arguments.characters),
            "jekyll": BOOKS / "jekyll-and-hyde.epub",
        }
        head("book", "workers", "speeds", "efficiency", "makespan s", "ideal s", "spoken twice")
        for name in arguments.book:
            for count in arguments.workers:
                got = measure(books[name], speeds(count, equal=arguments.equal), arguments.cost, options)
                kind = "equal" if arguments.equal else "unequal"
                figures = f"{got['efficiency']:.1f} %", f"{got['makespan_s']:.1f}", f"{got['ideal_s']:.1f}"
                row(name, count, kind, *figures, f"{got['duplicates']:.0f} of {got['segments']:.0f}")


if __name__ == "__main__":
    main()
