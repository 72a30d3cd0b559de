"""A job of an older version is refused by one sentence; `made_by_0_1` has the state folder of a real run of 0.1."""

import shutil
from pathlib import Path

from evidence import assert_complete, only, report_of
from household import Machine

MADE = Path(__file__).parent / "made_by_0_1"
FINISHED = (MADE / "book.epub", "--chapters", "1", "--tts-engine", "espeak", "--speed", "2")


def test_a_job_of_0_1_is_refused_and_is_begun_again_when_it_is_removed(here: Machine) -> None:
    shutil.copytree(MADE / "state", here.home, dirs_exist_ok=True)
    listed = here.run("jobs")
    assert listed.returncode == 0
    for job in (folder.name for folder in (here.home / "jobs").iterdir()):
        assert "and begin again" in listed.stdout
        assert here.run("jobs", "remove", job).returncode == 0
    done = here.run("convert", *FINISHED)
    assert (done.returncode, done.stderr) == (0, "")
    assert_complete(report_of(only(here.desk, "*.m4b")))
