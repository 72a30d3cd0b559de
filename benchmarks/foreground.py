"""Measures what a worker costs the user of its machine: a compile alone, and beside a worker at work, in turns.

The coordinator is on the same machine, without encoders. Other programs on the machine blur the figures: the load is
printed.

python benchmarks/foreground.py
python benchmarks/foreground.py --rounds 1 --files 4 --priorities low
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from making import make_book
from process import BARE_CLI, CLI, head, row
from running import Swarm

FUNCTIONS = 150  # of each file
BODY = """
double f{n}(const double *x, int m) {{
    double a[16] = {{0}}, s = {n};
    for (int i = 0; i < m; i++)
        for (int j = 0; j < 16; j++)
            a[j] += x[(i * {n} + j) % m] * (s + j) / (1 + (i ^ j));
    for (int j = 0; j < 16; j++)
        s += j % 3 ? a[j] : -a[j] * {n};
    return s;
}}
"""


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--jobs", type=int, nargs="+", default=[os.cpu_count() or 1, 1], help="compilers at a time")
    parser.add_argument("--priorities", nargs="+", default=["low", "normal"])
    arguments = parser.parse_args()
    if not shutil.which("cc"):
        print("no C compiler is here: install one")
        return
    head("compilers at a time", "worker beside", "compile, median", "longer by", "its clips meanwhile", "load")
    with tempfile.TemporaryDirectory() as folder, Swarm(make_book(Path(folder), characters=3_000_000), 0) as swarm:
        for number in range(arguments.files):
            code = "".join(BODY.format(n=number * FUNCTIONS + n + 1) for n in range(FUNCTIONS))
            (Path(folder) / f"{number}.c").write_text(code)
        _coordinate(swarm)
        swarm.segments()
        for jobs in arguments.jobs:
            _compare(swarm, Path(folder), jobs, arguments.rounds, arguments.priorities)


def _compare(swarm: Swarm, folder: Path, jobs: int, rounds: int, priorities: list[str]) -> None:
    load, took_s = os.getloadavg()[0], {beside: list[float]() for beside in ("none", *priorities)}
    clips = dict.fromkeys(priorities, 0)
    _compile(folder, jobs)  # what is read first is in memory afterwards
    for _ in range(rounds):
        took_s["none"].append(_compile(folder, jobs))
        for priority in priorities:
            with _worker(swarm, priority):
                before = _clips(swarm)
                took_s[priority].append(_compile(folder, jobs))
                clips[priority] += _clips(swarm) - before
    for beside, times_s in took_s.items():
        longer = statistics.median(
            time_s / alone_s - 1 for time_s, alone_s in zip(times_s, took_s["none"], strict=True)
        )
        row(jobs, beside, f"{statistics.median(times_s):.2f} s", f"{100 * longer:.1f} %", clips.get(beside, ""), load)


def _coordinate(swarm: Swarm) -> None:
    words = ["coordinate", str(swarm.book), "--tts-engine", "hibari", "--quiet", "--port", str(swarm.port)]
    words += ["--output-dir", str(swarm.folder), "--no-audiobook", "--no-advertise"]
    swarm.start([*BARE_CLI, *words], swarm.folder / "state")


@contextmanager
def _worker(swarm: Swarm, priority: str) -> Iterator[None]:
    """Run a worker with an engine for each core, once all of them speak."""
    words = ["work", "--cpu", "--slots", str(os.cpu_count()), "--coordinator", swarm.address, "--quiet", "--on-battery"]
    began = _clips(swarm)
    worker = swarm.start([*CLI, *words, "--priority", priority], swarm.worker_folder(1))
    try:
        swarm.wait_for_clips(began + 4 * (os.cpu_count() or 1), 300)
        yield
    finally:
        worker.kill()
        worker.wait()


def _clips(swarm: Swarm) -> int:
    return sum(type(record).__name__ == "ClipAccepted" for record in swarm.journal()[1])


def _compile(folder: Path, jobs: int) -> float:
    """Compile all files, in a session of its own as from another terminal; return the seconds."""
    files = " ".join(path.name for path in sorted(folder.glob("*.c")))
    began_s = time.monotonic()
    line = f"echo {files} | xargs -n 1 -P {jobs} cc -O2 -c"
    subprocess.run(["sh", "-c", line], cwd=folder, check=True, start_new_session=True)
    return time.monotonic() - began_s


if __name__ == "__main__":
    main()
