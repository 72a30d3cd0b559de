"""Ctrl-C once finishes the sentences under way, twice stops at once; the same command resumes."""

import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, clips, only, report_of
from household import SLOW, Machine, Running, descendants, is_alive, wait_for

from swarm.errors import EXIT_INTERRUPTED

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")

# A sentence takes half a second or more: long enough to be interrupted in the middle.
SLEEPY = (*SLOW, "--engine-option", "cost_per_char=0.025")


def taken_when_told(running: Running, number: signal.Signals, coordinating: Machine) -> int:
    """Send a signal, and return the number of accepted clips when the command heard it."""
    running.signal(number)
    running.says("finishing the sentences under way")
    return len(accepted(coordinating.home))


def test_convert_finishes_what_is_being_spoken(here: Machine, small_book: Path) -> None:
    running = here.start("convert", small_book, *SLEEPY, "--workers", "2")
    wait_for(lambda: accepted(here.home))
    children, taken = descendants(running.pid), len(accepted(here.home))
    most = taken_when_told(running, signal.SIGINT, here) + 4
    assert "run the same command again to resume" in running.ends(EXIT_INTERRUPTED)
    assert taken + 1 <= len(accepted(here.home)) <= most
    assert not list(here.desk.glob("*.m4b"))
    wait_for(lambda: not any(map(is_alive, children)))

    before = clips(here.home)
    here.start("convert", small_book, *SLEEPY, "--workers", "16").ends()
    after = clips(here.home)
    assert {key: after[key] for key in before} == before
    assert_spoken_once(here.home)
    assert_complete(report_of(only(here.desk, "*.m4b")))


@pytest.mark.slow
def test_rented_machines_leave_in_time_when_idle_and_when_warned_and_nothing_is_lost(
    lan: Callable[[str], Machine], small_book: Path
) -> None:
    laptop = lan("laptop")
    coordinator = laptop.start("coordinate", small_book, *SLEEPY, "--min-workers", "2")
    rent = ("--cpu", "--slots", "1", "--coordinator", f"127.0.0.1:{coordinator.port}")
    warned = lan("warned").start("work", *rent)
    short = lan("short").start("work", *rent, "--for", "6s")
    wait_for(lambda: accepted(laptop.home))
    warned.signal(signal.SIGUSR1)
    warned.says("finishing the sentences under way")
    warned.signal(signal.SIGTERM)  # batch systems do this when time is over: it is no second Ctrl-C
    warned.ends()
    assert "its 6 s (--for) are nearly over" in short.ends()
    patient = lan("patient").start("work", *rent, "--exit-when-idle", "2s")
    coordinator.ends()
    assert re.search(r"there was no work for 2 s.*\nspoke \d+ sentences? of 1 book in \d", patient.ends(), re.DOTALL)
    assert_spoken_once(laptop.home)
    assert_complete(report_of(only(laptop.desk, "*.m4b")))


@pytest.mark.parametrize("command", ["convert", "work"])
def test_twice_stops_at_once(lan: Callable[[str], Machine], small_book: Path, command: str) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    endless = (*SLOW, "--engine-option", "cost_per_char=1")
    if command == "convert":
        running = laptop.start("convert", small_book, *endless)
        running.says("starting the voice")
        wait_for(lambda: bool(descendants(running.pid)))
    else:
        coordinator = laptop.start("coordinate", small_book, *endless)
        running = desktop.start("work", "--cpu", "--coordinator", f"127.0.0.1:{coordinator.port}")
        running.says("speaking The Lamp")
    time.sleep(0.3)  # until something is being spoken
    children = descendants(running.pid)
    running.signal()
    running.says("Ctrl-C again stops at once")
    time.sleep(0.2)
    assert running.process.poll() is None
    running.signal()
    running.ends(EXIT_INTERRUPTED)
    assert not accepted(laptop.home)  # a sentence takes half a minute
    wait_for(lambda: not any(map(is_alive, children)))


def test_a_worker_delivers_what_it_speaks_before_it_leaves(lan: Callable[[str], Machine], small_book: Path) -> None:
    laptop, desktop, tower = lan("laptop"), lan("desktop"), lan("tower")
    coordinator = laptop.start("coordinate", small_book, *SLEEPY)
    work = ("work", "--cpu", "--slots", "2", "--coordinator", f"127.0.0.1:{coordinator.port}", "--exit-when-done")
    leaving = desktop.start(*work, "--name", "desktop")
    wait_for(lambda: accepted(laptop.home))
    taken = len(accepted(laptop.home))
    most = taken_when_told(leaving, signal.SIGTERM, laptop) + 4
    leaving.ends(0)
    assert taken + 1 <= len(accepted(laptop.home)) <= most
    coordinator.says("desktop left")

    tower.start(*work[:3], "16", *work[4:]).ends()
    coordinator.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_spoken_once(laptop.home)


@pytest.mark.parametrize("words", [["work", "--cpu"], ["coordinate"]], ids=" ".join)
def test_whoever_only_waits_ends_at_once(lan: Callable[[str], Machine], small_book: Path, words: list[str]) -> None:
    laptop = lan("laptop")
    waiting = words[0] == "work"
    running = laptop.start(*words) if waiting else laptop.start(*words, small_book, *SLOW)
    running.says("looking for" if waiting else "waiting for a worker")
    running.signal()
    assert "nothing is under way: leaving" in running.ends(0 if waiting else 130)


def test_a_worker_that_waits_for_a_key_ends_at_once(here: Machine) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # scripts have what they start with & ignore it
    try:
        running = here.start("work", "--cpu")
    finally:
        signal.signal(signal.SIGINT, before)
    running.says("in no swarm yet")
    running.signal()
    running.ends(EXIT_INTERRUPTED)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for others")
def test_a_command_that_still_loads_ends_in_good_order_too(here: Machine, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import builtins, pathlib, time\n"
        "load = builtins.__import__\n"
        "def slow(name, *rest, **more):\n"
        "    if name.startswith('zmq'):\n"
        "        pathlib.Path('loading').touch()\n"
        "        time.sleep(60)\n"
        "    return load(name, *rest, **more)\n"
        "builtins.__import__ = slow\n"
    )
    fresh = {"PYTHONPATH": str(tmp_path), "PYTHONHASHSEED": "0"}  # a fork has loaded everything
    running = here.start("work", "--cpu", **fresh)
    wait_for((here.desk / "loading").exists)
    running.signal(signal.SIGTERM)
    running.ends(EXIT_INTERRUPTED)
