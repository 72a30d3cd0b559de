"""Measures how true the time left is that `convert` shows: what it said at a moment against what was left then.

    python benchmarks/time_left.py [BOOK] [--tts-engine NAME] [--busy N]

Moments before a tenth of the run has passed do not count. `--busy` runs so many loops beside it that keep a core busy
half of the time, a minute each in turns, as other programs of a shared machine do.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from making import BOOKS
from process import CLI, ROOT, head, row

sys.path.insert(0, str(ROOT))  # from a checkout as well as installed

BOOK = BOOKS / "jekyll-and-hyde.epub"
SPIN = "import time\nwhile True:\n t = time.time()\n while time.time() - t < 60: pass\n time.sleep(60)"
FACTOR = 1.5


def moments(book: Path, engine: str) -> tuple[list[tuple[float, float | None]], float]:
    """Convert a book; return at what second which seconds were said to be left, and how long the run took."""
    with tempfile.TemporaryDirectory(prefix="e2a-swarm-bench-") as folder:
        places = ("--output-dir", folder, "--state-dir", f"{folder}/state")
        began_s = time.perf_counter()
        command = [*CLI, "convert", str(book), "--json", "--tts-engine", engine, *places]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            told = json.loads(line)
            if told["type"] == "StatusReply":
                said.append((time.perf_counter() - began_s, told["jobs"][0]["eta_s"]))
        if process.wait() != 0:
            raise SystemExit(f"convert failed with exit code {process.returncode}")
        return said, time.perf_counter() - began_s


def rows(said: list[tuple[float, float | None]], whole_s: float) -> list[tuple[str, str]]:
    """Return the rows of the table."""
    judged = [(at_s / whole_s, left_s / (whole_s - at_s)) for at_s, left_s in said if left_s and at_s > whole_s / 10]
    true = sum(1 / FACTOR <= ratio <= FACTOR for _, ratio in judged)
    table = [("the run", f"{whole_s:.0f} s"), (f"moments within a factor of {FACTOR}", f"{true} of {len(judged)}")]
    return table + [(f"said / true at {share:.0%}", f"{ratio:.2f}") for share, ratio in judged]


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", type=Path, nargs="?", default=BOOK)
    parser.add_argument("--tts-engine", default="hibari")
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    busy = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(options.busy)]
    try:
        said, whole_s = moments(options.book, options.tts_engine)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    head("time left", "figure")
    for cells in rows(said, whole_s):
        row(*cells)


if __name__ == "__main__":
    main()
