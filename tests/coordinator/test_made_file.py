"""Finding the report of a finished file, and of a book."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sftp_server import SftpServer

from swarm.coordinator.made_file import find_delivered_file, find_made_file, is_made, made_of, uploaded_to
from swarm.errors import UsageError
from swarm.job.store.summary import JobSummary


def write_report(path: Path, job: str = "emma-1", *files: str, **more: Any) -> Path:
    rows = [
        {"chapter": number, "sentence": 1, "id": f"{number}:1", "text": "Yes.", "file": file, "at_s": 0.5, "end_s": 9.0}
        for number, file in enumerate(files, 1)
    ]
    report = {"version": 2, "book": {"job": job, "source": "/books/emma.epub"}, "totals": {}, "segments": rows}
    path.write_text(json.dumps(report | more))
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    (tmp_path / "Dr. No.m4b").write_bytes(b"sound")
    return write_report(tmp_path / "Dr. No.report.json", "emma-1", "Dr. No.m4b")


@pytest.fixture
def split(tmp_path: Path) -> Path:
    (tmp_path / "Emma").mkdir()
    (tmp_path / "Emma" / "01 - I.mp3").write_bytes(b"sound")
    return write_report(tmp_path / "Emma.report.json", "emma-2", "Emma/01 - I.mp3", "Emma/02 - II.mp3")


@pytest.mark.parametrize("name", ["Dr. No.m4b", "Dr. No.report.json", "Dr. No.report.html", "Dr. No.vtt"])
def test_the_report_of_a_file_lies_beside_it(whole: Path, name: str) -> None:
    path = whole.parent / name
    path.touch()
    made = find_made_file(path)
    assert is_made(path)
    assert (made.folder, made.stem, made.report.book.job) == (whole.parent, "Dr. No", "emma-1")
    assert made.heard_at(1.0).sentence.id == "1:1"


def test_of_a_file_for_each_chapter_it_lies_beside_their_folder(split: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = find_made_file(split.parent / "Emma" / "01 - I.mp3")
    assert (made.folder.resolve(), made.stem, made.heard_at(1.0).sentence.id) == (split.parent, "Emma", "1:1")
    monkeypatch.chdir(split.parent / "Emma")
    assert find_made_file(Path("01 - I.mp3")).heard_at(1.0).sentence.id == "1:1"
    assert is_made(split.parent / "Emma")
    with pytest.raises(UsageError, match=r"01 - I.mp3 or Emma/02"):
        find_made_file(split.parent / "Emma").heard_at(1.0)


def test_sound_of_an_earlier_edition_is_not_mended_by_the_report_of_the_present_one(whole: Path) -> None:
    (whole.parent / "Dr. No.opus").write_bytes(b"sound")
    with pytest.raises(UsageError, match=r"made by an earlier run, and its report tells of Dr\. No\.m4b by now"):
        find_made_file(whole.parent / "Dr. No.opus")


def test_books_and_folders_of_books_are_no_files_of_ours(tmp_path: Path, whole: Path) -> None:
    assert not any(map(is_made, (tmp_path, tmp_path / "Dr. No.epub", tmp_path / "Dr. No.txt", tmp_path / "a.html")))
    assert is_made(tmp_path / "Dr. No.read-along.epub")
    assert not is_made(tmp_path / "Emma.read-along.epub")


def test_what_cannot_be_mended_from_says_what_to_do(tmp_path: Path, whole: Path) -> None:
    with pytest.raises(UsageError, match="does not exist: name"):
        find_made_file(tmp_path / "Emma.m4b")
    (tmp_path / "Emma.m4b").touch()
    with pytest.raises(UsageError, match=r"no report beside it: bring the \.report\.json file"):
        find_made_file(tmp_path / "Emma.m4b")
    (tmp_path / "Emma.report.json").write_bytes(b'{"book": {"job": "emma-1"}, "files": []}')
    with pytest.raises(UsageError, match="no whole report of this version: run the convert"):
        find_made_file(tmp_path / "Emma.m4b")
    write_report(tmp_path / "Emma.report.json", version=1)
    with pytest.raises(UsageError, match="no whole report of this version: run the convert"):
        find_made_file(tmp_path / "Emma.m4b")
    with pytest.raises(UsageError, match=r"is not in Dr. No.m4b: that is shorter"):
        find_made_file(tmp_path / "Dr. No.m4b").heard_at(60.0)


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    (tmp_path / "served").mkdir()
    server = SftpServer(tmp_path / "served")
    server.make_known(tmp_path / "home")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    yield server
    server.close()


def test_a_delivered_file_has_its_report_beside_it_at_its_address(sftp: SftpServer) -> None:
    write_report(sftp.folder / "Dr. No.report.json", "emma-1", "Dr. No.m4b")
    (sftp.folder / "Emma").mkdir()
    write_report(sftp.folder / "Emma.report.json", "emma-2", "Emma/01 - I.mp3", "Emma/02 - II.mp3")
    for name, stem, place in (
        ("Dr. No.m4b", "Dr. No", sftp.url),
        ("Emma/01 - I.mp3", "Emma", sftp.url),
        ("Emma.report.json", "Emma", sftp.url),
    ):
        made = find_delivered_file(f"{sftp.url}/{name}")
        assert (made.stem, made.place) == (stem, place)
        if made.path.suffix != ".json":
            assert made.heard_at(1.0).sentence.id == "1:1"
    with pytest.raises(UsageError, match="has no report beside it") as fault:
        find_delivered_file(f"{sftp.url}/Gone.m4b")
    assert "s3cret" not in str(fault.value)


def summary(job: str, *files: Path) -> JobSummary:
    return JobSummary(job, "Emma", "/books/emma.epub", 1.0, 9, 9, finished=True, files=tuple(map(str, files)))


def test_the_audiobook_of_a_book_is_the_one_whose_report_is_there(tmp_path: Path, whole: Path, split: Path) -> None:
    book, gone = Path("/books/emma.epub"), summary("emma-3", tmp_path / "gone.m4b")
    one, other = summary("emma-1", tmp_path / "Dr. No.m4b"), summary("emma-2", tmp_path / "Emma" / "01 - I.mp3")
    taken = summary("emma-4", tmp_path / "Dr. No.m4b")  # another job's file replaced this one
    found = made_of([gone, taken, one], book, lambda job: True)
    assert found is not None
    assert found.path == tmp_path / "Dr. No.m4b"
    assert made_of([gone], book, lambda job: True) is made_of([one], Path("/other.epub"), lambda job: True) is None
    with pytest.raises(UsageError, match=r"name the one that is meant: .*Dr. No.m4b; .*01 - I.mp3"):
        made_of([one, other], book, lambda job: True)
    narrowed = made_of([one, other], book, lambda job: job.job == "emma-2")
    assert narrowed is not None
    assert narrowed.stem == "Emma"


def test_the_server_of_an_upload_is_known_from_the_job_and_never_from_a_report(tmp_path: Path) -> None:
    folder = tmp_path / "jobs" / "emma-1"
    folder.mkdir(parents=True)
    assert uploaded_to(tmp_path, "emma-1") is None
    (folder / "uploads.json").write_text('{"https://books.example#lib-1": 12.5}')
    assert uploaded_to(tmp_path, "emma-1") == ("https://books.example", "lib-1")
    assert uploaded_to(tmp_path / "jobs", "../jobs/emma-1") is None
    (folder / "uploads.json").write_text("[")
    assert uploaded_to(tmp_path, "emma-1") is None
