"""Any process is killed at any moment: nothing that was spoken is lost, and nothing is spoken again."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, clips, only, report_of
from household import SLOW, Machine, Running, descendants, is_alive, wait_for
from ready import runs

pytestmark = pytest.mark.chaos
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def kill_with_children(running: Running) -> None:
    """Kill a command and wait until its children have ended by themselves."""
    os.kill(running.pid, signal.SIGSTOP)  # a stopped process starts no other child
    children = descendants(running.pid)
    running.kill()
    wait_for(lambda: not any(map(is_alive, children)), f"the end of {children}")


def die_when(machine: Machine, moment: Callable[[], object], *words: object) -> None:
    """Start a command, kill it at a moment, and check that accepted clips are unchanged."""
    before, known = clips(machine.home), {record.key for record in accepted(machine.home)}
    running = machine.start(*words)
    wait_for(lambda: moment() or running.process.poll() is not None)
    assert running.process.poll() is None, f"it was too quick to be killed:\n{running.output}"
    kill_with_children(running)
    after = clips(machine.home)
    assert {key: after.get(key) for key in before} == before
    assert known <= {record.key for record in accepted(machine.home)} <= after.keys()


@linux
def test_convert_killed_again_and_again(here: Machine, small_book: Path) -> None:
    command = ("convert", small_book, *SLOW, "--workers", "2")
    born_s = time.monotonic()
    die_when(here, lambda: time.monotonic() > born_s + 0.3, *command)  # before anything is there
    for count in (1, 7, 33):
        die_when(here, lambda count=count: len(clips(here.home)) >= count, *command)

    spoken = clips(here.home)
    done = here.run(*command)
    assert (done.returncode, done.stderr) == (0, "")
    assert clips(here.home) == spoken
    assert_spoken_once(here.home)
    report = report_of(only(here.desk, "*.m4b"))
    assert_complete(report)
    totals = report["totals"]
    assert totals["clips_received"] == totals["segments"] - totals["reused"]  # each once, whichever run it was
    assert not list((here.home / "scratch").rglob("*.part"))
    assert not list(here.desk.glob(".*"))


@pytest.mark.slow
@linux
def test_an_engine_that_is_killed_is_started_again(here: Machine, small_book: Path) -> None:
    running = here.start("convert", small_book, *SLOW, "--workers", "1")
    wait_for(lambda: len(clips(here.home)) >= 3)
    engine = next(pid for pid in descendants(running.pid) if runs(pid, "swarm.voice.host.engine_child"))
    os.kill(engine, signal.SIGKILL)
    running.ends()
    report = report_of(only(here.desk, "*.m4b"))
    assert_complete(report)
    assert report["totals"]["failures"] <= 1
