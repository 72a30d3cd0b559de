import json
import time
from pathlib import Path

import pytest

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE
from swarm.job.record import ClipAccepted, ClipDiscarded, JobFinished, RunStarted
from swarm.job.spec import BookFacts, JobSpec, Recipe
from swarm.job.store.store import DiskStore, Entry
from swarm.job.store.summary import size_of
from swarm.system.text import bytes_text

KEY = "0123456789abcdef" * 2
CLIP = ClipAccepted(0, 0, 0, KEY, 5, "w", 1e9, 1e9 + 1, samples=24_000, sample_rate=24_000, digest="0" * 64, work_s=1.0)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state folder with two jobs, one of which has a clip."""
    book = tmp_path / "emma.epub"
    book.write_bytes(b"a book")
    store = DiskStore(tmp_path / "state")
    for name in ("emma-1", "emma-2"):
        chapter = Chapter("I", (Segment("Emma Woodhouse.", Pause.SENTENCE),))
        recipe = Recipe("metronome", "tick", "en")
        spec = JobSpec(name, str(book), BookFacts("Emma", ("Jane Austen",), "en"), recipe, (chapter,), 1e9)
        store.create_job(spec, book)
    store.commit([("emma-1", CLIP, b"sound")])
    store.close()
    return tmp_path / "state"


def commit(state: Path, *entries: Entry) -> None:
    store = DiskStore(state)
    store.commit(entries)
    store.close()


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
    commit(state, ("emma-1", JobFinished(1e9, ("/old.m4b",)), b""), ("emma-1", JobFinished(2e9, (str(file),)), b""))
    assert main(["jobs", "--state-dir", str(state)]) == 0
    assert f"audiobook {file}\n" in capsys.readouterr().out
    file.unlink()
    assert main(["jobs", "--state-dir", str(state)]) == 0
    assert f"audiobook {file} (not there now)\n" in capsys.readouterr().out
    commit(state, ("emma-1", JobFinished(3e9, ("s3://books/Emma.m4b",)), b""))
    assert main(["jobs", "--state-dir", str(state)]) == 0
    assert "audiobook s3://books/Emma.m4b\n" in capsys.readouterr().out


def test_a_job_of_many_files_names_the_audiobook_and_counts_its_chapters(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Emma").mkdir()
    files = [tmp_path / "Emma.m4b", *(tmp_path / "Emma" / f"{number}.m4b" for number in range(1, 6))]
    for file in files:
        file.touch()
    commit(state, ("emma-1", JobFinished(1e9, tuple(map(str, files))), b""))
    assert main(["jobs", "--state-dir", str(state)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if str(tmp_path) in line and "audiobook" in line] == [f"  audiobook {files[0]}"]
    assert f"  with 5 files in {tmp_path / 'Emma'}" in lines
    for file in files[1:]:
        file.unlink()
    assert main(["jobs", "--state-dir", str(state)]) == 0
    assert f"  with 5 files in {tmp_path / 'Emma'} (5 not there now)\n" in capsys.readouterr().out


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
    assert main(["jobs", "remove", "emma-1", "emma", "--state-dir", str(state)]) == EXIT_USAGE
    assert "There is no job 'emma'" in capsys.readouterr().err
    assert main(["jobs", "remove", "../clips", "--state-dir", str(state)]) == EXIT_USAGE
    assert len(list((state / "jobs").iterdir())) == 2


def test_a_job_that_somebody_works_on_stays(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = DiskStore(state)
    store.lock_job("emma-1")
    try:
        assert main(["jobs", "remove", "emma-1", "--state-dir", str(state)]) == EXIT_ENVIRONMENT
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


# --- prune


def finish(state: Path, job: str, at_s: float) -> None:
    commit(state, (job, RunStarted(1, at_s - 9), b""), (job, JobFinished(at_s, ("/emma.m4b",)), b""))


def names(state: Path) -> list[str]:
    return sorted(path.name for path in (state / "jobs").iterdir())


def test_old_finished_jobs_go_and_what_that_frees_is_said(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish(state, "emma-1", 1e9 + 60)
    freed = size_of(state / "jobs" / "emma-1") + 5
    assert main(["jobs", "prune", "--older", "30d", "--dry-run", "--state-dir", str(state)]) == 0
    assert capsys.readouterr().out == (
        "would remove emma-1: Emma, last used 2001-09-09\n"
        "kept emma-2: not finished; --unfinished removes it too\n"
        f"would remove 1 job, {bytes_text(freed)} would be free\n"
    )
    assert names(state) == ["emma-1", "emma-2"]
    assert main(["jobs", "prune", "--older", "30d", "--state-dir", str(state)]) == 0
    assert f"removed 1 job, {bytes_text(freed)} are free again\n" in capsys.readouterr().out
    assert names(state) == ["emma-2"]
    assert not list((state / "clips").rglob("*.flac"))


def test_a_job_is_as_old_as_its_last_run_not_as_its_making(state: Path) -> None:
    finish(state, "emma-1", time.time() - 3600)
    assert main(["jobs", "prune", "--older", "12h", "--state-dir", str(state)]) == 0
    assert names(state) == ["emma-1", "emma-2"]
    assert main(["jobs", "prune", "--older", "0h", "--state-dir", str(state)]) == 0
    assert names(state) == ["emma-2"]


def test_a_finished_book_of_which_a_sentence_is_to_be_spoken_again_is_not_finished(state: Path) -> None:
    finish(state, "emma-1", 1e9)
    commit(state, ("emma-1", ClipDiscarded(0, 0, "to be spoken again"), b""))
    assert main(["jobs", "prune", "--older", "30d", "--state-dir", str(state)]) == 0
    assert names(state) == ["emma-1", "emma-2"]


def test_sound_that_another_job_needs_stays_and_is_not_counted(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish(state, "emma-1", 1e9)
    commit(state, ("emma-2", CLIP, b""))
    freed = size_of(state / "jobs" / "emma-1")
    assert main(["jobs", "prune", "--older", "30d", "--state-dir", str(state)]) == 0
    assert bytes_text(freed) in capsys.readouterr().out
    assert [path.read_bytes() for path in (state / "clips").rglob("*.flac")] == [b"sound"]
    assert main(["jobs", "prune", "--older", "30d", "--unfinished", "--state-dir", str(state)]) == 0
    assert not list((state / "clips").rglob("*.flac"))


def test_a_job_that_somebody_works_on_and_a_damaged_one_are_kept_and_the_others_go(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "jobs" / "torn").mkdir()
    store = DiskStore(state)
    store.lock_job("emma-1")
    try:
        assert main(["jobs", "prune", "--older", "30d", "--unfinished", "--state-dir", str(state)]) == 0
    finally:
        store.close()
    said = capsys.readouterr().out
    assert "kept emma-1: process " in said
    assert "kept torn: its journal cannot be read; `e2a-swarm jobs remove torn` removes it\n" in said
    assert names(state) == ["emma-1", "torn"]


@pytest.mark.parametrize("age", ["30", "d", "-3d", "1y", "30 days", ""])
def test_an_age_that_cannot_be_meant_is_refused(state: Path, age: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "prune", f"--older={age}", "--state-dir", str(state)]) == EXIT_USAGE
    assert "such as 12h, 30d or 8w" in capsys.readouterr().err


def test_nothing_is_pruned_and_nothing_made_where_there_is_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jobs", "prune", "--older", "30d", "--state-dir", str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out == "no jobs here yet\n"
    assert not (tmp_path / "none").exists()


def test_where_nothing_is_old_enough_prune_says_that_and_no_figures(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ((), ("--dry-run",)):
        assert main(["jobs", "prune", "--older", "9999w", "--unfinished", *words, "--state-dir", str(state)]) == 0
        assert capsys.readouterr().out == "nothing to remove: no job here is old enough\n"
    assert main(["jobs", "prune", "--older", "9999w", "--state-dir", str(state)]) == 0
    assert capsys.readouterr().out == "nothing to remove: no finished job here is old enough\n"


def test_a_job_is_written_into_no_folder_of_other_things_and_taken_from_none(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    assert main(["jobs", "export", "emma-1", "--to", str(desk), "--state-dir", str(state)]) == EXIT_USAGE
    assert main(["jobs", "import", str(desk), "--state-dir", str(state)]) == EXIT_USAGE
    told = capsys.readouterr().err
    assert "holds no jobs: name another folder" in told and "is no folder that `e2a-swarm jobs export` wrote" in told
    assert not list(desk.iterdir())
