"""The contract of all destinations, and what folders have besides."""

import errno
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm.audiobook import destination as destination_module
from swarm.audiobook.destination import (
    Destination,
    DestinationFault,
    FolderDestination,
    RemoteDestination,
    Stopped,
    TransferFault,
    retry,
)

SOUND = os.urandom(300_000)
DIGEST = hashlib.sha256(SOUND).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "made.m4b"
    path.write_bytes(SOUND)
    return path


@pytest.fixture(params=["folder", "memory", "sftp", "s3"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Destination]:
    match request.param:
        case "folder":
            yield FolderDestination(tmp_path / "mount")
        case "memory":
            yield RemoteDestination(f"memory://{tmp_path.name}/books/")
        case "sftp":
            yield RemoteDestination(f"{request.getfixturevalue('sftp_server').url}/books")
        case "s3":
            yield RemoteDestination(f"s3://{request.getfixturevalue('bucket')}/books")


def test_a_file_arrives_under_its_name_and_nothing_else_does(destination: Destination, source: Path) -> None:
    told: list[int] = []
    assert destination.file_size("A Title/01 – Ça.m4b") == 0
    destination.put_file(source, "A Title/01 – Ça.m4b", DIGEST, told.append)
    assert destination.file_size("A Title/01 – Ça.m4b") == len(SOUND)
    assert destination.read_file("A Title/01 – Ça.m4b", 1 << 30) == SOUND
    assert destination.file_size(".A Title/01 – Ça.m4b.part") == destination.file_size("A Title/01 – Ça.m4b.part") == 0
    assert told == sorted(told)
    assert told[-1] == len(SOUND)


def test_another_file_takes_the_place_of_an_old_one(destination: Destination, source: Path) -> None:
    destination.write_file("a.m4b", b"old")
    assert destination.read_file("a.m4b", 2) == b"ol"
    destination.put_file(source, "a.m4b", DIGEST, lambda there: None)
    assert destination.read_file("a.m4b", 1 << 30) == SOUND
    assert destination.read_file("b.m4b", 10) is None


def test_what_arrives_otherwise_than_it_was_sent_does_not_count(destination: Destination, source: Path) -> None:
    with pytest.raises(DestinationFault, match="did not arrive as it was sent") as fault:
        destination.put_file(source, "a.m4b", "0" * 64, lambda there: None)
    assert not fault.value.permanent
    destination.put_file(source, "a.m4b", DIGEST, lambda there: None)
    assert destination.read_file("a.m4b", 1 << 30) == SOUND


def test_whoever_moves_a_file_can_be_stopped_and_moves_it_later(destination: Destination, source: Path) -> None:
    def stop(there: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        destination.put_file(source, "a.m4b", DIGEST, stop)
    destination.put_file(source, "a.m4b", DIGEST, lambda there: None)
    assert destination.read_file("a.m4b", 1 << 30) == SOUND


# --- folders
def test_a_copy_that_was_cut_off_goes_on_where_it_was(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destination_module, "COPY_BYTES", 100_000)
    destination, told = FolderDestination(tmp_path / "mount"), list[int]()

    def break_off(there: int) -> None:
        if there >= 200_000:
            raise OSError(errno.ESTALE, "stale file handle")

    with pytest.raises(DestinationFault) as fault:
        destination.put_file(source, "a.m4b", DIGEST, break_off)
    assert not fault.value.permanent
    assert destination.file_size("a.m4b") == 0
    destination.put_file(source, "a.m4b", DIGEST, told.append)
    assert told[0] == 200_000
    assert destination.read_file("a.m4b", 1 << 30) == SOUND
    assert [path.name for path in (tmp_path / "mount").iterdir()] == ["a.m4b"]


def test_a_full_disk_is_left_no_part(tmp_path: Path, source: Path) -> None:
    def fill(_there: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DestinationFault, match="no space left"):
        FolderDestination(tmp_path / "there").put_file(source, "a.m4b", DIGEST, fill)
    assert not list((tmp_path / "there").iterdir())


def test_what_was_left_of_another_file_is_not_gone_on_with(tmp_path: Path, source: Path) -> None:
    destination = FolderDestination(tmp_path)
    (tmp_path / ".a [1].m4b.01234567.part").write_bytes(b"of an earlier one")
    (tmp_path / f".a [1].m4b.{DIGEST[:8]}.part").write_bytes(bytes(len(SOUND) + 5))
    destination.put_file(source, "a [1].m4b", DIGEST, lambda there: None)
    assert destination.read_file("a [1].m4b", 1 << 30) == SOUND
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize(("number", "permanent"), [(errno.ENOSPC, True), (errno.EROFS, True), (errno.EIO, False)])
def test_a_fault_says_whether_trying_again_can_help(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, number: int, permanent: bool
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(destination_module, "sync_file", fail)
    with pytest.raises(DestinationFault, match=str(tmp_path)) as fault:
        FolderDestination(tmp_path).put_file(source, "a.m4b", DIGEST, lambda there: None)
    assert fault.value.permanent is permanent


def test_room_is_known_of_folders_only(tmp_path: Path) -> None:
    assert (FolderDestination(tmp_path).free_bytes() or 0) > 0
    assert FolderDestination(tmp_path / "gone").free_bytes() is None
    assert RemoteDestination("memory://x").free_bytes() is None


class Link:
    """Fails so many times, then works."""

    def __init__(self, failures: int, *, permanent: bool = False) -> None:
        self.left, self.permanent, self.tries = failures, permanent, 0

    def __call__(self) -> None:
        self.tries += 1
        self.left -= 1
        if self.left >= 0:
            raise TransferFault("It broke.", permanent=self.permanent)


def test_what_may_pass_is_tried_again_and_said() -> None:
    link, said = Link(2), list[str]()
    retry(link, (0.01, 0.02, 0.03), threading.Event(), said.append)
    assert link.tries == 3
    assert said == ["It broke. Trying again in 0.01 s.", "It broke. Trying again in 0.02 s."]


@pytest.mark.parametrize(
    ("link", "tries"), [(Link(9), 3), (Link(9, permanent=True), 1)], ids=["too often", "permanent"]
)
def test_it_is_given_up_when_the_waits_are_used_up_or_nothing_would_help(link: Link, tries: int) -> None:
    with pytest.raises(TransferFault):
        retry(link, (0.01, 0.01), threading.Event(), lambda words: None)
    assert link.tries == tries


def test_who_waits_is_stopped_at_once() -> None:
    link, stopped = Link(9), threading.Event()
    with pytest.raises(Stopped):
        retry(link, (600.0,), stopped, lambda words: stopped.set())
    assert link.tries == 1
