"""Measures the CPU and memory of an idle worker and an idle coordinator.

python benchmarks/idle.py
python benchmarks/idle.py --seconds 5
"""

import argparse
import tempfile
import time
from pathlib import Path

from making import make_book
from process import cpu_s, head, mib, resident_bytes, row
from running import Swarm, wait_for

SETTLE_S = 3.0


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    head("who", "CPU of one core", "memory")
    with tempfile.TemporaryDirectory() as folder, Swarm(make_book(Path(folder), characters=60_000), 0.001) as swarm:
        alone = swarm.work([1.0])
        _measure({"a worker that looks for its coordinator": alone.pid}, arguments.seconds)
        coordinator = swarm.coordinate(min_workers=100)
        swarm.segments()
        wait_for((swarm.worker_folder(1) / "worker-id").exists, 20, "the worker")
        both = {"a worker that waits for work": alone.pid, "a coordinator that waits for workers": coordinator.pid}
        _measure(both, arguments.seconds)


def _measure(processes: dict[str, int], seconds: float) -> None:
    time.sleep(SETTLE_S)
    began_s, before = time.monotonic(), {who: cpu_s(pid) for who, pid in processes.items()}
    time.sleep(seconds)
    passed_s = time.monotonic() - began_s
    for who, pid in processes.items():
        row(who, f"{100 * (cpu_s(pid) - before[who]) / passed_s:.2f} %", mib(resident_bytes(pid)))


if __name__ == "__main__":
    main()
