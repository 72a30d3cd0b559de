import json
from pathlib import Path

import pytest

from swarm.book.model import Chapter, Pause, Segment
from swarm.commands.main import main
from swarm.lease.facts import BookFacts, JobFacts
from swarm.lease.recipe import Recipe
from swarm.lease.record import ClipAccepted, JobFinished
from swarm.node.store import DiskStore, size_of
from swarm.watch.text import bytes_text

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
    assert "emma-1\n  Emma: 1 chapter (I)\n  English by metronome, voice tick, made 2001-09-" in said
    assert "  1 of 1 sentences, not finished, " in said
    assert "  0 of 1 sentences, not finished, " in said
    assert f"2 jobs, together {bytes_text(size_of(state / 'jobs') + 5)} in {state}" in said
    assert main(["jobs", "--json", "--state-dir", str(state)]) == 0
    listed = {job["job"]: job for job in json.loads(capsys.readouterr().out)}
    assert (listed["emma-1"]["accepted"], listed["emma-1"]["sentences"]) == (1, 1)
    assert (listed["emma-1"]["engine"], listed["emma-1"]["chapters"]) == ("metronome", ["I"])
    assert listed["emma-1"]["disk_bytes"] > listed["emma-2"]["disk_bytes"] - 4096
    assert not listed["emma-2"]["finished"]


def test_a_finished_job_names_its_audiobook_and_whether_it_is_still_there(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Emma.m4b"
    file.touch()
    store = DiskStore(state)
    store.commit([("emma-1", JobFinished(1e9, ("/old.m4b",)), b""), ("emma-1", JobFinished(2e9, (str(file),)), b"")])
    store.close()
    assert main(["jobs", "--state-dir", str(state)]) == 0
    assert f"audiobook {file}\n" in capsys.readouterr().out
    file.unlink()
    assert main(["jobs", "--state-dir", str(state)]) == 0
    assert f"audiobook {file} (not there now)\n" in capsys.readouterr().out


def test_the_help_shows_both_forms_and_another_word_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "--help"]) == 0
    assert "e2a-swarm jobs remove NAME...\n" in capsys.readouterr().out
    assert main(["jobs", "remove", "--help"]) == 0
    assert "usage: e2a-swarm jobs remove [-h]" in capsys.readouterr().out
    assert main(["jobs", "delete", "x"]) == 2
    assert capsys.readouterr().err == "e2a-swarm: e2a-swarm jobs does not know 'delete'; it knows remove.\n"


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
