"""A half-spoken job moves house in one file, or with the whole state folder, and goes on where it stood."""

import shutil
from collections.abc import Callable
from pathlib import Path

from evidence import assert_complete, clips, only, report_of
from household import Machine
from test_story_of_older_jobs import BOOK, INTERRUPTED, MADE, acceptances

JOB = "a-test-9e8965992e"


def test_a_job_in_one_file_goes_on_at_another_machine(machine: Callable[[str], Machine]) -> None:
    old, new = machine("old"), machine("new")
    shutil.copytree(MADE / "state", old.home, dirs_exist_ok=True)
    before = acceptances(old.home)[JOB]

    packed = old.run("jobs", "export", JOB)
    assert (packed.returncode, packed.stderr) == (0, "")
    assert f"{JOB}.e2a-job: {len(before)} spoken sentences, " in packed.stdout
    shutil.move(old.desk / f"{JOB}.e2a-job", new.desk)
    shutil.rmtree(old.home)
    taken = new.run("jobs", "import", f"{JOB}.e2a-job")
    assert (taken.returncode, taken.stderr) == (0, "")
    assert f"{JOB} imported: A Test, {len(before)} of " in taken.stdout
    assert_goes_on(new, before=len(before))


def test_a_state_folder_goes_on_at_another_path(machine: Callable[[str], Machine]) -> None:
    old, new = machine("old"), machine("new")
    shutil.copytree(MADE / "state", old.home, dirs_exist_ok=True)
    before = acceptances(old.home)[JOB]
    old.home.rename(new.home)
    assert_goes_on(new, before=len(before))


def assert_goes_on(machine: Machine, before: int) -> None:
    """Run the same command to its end, and check that nothing was spoken twice."""
    spoken = clips(machine.home)
    done = machine.run("convert", BOOK, *INTERRUPTED)
    assert (done.returncode, done.stderr) == (0, "")
    now = clips(machine.home)
    assert {key: now[key] for key in spoken} == spoken
    report = report_of(only(machine.desk, "*.m4b"))
    assert_complete(report)
    records = acceptances(machine.home)[JOB]
    assert len({(clip.chapter, clip.index) for clip in records}) == len(records) == report["totals"]["segments"]
    assert len(records) > before > 0


def test_a_mistyped_name_or_file_is_a_sentence(here: Machine) -> None:
    shutil.copytree(MADE / "state", here.home, dirs_exist_ok=True)
    refused = here.run("jobs", "export", "no-such-job")
    assert (refused.returncode, refused.stdout) == (64, "")
    assert "There is no job 'no-such-job'" in refused.stderr
    refused = here.run("jobs", "export", JOB, "--to", Path("no-such-folder") / "x")
    assert refused.returncode == 69
    assert "no-such-folder/x cannot be used" in refused.stderr
    refused = here.run("jobs", "import", BOOK)
    assert refused.returncode == 64
    assert "is no job that `e2a-swarm jobs export` wrote" in refused.stderr
    assert "Traceback" not in refused.stderr
