"""Measures what a standby costs, how far it lags, and how soon leases flow after `take-over`.

    python benchmarks/standby.py
    python benchmarks/standby.py --times 1 --take-overs 1 --megabytes 20

The cost is that of `ingest.py`: clips come as fast as their credit allows, in turn without and with a standby that
copies meanwhile. Both are of one run, so that a busy machine slows both. For the lag, a book is spoken and its
coordinator asked every half second how old the copy is. Then the coordinator is killed and its state folder removed,
and seconds count from the start of `take-over` on the standby until the first answer that shows a slot with a lease.
The rest of the book is not spoken, so a long one costs nothing, and does not end before that answer on a busy machine.
"""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ingest import Variant, ingest
from making import make_book
from process import BARE_CLI, head, row
from restart import PATIENCE_S, watch_leases
from running import Swarm

from swarm.job.record import ClipAccepted
from swarm.job.store.journal import Journal
from swarm.net.client import ask

CLIP_BYTES = 60_000
WORKERS = 4
SLOTS = 8
ASK_S = 0.3  # how long to wait for one answer
LOOK_S = 0.5


@dataclass(frozen=True)
class TakeOver:
    """The outcome of one take-over: seconds after the start of the command, and sentences."""

    lags_s: list[float]
    lost: int  # accepted, and not copied when the coordinator was killed
    answers_s: float
    lease_s: float


def take_over(book: Path, cost: float, kill_at: float) -> TakeOver:
    """Let two workers speak a book, of which one is a standby; kill the coordinator on the way, and take over."""
    with Swarm(book, cost, options=["--no-split"]) as swarm:
        first = swarm.coordinate(min_workers=2)
        swarm.work([1.0] * (SLOTS // 2), "--standby")
        swarm.work([1.0] * (SLOTS // 2))
        number = round(kill_at * swarm.segments())
        swarm.wait_for_clips(number // 2, PATIENCE_S)
        lags_s = asyncio.run(_watch_lag(swarm, first, number))
        first.kill()
        first.wait()
        accepted = sum(isinstance(record, ClipAccepted) for record in swarm.journal()[1])
        shutil.rmtree(swarm.folder / "state")
        home = swarm.worker_folder(1)
        copied = _copied(home / "standby")
        words = (
            "take-over",
            "--no-split",
            "--no-audiobook",
            "--quiet",
            "--port",
            str(swarm.port),
            "--no-advertise",
            "--output-dir",
            str(swarm.folder),
        )
        began_s = time.time()
        second = swarm.start([*BARE_CLI, *words], home)
        answers_s, lease_s = asyncio.run(watch_leases(swarm, second))
        return TakeOver(lags_s, accepted - copied, answers_s - began_s, lease_s - began_s)


async def _watch_lag(swarm: Swarm, coordinator: "subprocess.Popen[bytes]", number: int) -> list[float]:
    """Return how old the copy was, asked again and again until it was told and so many sentences are accepted."""
    lags_s: list[float] = []
    while coordinator.poll() is None:
        reply = (await ask([swarm.address], swarm.keys, ASK_S)).reply
        if reply is not None:
            lags_s += [standby.lag_s for standby in reply.standbys if standby.lag_s is not None]
            if lags_s and sum(job.accepted for job in reply.jobs) >= number:
                return lags_s
        await asyncio.sleep(LOOK_S)
    raise RuntimeError("the book ended before its coordinator was killed; make it longer, or slower with --cost")


def _copied(state_dir: Path) -> int:
    (folder,) = (state_dir / "jobs").glob("*")
    journal = Journal(folder, read_only=True)
    try:
        return sum(isinstance(record, ClipAccepted) for record in journal.records())
    finally:
        journal.close()


def measure_cost(folder: Path, megabytes: float, times: int) -> None:
    """Print what the coordinator takes in and spends, without and with a standby, in turn."""
    head("clips of 60 kB from 4 workers", "durable", "coordinator's CPU", "records copied")
    rates: dict[bool, list[float]] = {False: [], True: []}
    costs: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(times):
        for standby in (False, True) if turn % 2 else (True, False):  # neither is always the later one
            fed, took = ingest(folder, CLIP_BYTES, megabytes, WORKERS, "", Variant(standby=standby))
            rates[standby].append(fed.megabytes_s)
            costs[standby].append(1000 * took.spent_s / fed.clips)
            figures = f"{fed.megabytes_s:.0f} MB/s", f"{costs[standby][-1]:.2f} ms a clip", took.copied
            row("with a standby" if standby else "without", *figures)
    print(
        f"\nmedian with a standby / without: {_ratio(rates):.2f} of the rate, {_ratio(costs):.2f} of the CPU a clip\n"
    )


def _ratio(figures: dict[bool, list[float]]) -> float:
    return statistics.median(figures[True]) / statistics.median(figures[False])


def main() -> None:
    """Measure and print tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=200, help="of clips, for each row of the cost")
    parser.add_argument("--times", type=int, default=5, help="rows of the cost")
    parser.add_argument("--take-overs", type=int, default=5, help="books that are taken over")
    parser.add_argument("--characters", type=int, default=120_000, help="of the book that is taken over")
    parser.add_argument("--cost", type=float, default=0.002, help="seconds a character of each of 8 slots")
    parser.add_argument("--kill-at", type=float, default=0.5, help="share of the segments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure_cost(folder, arguments.megabytes, arguments.times)
        book = make_book(folder, 20, arguments.characters)
        head("lag, median s", "lag, most s", "accepted, not copied", "answers after s", "first lease after s")
        for _ in range(arguments.take_overs):
            got = take_over(book, arguments.cost, arguments.kill_at)
            lags = f"{statistics.median(got.lags_s):.1f}", f"{max(got.lags_s):.1f}"
            row(*lags, got.lost, f"{got.answers_s:.2f}", f"{got.lease_s:.2f}")


if __name__ == "__main__":
    main()
