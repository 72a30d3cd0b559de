"""Measures one book on one Celery fleet in three ways: chapters as tasks, sentences as tasks, and slots lent to us.

    python benchmarks/celery_fleet.py
    python benchmarks/celery_fleet.py --characters 20000 --cost 0.001 --calm

It needs Debian's redis-server and the extra `celery`. Celery workers of unequal speeds run real tasks of a real
Redis; their voices are metronomes, which sleep while they would speak. Each way is run twice: undisturbed, and with
signal 9 to the fastest worker and all that it started, once half of the time has passed that the book takes at best.
Tasks are acknowledged when they are over; a broker hands out those of a dead worker again after --visibility seconds.
Celery's own default is an hour. Efficiency is work done / (sum of speeds x time) of the workers that were there.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from making import make_book, speeds
from process import CLI, ROOT, head, row
from running import Swarm, end_of, free_port, wait_for

HERE = Path(__file__).resolve().parent
SOUND = 0.065  # seconds a character
PATIENCE_S = 1200
READY = b" ready."


@dataclass(frozen=True)
class Run:
    """The figures of one run."""

    took_s: float
    first_s: float  # until the first clip was here
    broker_bytes: int  # traffic of the broker
    again: int  # sentences that came twice
    killed_s: float | None


class Fleet:
    """A Redis and Celery workers of one slot each. They end with the block."""

    def __init__(self, folder: Path, app: str, count: int, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._env = {**os.environ, "C_FORCE_ROOT": "1", "PYTHONPATH": f"{ROOT}:{HERE}", "TMPDIR": str(folder)}
        self._env |= {"E2A_SWARM_BROKER": self.url, **environment}
        words = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.redis = subprocess.Popen([*words, "--dir", str(folder)], stdout=subprocess.DEVNULL)
        self.workers = [self._worker(number, app, speed) for number, speed in enumerate(speeds(count))]
        try:
            wait_for(lambda: all(READY in log.read_bytes() for log in self._logs()), 120, "the fleet")
        except TimeoutError:
            self.end()
            raise

    def _logs(self) -> list[Path]:
        return [self.folder / f"celery-{number}.log" for number in range(len(self.workers))]

    def _worker(self, number: int, app: str, speed: float) -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "celery", "-A", app, "worker", "--concurrency=1", "--loglevel=INFO"]
        words += ["--without-gossip", "--without-mingle", f"--hostname=fleet{number}@%h"]
        home = self.folder / f"home-{number}"
        env = self._env | {"E2A_METRONOME_SPEED": str(speed), "E2A_SWARM_HOME": str(home)}
        with (self.folder / f"celery-{number}.log").open("wb") as log:
            return subprocess.Popen(words, env=env, cwd=self.folder, stdout=log, stderr=log)

    def kill_fastest(self) -> None:
        """Kill the first worker and all that it started, as a power cut would."""
        for process in [psutil.Process(self.workers[0].pid), *self._below(self.workers[0].pid)]:
            process.kill()

    @staticmethod
    def _below(pid: int) -> list[psutil.Process]:
        return psutil.Process(pid).children(recursive=True)

    def broker_bytes(self) -> int:
        """Return the bytes that Redis has received and sent."""
        said = subprocess.run(
            ["redis-cli", "-p", str(self.port), "info", "stats"], capture_output=True, text=True, check=True
        ).stdout
        return sum(int(line.split(":")[1]) for line in said.split() if line.startswith("total_net_"))

    def end(self) -> None:
        """End Redis and all workers."""
        for worker in self.workers:
            if worker.poll() is None:
                for process in [*self._below(worker.pid), psutil.Process(worker.pid)]:
                    process.kill()
            worker.wait()
        self.redis.kill()
        self.redis.wait()


@contextmanager
def fleet(app: str, count: int, **environment: str) -> Iterator[Fleet]:
    """Run a fleet in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        running = Fleet(Path(folder), app, count, **environment)
        try:
            yield running
        finally:
            running.end()


