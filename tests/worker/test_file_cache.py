"""A worker's folder of assets: parts that go on, digests, room, and two workers on one machine."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm.errors import StoreError
from swarm.job.job_asset import LATENTS, VOICE, JobAsset
from swarm.lease.file_transfer import Fetch
from swarm.worker.files.file_cache import ELSEWHERE, SPOILT, UNFIT, FileCache, FileThread, Kept

DATA = b"0123456789"
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[FileCache]:
    made = FileCache(tmp_path, 100)
    yield made
    made.close_partial_files()


def put(folder: FileCache, data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    assert folder.seek(digest, len(data)) == Kept(0)
    assert folder.write(digest, 0, data) == Kept(len(data))
    return digest


def test_pieces_in_turn_become_the_file_and_others_are_not_written(folder: FileCache) -> None:
    assert folder.seek(DIGEST, 10) == Kept(0)
    assert folder.write(DIGEST, 0, DATA[:4]) == Kept(4)
    assert folder.write(DIGEST, 0, DATA[:4]) is None
    assert folder.write(DIGEST, 6, DATA[6:]) is None
    assert folder.write(DIGEST, 4, DATA[4:] + b"more") is None
    assert folder.write(DIGEST, 4, DATA[4:]) == Kept(10)
    assert (folder.root / DIGEST).read_bytes() == DATA
    assert folder.seek(DIGEST, 10) == Kept(10)


def test_a_part_goes_on_in_another_process_from_its_last_whole_block(tmp_path: Path) -> None:
    first = FileCache(tmp_path, 100, piece=1)
    first.seek(DIGEST, 10)
    first.write(DIGEST, 0, DATA[:6])
    first.close_partial_files()
    again = FileCache(tmp_path, 100, piece=1)
    assert again.seek(DIGEST, 10) == Kept(4)
    assert again.write(DIGEST, 4, DATA[4:]) == Kept(10)
    again.close_partial_files()


def digests_of_blocks(data: bytes, block: int = 4) -> bytes:
    return b"".join(hashlib.sha256(data[at : at + block]).digest() for at in range(0, len(data), block))


def test_a_block_that_does_not_fit_is_taken_off_again_and_the_others_stay(tmp_path: Path) -> None:
    folder = FileCache(tmp_path, 100, piece=1)
    folder.seek(DIGEST, 10)
    folder.expect(DIGEST, 0, digests_of_blocks(DATA))
    assert folder.write(DIGEST, 0, DATA[:6]) == Kept(6)
    assert folder.write(DIGEST, 6, b"x") == Kept(7)
    assert folder.write(DIGEST, 7, DATA[7:]) == Kept(4, UNFIT, unfit=True)
    assert folder.write(DIGEST, 8, DATA[8:]) is None
    assert folder.seek(DIGEST, 10) == Kept(4)
    assert folder.write(DIGEST, 4, b"xxxx") == Kept(4, UNFIT, unfit=True)
    assert folder.write(DIGEST, 4, DATA[4:]) == Kept(10)
    assert (folder.root / DIGEST).read_bytes() == DATA
    folder.close_partial_files()


def test_whole_blocks_are_passed_on_while_the_rest_is_on_its_way_and_nothing_else_is(tmp_path: Path) -> None:
    folder = FileCache(tmp_path, 100, piece=1)
    assert folder.passed_on(Fetch(DIGEST, 0)) == (b"", 0)
    folder.seek(DIGEST, 10)
    folder.write(DIGEST, 0, DATA[:6])
    assert folder.passed_on(Fetch(DIGEST, 3)) == (b"3", 10)
    assert folder.passed_on(Fetch(DIGEST, 4)) == (b"", 10)
    folder.write(DIGEST, 6, DATA[6:])
    assert folder.passed_on(Fetch(DIGEST, 9)) == (b"9", 10)
    assert folder.passed_on(Fetch(DIGEST, 10)) == (b"", 10)
    secret = tmp_path / "assets" / ("e" * 64)
    secret.write_bytes(b"another program's")
    assert folder.passed_on(Fetch("e" * 64, 0)) == (b"", 0)
    folder.close_partial_files()


def test_what_does_not_fit_its_digest_is_thrown_away(folder: FileCache) -> None:
    folder.seek(DIGEST, 10)
    assert folder.write(DIGEST, 0, b"9876543210") == Kept(0, SPOILT)
    assert folder.seek(DIGEST, 10) == Kept(0)
    assert not (folder.root / DIGEST).exists()


def test_a_file_that_was_changed_is_fetched_again(folder: FileCache, tmp_path: Path) -> None:
    put(folder, DATA)
    (folder.root / DIGEST).write_bytes(b"9876543210")
    again = FileCache(tmp_path, 100)
    assert again.seek(DIGEST, 10) == Kept(0)
    again.close_partial_files()


def test_two_workers_of_one_machine_do_not_fetch_the_same_at_once(folder: FileCache, tmp_path: Path) -> None:
    folder.seek(DIGEST, 10)
    other = FileCache(tmp_path, 100)
    assert other.seek(DIGEST, 10) == Kept(0, ELSEWHERE)
    folder.write(DIGEST, 0, DATA)
    assert other.seek(DIGEST, 10) == Kept(10)
    other.close_partial_files()


def test_the_least_used_makes_room_but_not_what_is_needed(folder: FileCache) -> None:
    digests = [put(folder, bytes([n]) * 40) for n in range(2)]
    for age_s, digest in zip((200, 100), digests, strict=True):
        os.utime(folder.root / digest, (age_s, age_s))
    assert folder.seek(DIGEST, 50, needed=digests[:1]) == Kept(0)
    assert [digest for digest in digests if (folder.root / digest).exists()] == digests[:1]


def test_what_finds_no_room_says_so(folder: FileCache) -> None:
    assert "--assets-limit" in folder.seek(DIGEST, 101).note
    needed = put(folder, bytes(60))
    assert "--assets-limit" in folder.seek(DIGEST, 50, needed=[needed]).note


def test_latents_made_here_are_read_piece_by_piece(tmp_path: Path) -> None:
    folder = FileCache(tmp_path, 100, piece=4)
    assert folder.keep_latents(DATA) == JobAsset(LATENTS, DIGEST, 10)
    assert [folder.read(Fetch(DIGEST, offset)) for offset in (0, 8)] == [(b"0123", 10), (b"89", 10)]
    assert folder.seek(DIGEST, 10) == Kept(10)


def test_what_a_coordinator_of_the_same_machine_has_is_not_fetched(folder: FileCache, tmp_path: Path) -> None:
    kept = tmp_path / "jobs" / "book" / "assets" / DIGEST
    kept.parent.mkdir(parents=True)
    kept.write_bytes(DATA)
    assert folder.seek(DIGEST, 10) == Kept(10)
    assert kept.stat().st_ino == (folder.root / DIGEST).stat().st_ino
    damaged = tmp_path / "jobs" / "book" / "assets" / ("e" * 64)
    damaged.write_bytes(DATA)
    assert folder.seek("e" * 64, 10) == Kept(0)
    assert damaged.read_bytes() == DATA


def test_an_engine_gets_its_files_by_name_and_nothing_of_an_earlier_job(folder: FileCache) -> None:
    digest = put(folder, DATA)
    gathered = folder.gather([JobAsset(VOICE, digest, 10), JobAsset("model/model.pth", digest, 10)], "slot-0")
    assert (gathered / "model" / "model.pth").read_bytes() == DATA
    gathered = folder.gather([JobAsset(VOICE, digest, 10)], "slot-0")
    assert [path.name for path in gathered.iterdir()] == [VOICE]
    with pytest.raises(StoreError):
        folder.gather([JobAsset(VOICE, "f" * 64, 10)], "slot-0")


def test_two_files_of_one_name_do_not_write_over_each_other(folder: FileCache) -> None:
    first, second = put(folder, DATA), put(folder, b"other")
    with pytest.raises(StoreError):
        folder.gather([JobAsset(VOICE, first, 10), JobAsset(VOICE, second, 5)], "slot-0")
    assert (folder.root / first).read_bytes() == DATA  # other jobs speak with it


def test_a_folder_that_cannot_be_written_is_no_end(tmp_path: Path) -> None:
    (tmp_path / "assets").write_text("in the way")
    assert "cannot be used" in FileCache(tmp_path, 100).seek(DIGEST, 10).note


@pytest.mark.parametrize("damaged", [True, False])
def test_latents_that_are_damaged_or_gone_are_not_sent(folder: FileCache, damaged: bool) -> None:
    folder.keep_latents(DATA)
    if damaged:
        (folder.root / DIGEST).write_bytes(b"9876543210")
    else:
        (folder.root / DIGEST).unlink()
    with pytest.raises(StoreError):
        folder.read(Fetch(DIGEST, 0))
    assert not (folder.root / DIGEST).exists()


async def test_latents_are_not_lost_because_somebody_asks_beyond_their_end(tmp_path: Path) -> None:
    folder = FileCache(tmp_path, 1 << 30)
    latents = folder.keep_latents(b"latents")
    file_thread = FileThread(folder, lambda *_: None)
    asked = ((latents.digest, 100), ("f" * 64, 0), (latents.digest, 3))
    found = [await file_thread.read_piece(Fetch(digest, offset), shared=False) for digest, offset in asked]
    assert [(piece.total, frame) for piece, frame in found] == [(7, b""), (0, b""), (7, b"ents")]
    file_thread.end_file_thread()
