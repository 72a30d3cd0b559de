"""Only machines with its key get into a swarm, unless the user opens it explicitly."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, only, report_of
from household import FAST, SLOW, Machine, Running

from swarm.errors import EXIT_ENVIRONMENT

Make = Callable[[str], Machine]


def work(worker: Machine, coordinator: Running, *more: object) -> Running:
    where = f"127.0.0.1:{coordinator.port}"
    return worker.start("work", "--cpu", "--slots", "1", "--coordinator", where, "--exit-when-done", *more)


def test_the_first_coordinator_makes_the_key_and_says_how_to_join(machine: Make, small_book: Path) -> None:
    laptop, desktop = machine("laptop"), machine("desktop")
    coordinator = laptop.start("coordinate", small_book, *FAST)
    worker = desktop.start("work", "--cpu", "--slots", "1", "--coordinator", f"127.0.0.1:{coordinator.port}")
    worker.says("in no swarm yet.*e2a-swarm join CODE")
    code = coordinator.says(r"e2a-swarm join (e2a-\S+)").group(1)

    joined = desktop.run("join", code)  # while the worker waits
    assert (joined.returncode, joined.stderr) == (0, "")
    assert code not in joined.stdout
    assert "on each other machine" not in coordinator.ends(), "it is bound to this machine"
    assert "no other machine reaches 127.0.0.1: leave out --bind" in coordinator.output
    worker.signal()
    worker.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    if sys.platform != "win32":
        assert all((at.home / "swarm.key").stat().st_mode & 0o077 == 0 for at in (laptop, desktop))

    again = laptop.start("coordinate", small_book, *SLOW)  # another job: nothing of it is spoken
    again.says("waiting for workers")
    assert code not in again.output  # once is enough


def test_a_worker_that_is_to_leave_when_all_is_done_does_not_wait_for_a_key(here: Machine) -> None:
    ended = here.run("work", "--cpu", "--exit-when-done")
    assert ended.returncode == EXIT_ENVIRONMENT
    assert "in no swarm yet: run `e2a-swarm join CODE`" in ended.stderr
    assert "Waiting" not in ended.stderr + ended.stdout


def test_another_key_opens_nothing_and_the_worker_says_why(machine: Make, lan: Make, small_book: Path) -> None:
    laptop, stranger = lan("laptop"), machine("stranger")
    assert stranger.run("key", "--make").returncode == 0
    coordinator = laptop.start("coordinate", small_book, *FAST)
    worker = work(stranger, coordinator)
    worker.says("another key than this machine.*e2a-swarm join CODE --replace")
    time.sleep(1.5)
    assert "serving" not in worker.output
    assert "keyholder joined" not in coordinator.output  # an open worker of another test may find it
    assert worker.output.count("another key") == 1  # it tries on, but says so once

    asked = stranger.run("status", "--coordinator", f"127.0.0.1:{coordinator.port}")
    assert asked.returncode == EXIT_ENVIRONMENT
    assert "key" in asked.stdout + asked.stderr


def test_open_on_both_sides_works_and_is_loud(machine: Make, small_book: Path) -> None:
    laptop, desktop = machine("laptop"), machine("desktop")
    coordinator = laptop.start("coordinate", "--open", small_book, *FAST)
    worker = work(desktop, coordinator, "--open")
    assert "nothing is encrypted" in coordinator.ends()
    assert "nothing is encrypted" in worker.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert not (laptop.home / "swarm.key").exists()


@pytest.mark.parametrize("opened", ["coordinator", "worker"])
def test_a_machine_with_a_key_never_falls_back_to_open(lan: Make, small_book: Path, opened: str) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    flags = [["--open"] if side == opened else [] for side in ("coordinator", "worker")]
    # other tests have open workers, which would find it
    coordinator = laptop.start("coordinate", "--no-advertise", *flags[0], small_book, *FAST)
    worker = work(desktop, coordinator, *flags[1], "--name", "keyholder")
    worker.says("does not speak in the open" if opened == "worker" else "another key.*or it was started with --open")
    time.sleep(1.5)
    assert "serving" not in worker.output
    assert "joined" not in coordinator.output


def test_the_key_of_the_environment_serves_containers(machine: Make, small_book: Path) -> None:
    laptop, desktop = machine("laptop"), machine("desktop")
    assert laptop.run("key", "--make").returncode == 0
    code = laptop.run("key", "--code").stdout.strip()
    coordinator = laptop.start("coordinate", small_book, *FAST)
    where = f"127.0.0.1:{coordinator.port}"
    worker = desktop.start("work", "--cpu", "--exit-when-done", E2A_SWARM_KEY=code, E2A_SWARM_COORDINATOR=where)
    coordinator.ends()
    worker.ends()
    assert not (desktop.home / "swarm.key").exists()
