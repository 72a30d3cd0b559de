"""Lists of jobs read small files, and the journals only when these do not fit them."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from specs_for_tests import a_clip, a_job, a_key

import swarm.job.store.summary
from swarm.job.record import ClipDiscarded, JobFinished
from swarm.job.store.journal import Journal
from swarm.job.store.store import MAX_OPEN_JOURNALS, DiskStore, clip_bytes_of_all, list_jobs
from swarm.job.store.summary import FILE, read_summary

JOB = "moby-dick-1a2b"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state folder with a finished job of one clip, whose summary is written."""
    (tmp_path / "book.epub").write_bytes(b"book")
    with contextlib.closing(DiskStore(tmp_path / "state")) as store:
        store.create_job(a_job(JOB), tmp_path / "book.epub")
        store.commit([(JOB, a_clip(0, b"flac"), b"flac"), (JOB, JobFinished(9.0, ("a.m4b",)), b"")])
        store.settle(JOB)
    return tmp_path / "state"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Return a list of the journals that were read since."""
    folders: list[Path] = []

    def journal(folder: Path, *, read_only: bool) -> Journal:
        folders.append(folder)
        return Journal(folder, read_only=read_only)

    monkeypatch.setattr(swarm.job.store.summary, "Journal", journal)
    yield folders


def rest(folder: Path, age_s: float = 60.0) -> None:
    """Make a journal look as if it had not changed for some time."""
    path = folder / "journal.sqlite"
    at_ns = path.stat().st_mtime_ns - int(age_s * 1e9)
    os.utime(path, ns=(at_ns, at_ns))


def test_a_finished_job_is_listed_and_kept_apart_without_reading_its_journal(state: Path, opened: list[Path]) -> None:
    (job,) = list_jobs(state)
    assert (job.title, job.accepted, job.sentences, job.finished, job.files) == ("Moby Dick", 1, 2, True, ("a.m4b",))
    assert clip_bytes_of_all(state) == 4
    assert read_summary(state / "jobs" / JOB).sizes == {a_key(0): 4}
    assert opened == []


def test_jobs_that_stay_are_not_read_when_another_is_removed(state: Path, opened: list[Path], tmp_path: Path) -> None:
    with contextlib.closing(DiskStore(state)) as store:
        store.create_job(a_job("other"), tmp_path / "book.epub")
        store.commit([("other", a_clip(0, b"flac"), b""), ("other", a_clip(1, b"own"), b"own")])
        opened.clear()
        store.remove_jobs(["other"])
        assert opened == [state / "jobs" / "other"]
        assert store.clip_keys() == {a_key(0)}


def test_a_job_that_goes_on_is_read_again(state: Path, opened: list[Path]) -> None:
    with contextlib.closing(DiskStore(state)) as store:
        store.commit([(JOB, ClipDiscarded(0, 0, "lost"), b"")])
        assert not (state / "jobs" / JOB / FILE).exists()
        assert not store.jobs()[0].finished
    assert list_jobs(state)[0].accepted == 0
    assert clip_bytes_of_all(state) == 0


def test_a_version_that_knows_no_summaries_leaves_a_stale_one_that_is_made_anew(
    state: Path, opened: list[Path]
) -> None:
    folder = state / "jobs" / JOB
    with contextlib.closing(Journal(folder)) as journal:
        journal.append_records([a_clip(1, b"late")])
        assert list_jobs(state)[0].accepted == 2  # while its log is there
    assert list_jobs(state)[0].accepted == 2
    rest(folder)
    opened.clear()
    assert [list_jobs(state)[0].accepted for _ in range(3)] == [2, 2, 2]
    assert opened == [folder]


@pytest.mark.parametrize("harm", ["gone", "empty", "cut", "changed", "a folder"])
def test_a_damaged_summary_is_made_anew(state: Path, opened: list[Path], harm: str) -> None:
    path = state / "jobs" / JOB / FILE
    whole = path.read_bytes()
    path.unlink()
    if harm == "a folder":
        path.mkdir()
    elif harm != "gone":
        path.write_bytes({"empty": b"", "cut": whole[:-9], "changed": whole[:20] + b"?" + whole[21:]}[harm])
    rest(path.parent)
    assert list_jobs(state)[0].accepted == 1
    assert list_jobs(state)[0].accepted == 1
    assert len(opened) == (2 if harm == "a folder" else 1)
    assert harm == "a folder" or read_summary(path.parent).about.title == "Moby Dick"


def test_a_copied_state_folder_has_its_journals_read_once(state: Path, opened: list[Path], tmp_path: Path) -> None:
    shutil.copytree(state, tmp_path / "copy", copy_function=shutil.copyfile)
    rest(tmp_path / "copy" / "jobs" / JOB)
    assert [list_jobs(tmp_path / "copy")[0].accepted for _ in range(2)] == [1, 1]
    assert len(opened) == 1


def test_a_journal_that_changed_just_now_gets_no_summary_from_a_reader(state: Path) -> None:
    path = state / "jobs" / JOB / FILE
    path.unlink()
    os.utime(state / "jobs" / JOB / "journal.sqlite")
    assert list_jobs(state)[0].accepted == 1
    assert not path.exists()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux")
def test_hundreds_of_jobs_keep_few_files_open(tmp_path: Path) -> None:
    (tmp_path / "book.epub").write_bytes(b"book")
    names = [f"job-{number}" for number in range(3 * MAX_OPEN_JOURNALS)]
    with contextlib.closing(DiskStore(tmp_path / "state")) as store:
        for name in names:
            store.create_job(a_job(name), tmp_path / "book.epub")
        readers = [store.records(name) for name in names]
        for index in range(2):
            store.commit([(name, a_clip(index, b"flac"), b"flac") for name in names])
            links = [str(file.resolve()) for file in Path("/proc/self/fd").iterdir()]
            assert (
                0
                < sum(link.startswith(str(tmp_path)) and "journal.sqlite" in link for link in links)
                <= 3 * MAX_OPEN_JOURNALS
            )
        assert [len(list(reader)) for reader in readers] == [2] * len(names)
