import errno
import os
from pathlib import Path

import pytest
from specs_for_tests import a_key

from swarm.lease.message import Clip
from swarm.system.disk import Scratch
from swarm.worker import clip_buffer
from swarm.worker.clip_buffer import ClipBuffer


def a_message(index: int) -> Clip:
    return Clip("job", 0, index, 0, a_key("the same text"), samples=1, sample_rate=24000, digest="0" * 64, work_s=0.1)


def make(root: Path) -> ClipBuffer:
    return ClipBuffer(root, lambda line: None, lambda full: None)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for clips; only the first ten bytes are kept in memory."""
    monkeypatch.setattr(clip_buffer, "MAX_MEMORY_BYTES", 10)
    return tmp_path / "scratch"


def test_what_is_put_is_got_until_it_is_dropped(tmp_path: Path) -> None:
    kept = make(tmp_path)
    kept.keep_clip(a_message(0), b"here")
    kept.keep_clip(a_message(1), b"there")
    assert (kept.get(a_message(0)), kept.get(a_message(1))) == (b"here", b"there")
    kept.drop(a_message(0))
    assert kept.get(a_message(0)) == b""
    assert kept.get(a_message(1)) == b"there"
    assert not list(tmp_path.iterdir())


def test_past_a_few_clips_lie_on_disk_and_are_removed_with_their_folder(root: Path) -> None:
    kept = make(root)
    for index in range(5):
        kept.keep_clip(a_message(index), b"x" * 8)
    files = list(root.rglob("*.flac"))
    assert len(files) == 4
    assert all(kept.get(a_message(index)) == b"x" * 8 for index in range(5))
    kept.drop(a_message(4))
    assert len(list(root.rglob("*.flac"))) == 3
    kept.remove_clip_files()
    assert not list(root.rglob("*.flac"))


def test_clips_of_a_worker_that_was_killed_are_cleared_by_the_next_process(root: Path) -> None:
    kept = make(root)
    for index in range(3):
        kept.keep_clip(a_message(index), b"x" * 8)
    assert kept._scratch is not None
    kept._scratch._lock.release()  # a kill releases the lock
    other = Scratch(root)
    assert not list(root.rglob("*.flac"))
    other.remove_scratch()


def test_clips_for_which_the_disk_has_no_room_stay_in_memory(root: Path) -> None:
    said, full = list[str](), list[bool]()
    kept = ClipBuffer(root, said.append, full.append)
    kept.keep_clip(a_message(0), b"x" * 8)
    kept.keep_clip(a_message(1), b"x" * 8)
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, limits[1]))
    try:
        for index in (2, 3):
            kept.keep_clip(a_message(index), b"x" * 8)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    why = os.strerror(errno.EFBIG)
    assert said == [f"{root} takes no more clips ({why}): speaking pauses until a coordinator takes some"]
    assert len(list(root.rglob("*.flac"))) == 1
    assert all(kept.get(a_message(index)) == b"x" * 8 for index in range(4))
    kept.keep_clip(a_message(4), b"x" * 8)
    assert said[1:] == [f"{root} takes clips again"]
    assert full == [True, False]
    kept.remove_clip_files()


def test_a_folder_that_cannot_be_made_is_a_full_disk(root: Path) -> None:
    root.write_bytes(b"a file is in the way")
    full = list[bool]()
    kept = ClipBuffer(root, lambda line: None, full.append)
    for index in range(3):
        kept.keep_clip(a_message(index), b"x" * 8)
    assert all(kept.get(a_message(index)) == b"x" * 8 for index in range(3))
    assert full == [True]
    kept.remove_clip_files()


def test_a_clip_whose_file_is_gone_is_sent_without_bytes_and_so_spoken_again(root: Path) -> None:
    kept = make(root)
    for index in range(2):
        kept.keep_clip(a_message(index), b"x" * 8)
    for path in root.rglob("*.flac"):
        path.unlink()
    assert kept.get(a_message(1)) == b""
    kept.drop(a_message(1))
    kept.remove_clip_files()
