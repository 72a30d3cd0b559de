"""Measures the processes of a benchmark, and prints tables. It reads /proc, so it needs Linux."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # from a checkout as well as installed
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each process compiles what users have compiled
CLI = (sys.executable, str(ROOT / "cli.py"))
BARE_CLI = (sys.executable, str(ROOT / "benchmarks" / "bare_cli.py"))  # knows --no-split and --no-audiobook
HELPS = 10
POLL_S = 0.1
PERIOD_US = 100_000
ROLES = {
    "swarm.voice.host.engine_child": "engine",
    "swarm.audiobook.sound.encoder": "encoder",
    "swarm.audiobook.sound.book_binder": "muxer",
}


@dataclass
class Use:
    """The resources that one process had used when it was last measured."""

    role: str
    peak_bytes: int = 0
    cpu_s: float = 0.0


@contextmanager
def beside(target: Any, *arguments: Any) -> Iterator[None]:
    """Run a function in a process of its own meanwhile."""
    process = get_context("spawn").Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


@contextmanager
def held(cores: float) -> Iterator[tuple[str, ...]]:
    """Yield the words before a command that hold it and its children to a part of the cores; that needs root."""
    place = Path("/sys/fs/cgroup")
    place = (place / "cpu" if (place / "cpu").is_dir() else place) / f"e2a-swarm-bench-{os.getpid()}"
    place.mkdir()
    try:
        quota_us = round(cores * PERIOD_US)
        if (place / "cpu.max").exists():
            (place / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
        else:
            (place / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (place / "cpu.cfs_quota_us").write_text(str(quota_us))
        yield "sh", "-c", f'echo $$ > {place}/cgroup.procs; exec "$@"', "sh"
    finally:
        while (place / "cgroup.procs").read_text():  # its last processes are about to end
            time.sleep(POLL_S)
        place.rmdir()


def watch(process: "subprocess.Popen[bytes]", timeout_s: float = 1800) -> dict[int, Use]:
    """Wait for a process, and return what it and its children used. Raises TimeoutError."""
    seen: dict[int, Use] = {}
    deadline_s = time.monotonic() + timeout_s
    while process.poll() is None:
        if time.monotonic() > deadline_s:
            raise TimeoutError("the run took far too long")
        for pid in [process.pid, *children(process.pid)]:
            look(seen.setdefault(pid, Use("coordinator" if pid == process.pid else "")), pid)
        time.sleep(POLL_S)
    return seen


def look(use: Use, pid: int) -> None:
    """Measure a process once more, and keep the maximum."""
    use.role = use.role or role_of(pid)
    use.peak_bytes = max(use.peak_bytes, peak_bytes(pid))
    use.cpu_s = max(use.cpu_s, cpu_s(pid))


def children(pid: int) -> list[int]:
    """Return the child processes of a process, of all its threads."""
    try:
        found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for one in found for child in one]


def role_of(pid: int) -> str:
    """Return the purpose of a child process, by its command line."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return ""
    return next((role for module, role in ROLES.items() if module in words), "")


def peak_bytes(pid: int) -> int:
    """Return the peak memory of a process in bytes."""
    return _memory(pid, "VmHWM")


def resident_bytes(pid: int) -> int:
    """Return the present memory of a process in bytes."""
    return _memory(pid, "VmRSS")


def pss_bytes(pid: int) -> int:
    """Return the proportional share of memory of a process in bytes."""
    return _memory(pid, "Pss", "smaps_rollup")


def written(pid: int) -> tuple[int, int]:
    """Return how often a process has written, and the bytes that it had the disk write."""
    try:
        lines = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    except OSError:
        return 0, 0
    return int(lines["syscw"]), int(lines["write_bytes"])


def open_files(pid: int) -> int:
    """Return the number of files that a process has open."""
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0


def _memory(pid: int, field: str, file: str = "status") -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), 0)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process used, without its children."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def help_s(times: int = HELPS) -> float:
    """Return the median seconds of `--help`."""
    spent = []
    for _ in range(times):
        began_s = time.perf_counter()
        subprocess.run([*CLI, "--help"], check=True, stdout=subprocess.DEVNULL)
        spent.append(time.perf_counter() - began_s)
    return statistics.median(spent)


def mib(size: int) -> str:
    """Format bytes for people."""
    return f"{size / 2**20:.0f} MiB"


def head(*titles: str) -> None:
    """Print the head of a table in Markdown."""
    row(*titles)
    row(*["---"] * len(titles))


def row(*cells: object) -> None:
    """Print one row of a table in Markdown."""
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def heaviest(uses: Sequence[Use]) -> Use:
    """Return the process with the most memory; zero usage if there is none."""
    return max(uses, key=lambda use: use.peak_bytes, default=Use("none"))
