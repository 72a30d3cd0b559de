"""A Celery fleet lends slots: one of its workers is killed, its Redis is killed and started again, nothing is lost."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import ports
import pytest
from evidence import accepted, assert_complete, assert_spoken_once, only, report_of
from household import QUICK, Machine, is_alive, wait_for

pytest.importorskip("celery")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.chaos,
    pytest.mark.skipif(not shutil.which("redis-server"), reason="needs Debian's redis-server"),
]
VOICE = (*QUICK, "cost_per_char=0.03")
PASSWORD = "house"


class Redis:
    """A real redis-server with a password, which keeps nothing on a disk."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, ports.free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        words = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        words += ["--requirepass", PASSWORD, "--dir", str(self.folder)]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Fleet:
    """Celery workers of one slot each, as an existing fleet runs them."""

    def __init__(self, machine: Machine, redis: Redis) -> None:
        self._machine, self._redis = machine, redis
        self.workers: list[subprocess.Popen[bytes]] = []

    def add(self) -> "subprocess.Popen[bytes]":
        number = len(self.workers)
        words = [sys.executable, "-m", "celery", "-A", "swarm.worker.scale.lending", "worker", "--concurrency=1"]
        words += ["--without-gossip", "--without-mingle", f"--hostname=fleet{number}@%h", "--loglevel=INFO"]
        env = self._machine.environment(E2A_SWARM_BROKER=self._redis.url, C_FORCE_ROOT="1")
        root = str(Path(__file__).resolve().parents[2])
        with (self._machine.desk / f"celery-{number}.log").open("wb") as log:
            self.workers.append(
                subprocess.Popen(words, env={**env, "PYTHONPATH": root}, cwd=self._machine.desk, stdout=log, stderr=log)
            )
        return self.workers[-1]

    def end(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(30)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    running = Redis(tmp_path)
    yield running
    running.kill()


def digests(home: Path) -> dict[str, str]:
    """Return the digest of each clip of a machine, by key."""
    return {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in (home / "clips").rglob("*.flac")}


def test_a_fleet_speaks_what_convert_speaks_though_a_worker_and_redis_are_killed(
    redis: Redis, lan: Callable[[str], Machine], small_book: Path
) -> None:
    laptop, rack, alone = lan("laptop"), lan("rack"), lan("alone")
    with ExitStack() as stack:
        fleet = Fleet(rack, redis)
        stack.callback(fleet.end)
        for _ in range(3):
            fleet.add()
        coordinator = laptop.start("coordinate", small_book, *VOICE)
        where = f"127.0.0.1:{coordinator.port}"
        asking = ("scale", "--with", "celery", "--most", "3", "--coordinator", where, "--for", "90s")
        scaling = laptop.start(*asking, E2A_SWARM_BROKER=redis.url)
        wait_for(lambda: len({record.worker for record in accepted(laptop.home)}) == 3, "clips of three workers")

        lost = fleet.workers[0]
        lent = worker_below(lost.pid)
        lost.send_signal(signal.SIGKILL)
        lost.wait()
        redis.kill()
        time.sleep(1)
        redis.start()
        wait_for(lambda: not is_alive(lent), "the end of the slot whose fleet is gone")
        assert coordinator.process.poll() is None

        coordinator.ends()
        assert "3 workers asked for" in scaling.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_spoken_once(laptop.home)
    alone.start("convert", small_book, *VOICE, "--workers", 4).ends()
    assert digests(alone.home) == digests(laptop.home)


def worker_below(pid: int) -> int:
    """Return the process of the `work` that a Celery worker has started."""
    import psutil

    found = [
        child.pid
        for child in psutil.Process(pid).children(recursive=True)
        if any(word.startswith("--name=celery-") for word in child.cmdline())
    ]
    assert len(found) == 1
    assert os.getpid() not in found
    return found[0]
