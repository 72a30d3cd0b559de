import json
from pathlib import Path

import pytest

from swarm.book.model import Chapter, Pause, Segment
from swarm.commands.main import main
from swarm.lease.facts import BookFacts, JobFacts
from swarm.lease.recipe import Recipe
from swarm.lease.record import ClipAccepted
from swarm.node.store import DiskStore

KEY = "0123456789abcdef" * 2


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with two jobs, one of which has a clip."""
    book = tmp_path / "emma.epub"
    book.write_bytes(b"a book")
    store = DiskStore(tmp_path / "state")
    for name in ("emma-1", "emma-2"):
        chapter = Chapter("I", (Segment("Emma Woodhouse.", Pause.SENTENCE),))
        recipe = Recipe("metronome", "tick", "en")
        facts = JobFacts(name, str(book), BookFacts("Emma", ("Jane Austen",), "en"), recipe, (chapter,), 1e9)
        store.create_job(facts, book)
    clip = ClipAccepted(0, 0, 0, KEY, 24_000, 24_000, "0" * 64, 5, "w", 1.0, 1e9, 1e9 + 1)
    store.commit([("emma-1", clip, b"sound")])
    store.close()
    return tmp_path / "state"


def test_an_empty_machine_says_so_and_stays_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "--state-dir", str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out.startswith("no jobs here yet")
    assert main(["jobs", "--json", "--state-dir", str(tmp_path / "none")]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert not (tmp_path / "none").exists()


def test_jobs_are_listed_with_state_and_size(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "--state-dir", str(state)]) == 0
    said = capsys.readouterr().out
    assert "emma-1\n  Emma: 1 sentence spoken, not finished, " in said
    assert "emma-2\n  Emma: 0 sentences spoken, not finished, " in said
    assert main(["jobs", "--json", "--state-dir", str(state)]) == 0
    listed = {job["job"]: job for job in json.loads(capsys.readouterr().out)}
    assert listed["emma-1"]["accepted"] == 1
    assert listed["emma-1"]["disk_bytes"] > listed["emma-2"]["disk_bytes"] - 4096
    assert not listed["emma-2"]["finished"]


def test_a_job_is_removed_with_its_sound(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "remove", "emma-1", "--state-dir", str(state)]) == 0
    assert capsys.readouterr().out == "removed emma-1\n"
    assert [path.name for path in (state / "jobs").iterdir()] == ["emma-2"]
    assert not list((state / "clips").rglob(f"*{KEY[4:]}*"))


def test_the_state_folder_may_be_named_before_or_after(state: Path) -> None:
    assert main(["jobs", "--state-dir", str(state), "remove", "emma-1"]) == 0
    assert main(["jobs", "remove", "--state-dir", str(state), "emma-2"]) == 0
    assert not list((state / "jobs").iterdir())


def test_one_wrong_name_removes_nothing(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "remove", "emma-1", "emma", "--state-dir", str(state)]) == 2
    assert "There is no job 'emma'" in capsys.readouterr().err
    assert main(["jobs", "remove", "../clips", "--state-dir", str(state)]) == 2
    assert len(list((state / "jobs").iterdir())) == 2


def test_a_job_that_somebody_works_on_stays(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = DiskStore(state)
    store.lock_job("emma-1")
    try:
        assert main(["jobs", "remove", "emma-1", "--state-dir", str(state)]) == 4
        assert "already working on emma-1" in capsys.readouterr().err
        assert (state / "jobs" / "emma-1").is_dir()
    finally:
        store.close()


def test_a_damaged_job_is_named_and_can_be_removed(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (state / "jobs" / "emma-1" / "journal.sqlite").write_bytes(b"nonsense" * 1000)
    assert main(["jobs", "--state-dir", str(state)]) == 0
    assert "emma-1\n  " in capsys.readouterr().out
    assert main(["jobs", "remove", "emma-1", "--state-dir", str(state)]) == 0
    assert [path.name for path in (state / "jobs").iterdir()] == ["emma-2"]
