"""A half-spoken job moves house in a folder of its own, or with the whole state folder, and goes on where it stood."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, clips, only, report_of
from household import SLOW, Machine, wait_for

SPOKEN_BEFORE = 3


@pytest.fixture
def old(machine: Callable[[str], Machine], small_book: Path) -> Machine:
    """Return a machine whose job was killed in the middle."""
    old = machine("old")
    running = old.start("convert", small_book, *SLOW, "--workers", 1)
    wait_for(lambda: len(accepted(old.home)) >= SPOKEN_BEFORE)
    running.kill()
    return old


def job_of(machine: Machine) -> str:
    return only(machine.home / "jobs", "*").name


def test_a_job_in_a_folder_of_its_own_goes_on_at_another_machine(
    old: Machine, machine: Callable[[str], Machine], small_book: Path
) -> None:
    new, before = machine("new"), accepted(old.home)

    job = job_of(old)
    packed = old.run("jobs", "export", job)
    assert (packed.returncode, packed.stderr) == (0, "")
    assert f"{len(before)} of " in packed.stdout
    shutil.move(old.desk / job, new.desk)
    shutil.rmtree(old.home)
    taken = new.run("jobs", "import", job)
    assert (taken.returncode, taken.stderr) == (0, "")
    assert f"{len(before)} of " in taken.stdout
    assert_goes_on(new, small_book, before=len(before))


def test_a_state_folder_goes_on_at_another_path(
    old: Machine, machine: Callable[[str], Machine], small_book: Path
) -> None:
    new, before = machine("new"), accepted(old.home)
    old.home.rename(new.home)
    assert_goes_on(new, small_book, before=len(before))


def assert_goes_on(machine: Machine, book: Path, before: int) -> None:
    """Run the same command to its end, and check that nothing was spoken twice."""
    spoken = clips(machine.home)
    done = machine.run("convert", book, *SLOW, "--workers", "1")
    assert (done.returncode, done.stderr) == (0, "")
    now = clips(machine.home)
    assert {key: now[key] for key in spoken} == spoken
    report = report_of(only(machine.desk, "*.m4b"))
    assert_complete(report)
    records = accepted(machine.home)
    assert len({(clip.chapter, clip.index) for clip in records}) == len(records) == report["totals"]["segments"]
    assert len(records) > before > 0
