import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from specs_for_tests import a_clip, a_job, a_key

from swarm.errors import StoreError
from swarm.job.store.store import DiskStore

JOB = "moby-dick-1a2b"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DiskStore]:
    book = tmp_path / "moby.epub"
    book.write_bytes(b"PK book")
    with contextlib.closing(DiskStore(tmp_path / "state")) as store:
        store.create_job(a_job(), book)
        yield store


def test_a_clip_that_is_cut_short_or_empty_is_lost(disk: DiskStore) -> None:
    disk.commit([(JOB, a_clip(index, b"flac"), b"flac") for index in range(3)])
    disk.clip_path(a_key(0)).write_bytes(b"fl")
    disk.clip_path(a_key(1)).write_bytes(b"")
    assert [clip.index for clip in disk.lost_clips(JOB)] == [0, 1]
    assert disk.find_clip(a_key(1)) is None


def test_what_else_lies_in_the_clip_folder_is_not_looked_into(disk: DiskStore) -> None:
    clips = disk.clip_path(a_key(0)).parents[1]
    for name in ("lost+found", "00"):  # the first is another user's, where the folder is a disk of its own
        (clips / name).mkdir(parents=True)
        (clips / name / f"{a_key(0)}.flac").touch()
    assert disk.clip_keys() == set()


def test_a_folder_in_the_place_of_a_clip_makes_room_for_it(disk: DiskStore) -> None:
    disk.commit([(JOB, a_clip(0, b"whole"), b"whole")])
    path = disk.clip_path(a_key(0))
    path.unlink()
    path.mkdir()
    assert disk.find_clip(a_key(0)) is None
    assert disk.lost_clips(JOB) == [a_clip(0, b"whole")]
    disk.commit([(JOB, a_clip(0, b"whole"), b"whole")])
    assert path.read_bytes() == b"whole"
    path.unlink()
    path.mkdir()
    disk.discard_clip(a_key(0))
    assert not path.exists()


def test_a_folder_with_something_in_it_is_named_and_left_alone(disk: DiskStore) -> None:
    inside = disk.clip_path(a_key(0)) / "notes.txt"
    inside.parent.mkdir(parents=True)
    inside.touch()
    for attempt in (lambda: disk.commit([(JOB, a_clip(0, b"one"), b"one")]), lambda: disk.discard_clip(a_key(0))):
        with pytest.raises(StoreError, match="a folder is where a file should be; move it away") as raised:
            attempt()
        assert str(raised.value).startswith(str(inside.parent))
    assert inside.exists()
    assert not list((disk.state_dir / "scratch").rglob("*.part"))


def test_a_clip_that_is_there_already_is_not_written_again(disk: DiskStore) -> None:
    disk.commit([(JOB, a_clip(0, b"flac"), b"flac")])
    os.utime(disk.clip_path(a_key(0)), (1, 1))
    disk.commit([(JOB, a_clip(0, b"flac"), b"flac")])
    assert disk.clip_path(a_key(0)).stat().st_mtime == 1
