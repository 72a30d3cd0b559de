"""Measures how soon leases flow after a coordinator is killed in mid-book and started again at once.

    python benchmarks/restart.py
    python benchmarks/restart.py --book made --characters 600000

Seconds count from the start of the new process. The benchmark asks for its status again and again; the first answer
that shows a slot with a lease ends the count. Leases are not split, so no segment is spoken twice on purpose: each clip
that came twice was spoken again because of the restart.
"""

import argparse
import asyncio
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from making import BOOKS, make_book
from process import head, row
from running import Swarm, end_of

from swarm.job.record import ClipAccepted
from swarm.lease.message import StatusReply
from swarm.net.client import ask

SLOTS = 16
PATIENCE_S = 900
ASK_S = 0.3  # how long to wait for one answer
LONG_CHARACTERS = 3_300_000  # 60 hours at 0.065 s a character
Place = tuple[int, int]


@dataclass(frozen=True)
class Restart:
    """The outcome of one restart: seconds after the start of the new process, and segments."""

    accepted: int  # before the kill
    answers_s: float
    lease_s: float
    clip_s: float
    duplicates: int
    again: int  # accepted before the kill and once more after it


def restart(book: Path, cost: float, kill_at: float, slots: int) -> Restart:
    """Let two workers speak a book, and kill the coordinator on the way."""
    with Swarm(book, cost, options=["--no-split"]) as swarm:
        first = swarm.coordinate(min_workers=2)
        for _ in range(2):
            swarm.work([1.0] * (slots // 2))
        swarm.wait_for_clips(round(kill_at * swarm.segments()), PATIENCE_S)
        first.kill()
        first.wait()
        began_s = time.time()
        second = swarm.coordinate(min_workers=0)
        answers_s, lease_s = asyncio.run(watch_leases(swarm, second))
        end_of(second, PATIENCE_S)
        return _judge(swarm, began_s, answers_s, lease_s)


async def watch_leases(swarm: Swarm, coordinator: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Return when the coordinator first answered and first had a lease out, in seconds since the epoch."""
    answered_s, deadline_s = 0.0, time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s and coordinator.poll() is None:
        reply = (await ask([swarm.address], swarm.keys, ASK_S)).reply
        if reply is not None:
            answered_s = answered_s or time.time()
            if _has_lease(reply):
                return answered_s, time.time()
    raise RuntimeError("the book ended before a lease was seen; make it longer, or slower with --cost")


def _has_lease(reply: StatusReply) -> bool:
    return any(slot.remaining for worker in reply.workers for slot in worker.slots)


def _judge(swarm: Swarm, began_s: float, answers_s: float, lease_s: float) -> Restart:
    clips = [record for record in swarm.journal()[1] if isinstance(record, ClipAccepted)]
    before: set[Place] = {(clip.chapter, clip.index) for clip in clips if clip.accepted_s < began_s}
    after = [clip for clip in clips if clip.accepted_s >= began_s]
    return Restart(
        accepted=len(before),
        answers_s=answers_s - began_s,
        lease_s=lease_s - began_s,
        clip_s=min(clip.accepted_s for clip in after) - began_s,
        duplicates=swarm.report()["totals"]["duplicates"],
        again=sum((clip.chapter, clip.index) in before for clip in after),
    )


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--book", choices=["jekyll", "made"], nargs="*", default=["jekyll", "made"])
    parser.add_argument("--characters", type=int, default=LONG_CHARACTERS, help="of the book that is made")
    parser.add_argument("--cost", type=float, default=0.0004, help="seconds a character of each of 16 slots")
    parser.add_argument("--slots", type=int, default=SLOTS)
    parser.add_argument("--kill-at", type=float, default=0.5, help="share of the segments")
    arguments = parser.parse_args()
    head("book", "accepted before", "answers after s", "first lease after s", "next clip after s",
         "clips that came twice", "accepted twice")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for chosen in arguments.book:
            made = chosen == "made"
            book = make_book(folder, 100, arguments.characters) if made else BOOKS / "jekyll-and-hyde.epub"
            got = restart(book, arguments.cost, arguments.kill_at, arguments.slots)
            figures = f"{got.answers_s:.2f}", f"{got.lease_s:.2f}", f"{got.clip_s:.2f}"
            row(chosen, got.accepted, *figures, got.duplicates, got.again)


if __name__ == "__main__":
    main()
