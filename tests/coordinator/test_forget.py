"""What a removed job gives back in the folders that it wrote to."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from making import make_spec

from swarm.audiobook.output_path import CLAIMS, claim_output_path, claims_in, note_claim, report_path
from swarm.commands.jobs import forget_jobs
from swarm.coordinator.books import free_names
from swarm.job.store.store import DiskStore


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.epub"
    path.touch()
    return path


def test_a_removed_job_gives_its_names_back_and_leaves_what_is_finished(tmp_path: Path, book: Path) -> None:
    books, other = tmp_path / "books", tmp_path / "gone"
    with closing(DiskStore(tmp_path / "state")) as store:
        store.create_job(make_spec(["One."]), book)
        folder = store.folder("job")
        for place, stem in ((books, "Emma"), (books, "Persuasion"), (other, "Emma")):
            report = report_path(claim_output_path(place, stem, "m4b", "job"))
            note_claim(folder, str(report))
            note_claim(folder, str(report))  # the next run claims it
        note_claim(folder, "sftp://nas/books/Emma.report.json")
        assert len(claims_in(folder)) == 3
        (books / "Persuasion.report.json").write_text('{"book": {"job": "job"}, "totals": {}}')
        (books / "Persuasion.m4b").touch()
        (other / "Emma.report.json").unlink()
        other.rmdir()
        forget_jobs(store, ["job"])
        assert not folder.exists()
    assert sorted(path.name for path in books.iterdir()) == ["Persuasion.m4b", "Persuasion.report.json"]


def test_names_that_killed_commands_claimed_are_free_again(tmp_path: Path, book: Path) -> None:
    books = tmp_path / "books"
    with closing(DiskStore(tmp_path / "state")) as running, closing(DiskStore(tmp_path / "state")) as store:
        for job in ("runs", "killed", "wrote", "finished"):
            running.create_job(make_spec(["One."], job=job), book)
            running.release_job(job)
            report = report_path(claim_output_path(books, job, "mp3", job))
            note_claim(store.folder(job), str(report))
        (books / "wrote").mkdir()  # files of its chapters
        (books / "finished.report.json").write_text('{"book": {"job": "finished"}, "totals": {}}')
        running.lock_job("runs")
        free_names(store, tmp_path)
        assert (books / "killed.report.json").exists()
        free_names(store, books)
        store.lock_job("killed")
    left = ["finished.report.json", "runs.report.json", "wrote", "wrote.report.json"]
    assert sorted(path.name for path in books.iterdir()) == left


def test_a_name_that_another_job_has_by_now_stays(tmp_path: Path, book: Path) -> None:
    with closing(DiskStore(tmp_path / "state")) as store:
        store.create_job(make_spec(["One."]), book)
        report = report_path(claim_output_path(tmp_path, "Emma", "m4b", "another"))
        note_claim(store.folder("job"), str(report))
        forget_jobs(store, ["job"])
    assert report.exists()


def test_notes_that_are_damaged_or_of_an_old_version_release_nothing(tmp_path: Path) -> None:
    assert claims_in(tmp_path) == []
    for damaged in (b"", b"[", b"{}", b"[1, null]", json.dumps(5).encode()):
        (tmp_path / CLAIMS).write_bytes(damaged)
        assert claims_in(tmp_path) == []
