"""Measures how several coordinators share one fleet: what each got spoken, and how much of the fleet's time was used.

    python benchmarks/fair_shares.py
    python benchmarks/fair_shares.py --coordinators 5 --workers 8

Each coordinator has a long book of its own, and each worker knows all coordinators. Metronomes of three speeds speak.
The last coordinator comes late: shares are counted from the moment at which it got its first sentence. They are fair if
all are equal. "used" is the speaking time of all sentences over the time that all slots had. Slots change their
coordinator between two leases, so shorter spells than some minutes tell little.
"""

import argparse
import statistics
import time
from itertools import cycle, islice
from pathlib import Path

from making import make_book
from process import head, row
from running import Swarm, wait_for

from swarm.job.record import ClipAccepted

SPEEDS = (1.0, 1.0, 2.0, 0.5)


def spoken_s(swarms: list[Swarm]) -> list[float]:
    """Return for each coordinator the seconds in which slots spoke the sentences that it got so far."""
    return [sum(record.work_s for record in swarm.journal()[1] if isinstance(record, ClipAccepted)) for swarm in swarms]


def share(swarms: list[Swarm], seconds: float, late_s: float, speeds: list[float], slots: int) -> None:
    """Run a fleet for some seconds, and print a row."""
    for swarm in swarms[:-1]:
        swarm.coordinate(min_workers=0)
    for speed in speeds:
        swarms[0].work([speed] * slots)
    for swarm in swarms[:-1]:
        swarm.segments()
        swarm.wait_for_clips(1, 120)
    time.sleep(late_s)
    swarms[-1].coordinate(min_workers=0)
    swarms[-1].segments()
    swarms[-1].wait_for_clips(1, 120)
    began_s, before = time.monotonic(), spoken_s(swarms)
    time.sleep(seconds)
    wait_for(lambda: spoken_s(swarms) != before, 60, "a sentence")
    passed_s, after = time.monotonic() - began_s, spoken_s(swarms)
    spoken = [now - then for then, now in zip(before, after, strict=True)]
    mean = statistics.mean(spoken)
    used = sum(spoken) / (passed_s * slots * len(speeds))
    shares = " / ".join(f"{100 * each / sum(spoken):.1f} %" for each in spoken)
    row(len(swarms), f"{len(speeds)} of {slots} slots", shares, f"{min(spoken) / mean:.2f}", f"{100 * used:.1f} %")


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coordinators", type=int, default=3)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--slots", type=int, default=2, help="of each worker")
    parser.add_argument("--seconds", type=float, default=200)
    parser.add_argument("--late", type=float, default=5, help="seconds that the last coordinator comes late")
    parser.add_argument("--cost", type=float, default=0.01, help="seconds a character, at speed 1")
    parser.add_argument("--characters", type=int, default=400_000, help="of each book")
    options = parser.parse_args()
    head("coordinators", "workers", "shares", "least / mean", "used")
    swarms: list[Swarm] = []
    try:
        for number in range(options.coordinators):
            swarm = Swarm(Path(), options.cost, announced=True, **({"key": swarms[0].key} if swarms else {}))
            swarm.book = make_book(swarm.folder, characters=options.characters, seed=number)
            swarms.append(swarm)
        speeds = list(islice(cycle(SPEEDS), options.workers))
        share(swarms, options.seconds, options.late, speeds, options.slots)
    finally:
        for swarm in swarms:
            swarm.close()


if __name__ == "__main__":
    main()
