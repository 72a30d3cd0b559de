"""A swarm for the benchmarks: real processes on loopback, which end and are cleared away with the benchmark."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from process import BARE_CLI, CLI, ROOT

sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT))  # from a checkout as well as installed

from ports import LOOPBACK, free_port

from swarm.job.record import AnyRecord
from swarm.job.spec import JobSpec
from swarm.job.store.journal import Journal
from swarm.net.identity.swarm_key import CurveKeys, SwarmKey, curve_keys, make_key

ACCEPTED = "SELECT count(*) FROM record WHERE kind = 'ClipAccepted'"


@dataclass
class Swarm:
    """One coordinator and its workers, each with a state folder of its own, as if on several machines."""

    book: Path
    cost_per_char: float  # seconds that a worker of speed 1 speaks
    seconds_per_char: float = 0.002  # seconds of sound
    audiobook: bool = False
    announced: bool = False  # whether the workers find the coordinator by its announcement
    options: Sequence[str] = ()
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="e2a-swarm-bench-")))
    port: int = 0
    key: SwarmKey = field(default_factory=make_key)
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    workers: int = 0

    def __post_init__(self) -> None:
        self.port = self.port or free_port()

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # `__exit__` then ends the other processes
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """The address of the coordinator."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def keys(self) -> CurveKeys:
        """Return the key pairs of the members."""
        return curve_keys(self.key)

    def coordinate(
        self, min_workers: int, command: Sequence[str] = BARE_CLI, *, told: bool = False
    ) -> "subprocess.Popen[bytes]":
        """Start the coordinator, which grants nothing before `min_workers` workers are there.

        With `told`, it tells its progress as JSON.
        """
        options = [f"cost_per_char={self.cost_per_char}", f"seconds_per_char={self.seconds_per_char}"]
        words = [
            "coordinate", str(self.book), "--tts-engine", "metronome", "--json" if told else "--quiet",
            "--port", str(self.port), "--output-dir", str(self.folder), "--min-workers", str(min_workers),
            *[word for option in options for word in ("--engine-option", option)], *self.options,
        ]  # fmt: skip
        words += [] if self.audiobook else ["--no-audiobook"]
        words += [] if self.announced else ["--no-advertise"]
        return self.start([*command, *words], self.folder / "state", subprocess.PIPE if told else subprocess.DEVNULL)

    def work(self, slot_speeds: Sequence[float], *more: str, command: Sequence[str] = CLI) -> "subprocess.Popen[bytes]":
        """Start one worker process with a slot for each speed."""
        self.workers += 1
        words = (
            "work", "--cpu", "--slots", str(len(slot_speeds)),
            *(() if self.announced else ("--coordinator", self.address)), "--exit-when-done", "--quiet", *more,
        )  # fmt: skip
        speeds = ",".join(map(str, slot_speeds))
        return self.start([*command, *words], self.worker_folder(self.workers), E2A_METRONOME_SPEED=speeds)

    def worker_folder(self, number: int) -> Path:
        """Return the state folder of a worker by its number, counted from 1 in the order of starting."""
        return self.folder / f"worker-{number}"

    def worker_id(self, number: int) -> str:
        """Return the id that a worker has in the records."""
        return (self.worker_folder(number) / "worker-id").read_text().split()[0]

    def start(
        self, command: Sequence[str], home: Path, output: int = subprocess.DEVNULL, **environment: str
    ) -> "subprocess.Popen[bytes]":
        """Start a member of the swarm with a state folder of its own."""
        places = {"E2A_SWARM_HOME": str(home), "E2A_SWARM_BIND": LOOPBACK, "E2A_SWARM_KEY": self.key.code}
        places["E2A_SWARM_WORK_OPTIONS"] = "--priority normal --on-battery"  # all share this machine with their measure
        process = subprocess.Popen(
            command, env={**os.environ, **places, **environment}, stdin=subprocess.DEVNULL, stdout=output
        )
        self.processes.append(process)
        return process

    # --- results

    def report(self) -> dict[str, Any]:
        """Read the report that the coordinator wrote at its end."""
        (path,) = self.folder.glob("*.report.json")
        report: dict[str, Any] = json.loads(path.read_bytes())
        return report

    def reels(self) -> dict[str, float]:
        """Read the seconds of sound in reels of workers ("there") and of the coordinator ("here")."""
        counted: dict[str, float] = json.loads((self.folder / "state" / "reels.json").read_bytes())
        return counted

    def journal(self) -> tuple[JobSpec, list[AnyRecord]]:
        """Read the spec of the job and its records so far."""
        with closing(Journal(self._job(), read_only=True)) as journal:
            return journal.spec(), list(journal.records())

    def segments(self) -> int:
        """Return the number of segments of the book, once its job is made."""
        wait_for(self._has_job, 120, "the book to be read")
        return sum(len(chapter.segments) for chapter in self.journal()[0].chapters)

    def wait_for_clips(self, count: int, timeout_s: float) -> float:
        """Wait until so many clips are accepted, and return the time in seconds since the epoch."""
        path = self._job() / "journal.sqlite"
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            wait_for(lambda: database.execute(ACCEPTED).fetchone()[0] >= count, timeout_s, f"{count} clips")
        return time.time()

    def _has_job(self) -> bool:
        return any((self.folder / "state" / "jobs").glob("*/journal.sqlite"))

    def _job(self) -> Path:
        (path,) = (self.folder / "state" / "jobs").glob("*/journal.sqlite")
        return path.parent

    def close(self) -> None:
        """End all processes and remove the folders."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for(condition: Any, timeout_s: float, what: str) -> None:
    """Poll until a condition holds. Raises TimeoutError."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"waited {timeout_s:.0f} s in vain for {what}")
        time.sleep(0.05)


def end_of(process: "subprocess.Popen[bytes]", timeout_s: float = 1800) -> None:
    """Wait for a process that must succeed. Raises RuntimeError and subprocess.TimeoutExpired."""
    if process.wait(timeout_s) != 0:
        raise RuntimeError(f"a process ended with exit code {process.returncode}")
