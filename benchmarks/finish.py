"""Measures the time from the last accepted clip to the finished M4B of a book of ten hours, and that of `--help`.

    python benchmarks/finish.py
    python benchmarks/finish.py --characters 60000 --times 200
    python benchmarks/finish.py --characters 60000 --times 600 --apart --rounds 3

Metronomes make as much sound for each character as a voice does. Together they speak at so many times real time, as a
swarm would. If they are faster than the encoders on the coordinator's cores ("as fast as can be"), the benchmark
measures the encoders. With --apart the coordinator is held to one core and its workers to another, with workers that
encode nothing and with such that do, in turns.
"""

import argparse
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from making import make_book
from process import BARE_CLI, head, heaviest, help_s, mib, row, watch
from running import Swarm

from swarm.job.record import AnyRecord, ClipAccepted, JobFinished

SLOTS = 8
SECONDS_PER_CHAR = 0.065
TEN_HOURS = 560_000  # characters


def measure(book: Path, times: float, *, apart: bool = False, encodes: bool = True) -> None:
    """Print one row: a swarm of `times` real time; 0 means as fast as can be."""
    cost = SLOTS * SECONDS_PER_CHAR / times if times else 0.0
    nothing = () if encodes else ("--no-encoders",)
    cores = [("taskset", "-c", f"{core}") if apart else () for core in (0, 1)]
    with Swarm(book, cost, seconds_per_char=SECONDS_PER_CHAR, audiobook=True) as swarm:
        coordinator = swarm.coordinate(min_workers=1, command=(*cores[0], *BARE_CLI))
        swarm.work([1.0] * SLOTS, *nothing, command=(*cores[1], *BARE_CLI))
        uses = watch(coordinator)
        if coordinator.returncode != 0:
            raise subprocess.CalledProcessError(coordinator.returncode, "coordinate")
        report, records = swarm.report(), swarm.journal()[1]
        size = sum(path.stat().st_size for path in swarm.folder.glob("*.m4b"))
    totals, spent = report["totals"], Counter[str]()
    for use in uses.values():
        spent[use.role] += use.cpu_s
    swarm_speed = f"{times:.0f} x real time" if times else "as fast as can be"
    file_s = finish_s(records)
    row(
        f"{swarm_speed}{'' if encodes else ', workers encode nothing'}", f"{totals['duration_s'] / 3600:.1f} h",
        f"{totals['makespan_s']:.0f} s", f"{file_s:.2f} s",
        f"{totals['duration_s'] / (totals['makespan_s'] + file_s):.0f} x",
        f"{mib(size)}", f"{spent['coordinator']:.1f}, {spent['encoder']:.1f} s",
        mib(heaviest([use for use in uses.values() if use.role == "muxer"]).peak_bytes),
    )  # fmt: skip


def finish_s(records: list[AnyRecord]) -> float:
    """Return the seconds from the last clip to the end of the job."""
    last_s = max(record.accepted_s for record in records if isinstance(record, ClipAccepted))
    return max(record.at_s for record in records if isinstance(record, JobFinished)) - last_s


def main() -> None:
    """Measure and print two tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=TEN_HOURS)
    parser.add_argument("--times", type=float, nargs="*", default=[200, 0], help="real time; 0: as fast as can be")
    parser.add_argument("--apart", action="store_true", help="a core for the coordinator, and one for its workers")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    columns = "swarm", "sound", "makespan", "last clip to M4B", "sound a second to the M4B", "file"
    head(*columns, "CPU here: coordinator, encoders", "muxer's memory")
    with tempfile.TemporaryDirectory() as folder:
        book = make_book(Path(folder), characters=arguments.characters)
        for times in arguments.times * arguments.rounds:
            for encodes in (False, True) if arguments.apart else (True,):
                measure(book, times, apart=arguments.apart, encodes=encodes)
    print()
    head("what", "measured")
    row("`--help`, median of ten", f"{help_s():.3f} s")


if __name__ == "__main__":
    main()