def by_tasks(tasks: list[list[str]], cost: float, kill_after_s: float | None, count: int, visibility_s: int) -> Run:
    """Speak lists of sentences, each as one task; the clips are the tasks' results."""
    from celery import Celery

    with fleet("fleet_tasks", count, E2A_BENCH_VISIBILITY_S=str(visibility_s)) as running:
        app = Celery(broker=running.url, backend=running.url)
        before, began_s, killed_s, first_s = running.broker_bytes(), time.monotonic(), None, 0.0
        sent = [app.send_task("bench.speak", args=[texts, cost, SOUND]) for texts in tasks]
        waiting = {result.id: result for result in sent}
        while waiting:
            now = time.monotonic() - began_s
            if kill_after_s is not None and killed_s is None and now >= kill_after_s:
                running.kill_fastest()
                killed_s = now
            for result in [result for result in waiting.values() if result.ready()]:
                assert result.get(), "a task failed"
                del waiting[result.id]
                first_s = first_s or time.monotonic() - began_s
            if now > PATIENCE_S:
                raise TimeoutError(f"{len(waiting)} tasks never ended")
            time.sleep(0.05)
        took_s = time.monotonic() - began_s
        again = sum(path.stat().st_size for path in running.folder.glob("spoken-*")) - sum(map(len, tasks))
        return Run(took_s, first_s, running.broker_bytes() - before, again, killed_s)


def by_slots(book: Path, cost: float, kill_after_s: float | None, count: int) -> Run:
    """Have the fleet lend its slots to a coordinator."""
    with Swarm(book, cost, seconds_per_char=SOUND) as swarm:
        swarm.coordinate(min_workers=1)
        segments = swarm.segments()
        with fleet(
            "swarm.worker.scale.lending", count, E2A_SWARM_KEY=swarm.key.code, E2A_SWARM_BIND="127.0.0.1"
        ) as running:
            before, began_s, killed_s = running.broker_bytes(), time.time(), None
            _scale(swarm, running.url, count)
            first_s = swarm.wait_for_clips(1, PATIENCE_S) - began_s
            if kill_after_s is not None:
                time.sleep(max(0.0, began_s + kill_after_s - time.time()))
                running.kill_fastest()
                killed_s = time.time() - began_s
            took_s = swarm.wait_for_clips(segments, PATIENCE_S) - began_s
            end_of(swarm.processes[0], PATIENCE_S)
            sent = running.broker_bytes() - before
        return Run(took_s, first_s, sent, swarm.report()["totals"]["duplicates"], killed_s)


def _scale(swarm: Swarm, broker: str, count: int) -> None:
    words = ("scale", "--with", "celery", "--most", str(count), "--coordinator", swarm.address, "--for", "50m")
    swarm.start([*CLI, *words], swarm.folder / "desk", E2A_SWARM_BROKER=broker)


def script(book: Path, cost: float) -> list[list[str]]:
    """Return the sentences of each chapter, as a coordinator journals them."""
    with Swarm(book, cost, seconds_per_char=SOUND) as swarm:
        swarm.coordinate(min_workers=1)
        swarm.segments()
        return [[segment.engine_text for segment in chapter.segments] for chapter in swarm.journal()[0].chapters]


def show(way: str, run: Run, work_s: float, count: int) -> None:
    """Print one row."""
    there = speeds(count)
    able = sum(there) * run.took_s - (there[0] * (run.took_s - run.killed_s) if run.killed_s is not None else 0.0)
    end = "undisturbed" if run.killed_s is None else f"killed at {run.killed_s:.0f} s"
    numbers = f"{run.took_s:.0f} s", f"{100 * work_s / able:.0f} %", f"{run.first_s:.1f} s"
    row(way, end, *numbers, run.again, f"{run.broker_bytes / 1e6:.2f} MB")


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=40_000)
    parser.add_argument("--cost", type=float, default=0.003, help="seconds a character at speed 1")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--visibility", type=int, default=60, help="seconds until the broker hands a task out again")
    parser.add_argument("--calm", action="store_true", help="kill nothing")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if not shutil.which("redis-server"):
        sys.exit("needs Debian's redis-server")
    cost, count, visibility_s = arguments.cost, arguments.workers, arguments.visibility
    with tempfile.TemporaryDirectory() as folder:
        book = make_book(Path(folder), characters=arguments.characters)
        chapters = script(book, cost)
        sentences = [[text] for chapter in chapters for text in chapter]
        work_s = cost * sum(len(text) for (text,) in sentences)
        at_best_s = work_s / sum(speeds(count))
        print(f"{len(chapters)} chapters, {len(sentences)} sentences, at best {at_best_s:.0f} s.\n")
        head("way", "fleet", "took", "efficiency", "first clip", "sentences spoken again", "through the broker")
        for kill_after_s in (None,) if arguments.calm else (None, at_best_s / 2):
            show("chapters as tasks", by_tasks(chapters, cost, kill_after_s, count, visibility_s), work_s, count)
            show("sentences as tasks", by_tasks(sentences, cost, kill_after_s, count, visibility_s), work_s, count)
            show("slots lent to e2a-swarm", by_slots(book, cost, kill_after_s, count), work_s, count)


if __name__ == "__main__":
    main()
