from pathlib import Path

import pytest

from swarm.audiobook.delivery import Uploads
from swarm.audiobook.sound.tags import Tags

PLACE, TAGS = "https://books.example#lib", Tags("Emma", ("Jane Austen",))


@pytest.fixture
def jobs(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / "jobs" / name for name in ("emma-1", "emma-2")]
    for number, folder in enumerate(folders, 1):
        folder.mkdir(parents=True)
        (folder / "Emma.m4b").write_bytes(bytes(number))
        (folder / "Emma.mp3").write_bytes(bytes(10 * number))
    return folders


def test_an_upload_is_known_by_when_its_audiobook_was_finished(jobs: list[Path]) -> None:
    uploads = Uploads(jobs[0])
    assert not uploads.holds(PLACE, 5.0)
    uploads.note_upload(PLACE, 5.0, TAGS, [jobs[0] / "Emma.m4b"])
    uploads.note_upload("https://other.example#", 6.0, TAGS, [jobs[0] / "Emma.m4b"])
    assert uploads.holds(PLACE, 5.0)
    assert not uploads.holds(PLACE, 6.0)


def test_all_files_that_were_ever_uploaded_as_a_book_are_known(jobs: list[Path]) -> None:
    one, other = map(Uploads, jobs)
    one.note_upload(PLACE, 5.0, TAGS, [jobs[0] / "Emma.m4b"])
    one.note_upload(PLACE, 6.0, TAGS, [jobs[0] / "Emma.mp3"])
    other.note_upload(PLACE, 7.0, TAGS, [jobs[1] / "Emma.m4b"])
    assert (
        one.known_files(PLACE, TAGS)
        == other.known_files(PLACE, TAGS)
        == {("Emma.m4b", 1), ("Emma.mp3", 10), ("Emma.m4b", 2)}
    )
    assert (
        one.known_files("https://other.example#", TAGS)
        == one.known_files(PLACE, Tags("Persuasion", TAGS.authors))
        == set()
    )


@pytest.mark.parametrize("content", ["", "[", "[1]", '{"a": {}}'])
def test_notes_that_cannot_be_read_are_none(jobs: list[Path], content: str) -> None:
    (jobs[0] / "uploads.json").write_text(content)
    assert not Uploads(jobs[0]).holds(PLACE, 5.0)
    assert Uploads(jobs[0]).known_files(PLACE, TAGS) == set()
