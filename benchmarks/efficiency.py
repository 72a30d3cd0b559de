"""Measures how near the swarm comes to its ideal: total work / sum of speeds / makespan, in percent.

    python benchmarks/efficiency.py                       the whole table
    python benchmarks/efficiency.py --workers 16 --cost 0.0005 --no-split
    python benchmarks/efficiency.py --workers 5 16 --book made --characters 100000 --cost 0.0065 --file
    python benchmarks/efficiency.py --workers 16 --book made --equal --apart --held 0.2 --file   (root)

Workers are metronomes: they sleep for the time that speaking would take, so that 64 of them fit on two cores. The
benchmark measures leasing, splitting, journaling and the wire. Clips are short and no audiobook is written, unless with
--file: then sound is as long as speech, and the last columns count to the finished M4B and say how much of it workers
encoded. The encoders take these cores; what they cannot carry, `to_the_file.py` simulates. With --apart the coordinator
has a core and its workers another; --held gives it a part of a core, with its child processes.
"""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from finish import SECONDS_PER_CHAR, finish_s
from making import BOOKS, make_book, speeds
from process import BARE_CLI, CLI, head, held, row
from running import Swarm, end_of

SLOTS = 16  # one worker process has them all


def measure(
    book: Path,
    slot_speeds: list[float],
    cost: float,
    options: list[str],
    *,
    to_file: bool = False,
    places: Sequence[Sequence[str]] = ((), ()),
) -> dict[str, float]:
    """Run one swarm; return its efficiency in percent, its makespan and the ideal one in seconds, and its counts.

    `places` are the words before the commands of the coordinator and of its workers.
    """
    sound, counted = (SECONDS_PER_CHAR, ["--count-reels"]) if to_file else (0.002, [])
    with Swarm(book, cost, seconds_per_char=sound, audiobook=to_file, options=[*options, *counted]) as swarm:
        groups = [slot_speeds[n : n + SLOTS] for n in range(0, len(slot_speeds), SLOTS)]
        coordinator = swarm.coordinate(min_workers=len(groups), command=(*places[0], *BARE_CLI))
        for group in groups:
            swarm.work(group, command=(*places[1], *CLI))
        end_of(coordinator)
        report, file_s = swarm.report(), finish_s(swarm.journal()[1]) if to_file else 0.0
        reels = swarm.reels() if to_file else {"there": 0.0, "here": 1.0}
    totals = report["totals"]
    spoken_once = sum(each["characters"] for each in report["segments"] if each["work_s"])
    ideal_s = spoken_once * cost / sum(slot_speeds)
    return {
        "efficiency": 100 * ideal_s / totals["makespan_s"],
        "makespan_s": totals["makespan_s"],
        "ideal_s": ideal_s,
        "to_file": 100 * ideal_s / (totals["makespan_s"] + file_s) if to_file else 0.0,
        "by_workers": 100 * reels["there"] / sum(reels.values()),
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
    parser.add_argument("--file", action="store_true", help="make audiobooks, and count to the finished one too")
    parser.add_argument("--apart", action="store_true", help="a core for the coordinator, and one for its workers")
    parser.add_argument("--held", type=float, help="cores that the coordinator and its children get, such as 0.2")
    arguments = parser.parse_args()
    cores: list[tuple[str, ...]] = [("taskset", "-c", f"{core}") if arguments.apart else () for core in (0, 1)]
    options = ["--no-split"] if arguments.no_split else []
    holding = held(arguments.held) if arguments.held else nullcontext(())
    with tempfile.TemporaryDirectory() as folder, holding as hold:
        places = (*cores[0], *hold), cores[1]
        books = {
            "made": make_book(Path(folder), characters=arguments.characters),
            "jekyll": BOOKS / "jekyll-and-hyde.epub",
        }
        columns = "book", "workers", "speeds", "efficiency", "makespan s", "ideal s", "spoken twice", "to the file"
        head(*columns, "sound in reels of workers")
        for name in arguments.book:
            for count in arguments.workers:
                slots = speeds(count, equal=arguments.equal)
                got = measure(books[name], slots, arguments.cost, options, to_file=arguments.file, places=places)
                kind = "equal" if arguments.equal else "unequal"
                figures = f"{got['efficiency']:.1f} %", f"{got['makespan_s']:.1f}", f"{got['ideal_s']:.1f}"
                twice = f"{got['duplicates']:.0f} of {got['segments']:.0f}"
                to_file = f"{got['to_file']:.1f} %", f"{got['by_workers']:.0f} %"
                row(name, count, kind, *figures, twice, *(to_file if arguments.file else "––"))


if __name__ == "__main__":
    main()
