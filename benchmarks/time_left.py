"""Measures how true the time left is that a run shows: what it said at a moment against what was left then.

    python benchmarks/time_left.py [BOOK] [--tts-engine NAME] [--busy N [--rest S]]
    python benchmarks/time_left.py [BOOK] --swarm 1,0.5,0.25 [--cost S] [--joins S | --leaves S] [--busy N [--rest S]]

The second form is a swarm of workers of such speeds: metronomes that take `--cost` seconds a character. The last one
joins, or leaves, so many seconds after the others began. Moments before a tenth of the run has passed do not count.
`--busy` runs so many loops beside it, as other programs of a shared machine do; all of them rest for so many seconds
after each minute.

It also tells whether the display's ranges ("4 to 7 min", "up to 2 min") had the end of the run in them.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from making import BOOKS
from process import CLI, ROOT, head, row
from running import Swarm

sys.path.insert(0, str(ROOT))  # from a checkout as well as installed

from swarm.system.text import left_text
from swarm.watch.view import Estimate

BOOK = BOOKS / "jekyll-and-hyde.epub"
SPIN = """import sys, time
while True:
    began_s = time.time()
    while time.time() - began_s < 60:
        pass
    time.sleep(float(sys.argv[1]))"""
FACTOR = 1.5
SOUND_S = 0.06  # a voice has about this for a character of the metronome


@dataclass(frozen=True)
class Said:
    """The seconds that were said to be left at a moment, and the bounds of what a display shows."""

    at_s: float
    left_s: float
    least_s: float
    most_s: float

    @property
    def is_range(self) -> bool:
        """Tell whether a display shows more than one figure; "less than a minute" is none."""
        return not left_text(self.left_s, self.least_s, self.most_s).startswith(("about", "less"))


def listen(process: "subprocess.Popen[bytes]", began_s: float) -> tuple[list[Said], float]:
    """Return what a run says until it ends, and how many seconds it took."""
    assert process.stdout is not None
    said, shown = [], Estimate()
    for line in process.stdout:
        told = json.loads(line)
        if told["type"] == "StatusReply" and told["jobs"]:
            job = told["jobs"][0]
            shown.smooth(job["eta_s"], job["elapsed_s"])
            if job["eta_s"]:
                said.append(Said(time.perf_counter() - began_s, job["eta_s"], *shown.bounds()))
    if process.wait() != 0:
        raise SystemExit(f"the run failed with exit code {process.returncode}")
    return said, time.perf_counter() - began_s


def convert(book: Path, engine: str) -> tuple[list[Said], float]:
    """Convert a book on this machine."""
    with tempfile.TemporaryDirectory(prefix="e2a-swarm-bench-") as folder:
        places = ("--output-dir", folder, "--state-dir", f"{folder}/state")
        began_s = time.perf_counter()
        command = [*CLI, "convert", str(book), "--json", "--tts-engine", engine, *places]
        return listen(subprocess.Popen(command, stdout=subprocess.PIPE), began_s)


def coordinate(options: argparse.Namespace) -> tuple[list[Said], float]:
    """Coordinate a book on this machine, for workers of unequal speeds."""
    speeds = [float(word) for word in options.swarm.split(",")]
    with Swarm(options.book, options.cost, SOUND_S, audiobook=True) as swarm, ExitStack() as stack:
        began_s = time.perf_counter()
        process = swarm.coordinate(1, told=True)
        workers = [swarm.work([speed]) for speed in (speeds[:-1] if options.joins else speeds)]
        if options.joins:
            _later(stack, Timer(options.joins, swarm.work, [speeds[-1:]]))
        if options.leaves:
            _later(stack, Timer(options.leaves, workers[-1].send_signal, [signal.SIGTERM]))
        return listen(process, began_s)


def _later(stack: ExitStack, timer: Timer) -> None:
    timer.start()
    stack.callback(timer.cancel)


def rows(said: Iterable[Said], whole_s: float) -> list[tuple[str, str]]:
    """Return the rows of the table."""
    judged = [each for each in said if each.at_s > whole_s / 10]
    true = sum(1 / FACTOR <= each.left_s / (whole_s - each.at_s) <= FACTOR for each in judged)
    ranges = [each for each in judged if each.is_range]
    inside = sum(each.least_s <= whole_s - each.at_s <= each.most_s for each in ranges)
    table = [
        ("the run", f"{whole_s:.0f} s"),
        (f"moments within a factor of {FACTOR}", f"{true} of {len(judged)}"),
        ("ranges shown that had the end in them", f"{inside} of {len(ranges)}"),
    ]
    tenths = {int(10 * each.at_s / whole_s): each for each in reversed(judged)}  # the first moment of each tenth
    return table + [
        (f"said / true at {each.at_s / whole_s:.0%}", f"{each.left_s / (whole_s - each.at_s):.2f}")
        for _, each in sorted(tenths.items())
    ]


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", type=Path, nargs="?", default=BOOK)
    parser.add_argument("--tts-engine", default="hibari")
    parser.add_argument("--swarm", help="speeds of metronome workers")
    parser.add_argument("--cost", type=float, default=0.002, help="seconds a character of a worker of speed 1")
    parser.add_argument("--joins", type=float, help="seconds until the last worker joins")
    parser.add_argument("--leaves", type=float, help="seconds until the last worker leaves")
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--rest", type=float, default=0.0)
    options = parser.parse_args()
    busy = [subprocess.Popen([sys.executable, "-c", SPIN, str(options.rest)]) for _ in range(options.busy)]
    try:
        said, whole_s = coordinate(options) if options.swarm else convert(options.book, options.tts_engine)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    print(f"load {os.getloadavg()[0]:.0f} at the end, nice {os.nice(0)}\n")
    head("time left", "figure")
    for cells in rows(said, whole_s):
        row(*cells)


if __name__ == "__main__":
    main()
