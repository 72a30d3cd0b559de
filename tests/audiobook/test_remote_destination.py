"""Destinations at addresses; test_destination.py has the contract that they share with folders."""

import builtins
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sftp_server import SftpServer

from swarm.audiobook.destination import DestinationFault, RemoteDestination, without_password
from swarm.errors import EnvironmentFault

SOUND = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(SOUND).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "made.m4b"
    path.write_bytes(SOUND)
    return path


def quiet(there: int) -> None:
    pass


def test_an_address_is_shown_without_its_password() -> None:
    for url, shown in [
        ("sftp://me:secret@nas:22/books", "sftp://me@nas:22/books"),
        ("sftp://me:se@cret@nas/books", "sftp://me@nas/books"),
        ("s3://bucket/folder", "s3://bucket/folder"),
    ]:
        assert without_password(url) == shown
        assert RemoteDestination(url).address("a.m4b") == f"{shown}/a.m4b"


def test_a_connection_that_broke_is_made_anew(sftp_server: SftpServer, source: Path) -> None:
    destination = RemoteDestination(f"{sftp_server.url}/books")
    sftp_server.break_after = 300_000
    with pytest.raises(DestinationFault) as fault:
        destination.put_file(source, "a.m4b", DIGEST, quiet)
    assert not fault.value.permanent
    assert "s3cret" not in str(fault.value)
    assert not (sftp_server.folder / "books" / "a.m4b").exists()
    destination.put_file(source, "a.m4b", DIGEST, quiet)
    assert (sftp_server.folder / "books" / "a.m4b").read_bytes() == SOUND
    assert sftp_server.connections == 2


def test_a_file_that_was_cut_off_is_sent_on_from_there(sftp_server: SftpServer, source: Path) -> None:
    destination, told = RemoteDestination(f"{sftp_server.url}/books"), list[int]()
    sftp_server.break_after = 400_000
    with pytest.raises(DestinationFault):
        destination.put_file(source, "a.m4b", DIGEST, quiet)
    [part] = (sftp_server.folder / "books").iterdir()
    there = part.stat().st_size
    assert there > 300_000
    sftp_server.written_bytes = 0
    destination.put_file(source, "a.m4b", DIGEST, told.append)
    assert (sftp_server.folder / "books" / "a.m4b").read_bytes() == SOUND
    assert sftp_server.written_bytes == len(SOUND) - there
    assert told[0] == there
    assert [path.name for path in (sftp_server.folder / "books").iterdir()] == ["a.m4b"]


def test_a_part_that_is_damaged_or_of_an_older_file_is_not_built_on(sftp_server: SftpServer, source: Path) -> None:
    destination, folder = RemoteDestination(f"{sftp_server.url}/books"), sftp_server.folder / "books"
    folder.mkdir()
    for name in ("a.m4b.part", "a.m4b.01234567.part", "b.m4b.part", "a.m4b.notes.part"):
        (folder / name).write_bytes(b"older")
    (folder / f"a.m4b.{DIGEST[:8]}.part").write_bytes(b"damaged")
    with pytest.raises(DestinationFault, match="did not arrive as it was sent") as fault:
        destination.put_file(source, "a.m4b", DIGEST, quiet)
    assert not fault.value.permanent
    destination.put_file(source, "a.m4b", DIGEST, quiet)
    assert (folder / "a.m4b").read_bytes() == SOUND
    assert sorted(path.name for path in folder.iterdir()) == ["a.m4b", "a.m4b.notes.part", "b.m4b.part"]


def test_a_server_that_takes_no_more_may_be_full(sftp_server: SftpServer, source: Path) -> None:
    destination = RemoteDestination(f"{sftp_server.url}/books")
    sftp_server.full_after = 300_000
    with pytest.raises(DestinationFault, match=r"kept .* of .*; its disk or its quota may be full"):
        destination.put_file(source, "a.m4b", DIGEST, quiet)
    sftp_server.full_after = None
    destination.put_file(source, "a.m4b", DIGEST, quiet)
    assert (sftp_server.folder / "books" / "a.m4b").read_bytes() == SOUND


def test_s3_is_told_the_type_so_that_a_browser_plays_a_file(bucket: str, source: Path) -> None:
    import boto3

    destination = RemoteDestination(f"s3://{bucket}/books")
    for name, kind in [
        ("a.m4b", "audio/mp4"),
        ("Ä/01.opus", "audio/ogg"),
        ("a.mp3", "audio/mpeg"),
        ("a.vtt", "text/vtt"),
        ("a.read-along.epub", "application/epub+zip"),
    ]:
        destination.put_file(source, name, DIGEST, quiet)
        destination.write_file("a.report.json", b"{}")
        head = boto3.client("s3").head_object
        assert head(Bucket=bucket, Key=f"books/{name}")["ContentType"] == kind
        assert head(Bucket=bucket, Key="books/a.report.json")["ContentType"] == "application/json"


def test_a_server_whose_key_nobody_confirmed_is_not_spoken_with(sftp_server: SftpServer, tmp_path: Path) -> None:
    (tmp_path / "home" / ".ssh" / "known_hosts").unlink()
    with pytest.raises(DestinationFault, match="is not known on this machine; connect once with ssh") as fault:
        RemoteDestination(sftp_server.url).file_size("a.m4b")
    assert fault.value.permanent


def test_another_key_than_the_one_confirmed_is_refused(sftp_server: SftpServer, tmp_path: Path) -> None:
    import paramiko

    sftp_server.key = paramiko.ECDSAKey.generate()
    with pytest.raises(DestinationFault, match=r"has another key than ssh knows.*ssh-keygen -R") as fault:
        RemoteDestination(sftp_server.url).file_size("a.m4b")
    assert fault.value.permanent
    assert f"ssh-keygen -R '[127.0.0.1]:{sftp_server.port}'" in str(fault.value)


def test_a_wrong_password_is_not_tried_again_and_not_told(sftp_server: SftpServer) -> None:
    url = sftp_server.url.replace("s3cret", "wr0ng")
    with pytest.raises(DestinationFault, match="Authentication") as fault:
        RemoteDestination(url).file_size("a.m4b")
    assert fault.value.permanent
    assert "wr0ng" not in str(fault.value)


def test_a_server_that_is_not_there_is_named_and_may_come_back(sftp_server: SftpServer) -> None:
    sftp_server.close()
    with pytest.raises(DestinationFault, match=f"sftp://reader@127.0.0.1:{sftp_server.port} cannot be used") as fault:
        RemoteDestination(sftp_server.url).file_size("a.m4b")
    assert not fault.value.permanent
    assert "Errno" not in str(fault.value)


def test_a_server_that_fails_and_does_not_say_why_may_be_full(
    sftp_server: SftpServer, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = RemoteDestination(f"{sftp_server.url}/books")

    def fail(*arguments: object) -> None:
        raise OSError("Failure")

    monkeypatch.setattr(destination, "_send", fail)
    with pytest.raises(DestinationFault, match="its disk may be full"):
        destination.put_file(source, "a.m4b", DIGEST, quiet)


def test_a_bucket_that_is_not_there_is_named(bucket: str, source: Path) -> None:
    with pytest.raises(DestinationFault, match=r"s3://elsewhere/books cannot be used: .*bucket") as fault:
        RemoteDestination("s3://elsewhere/books").put_file(source, "a.m4b", DIGEST, quiet)
    assert fault.value.permanent


def test_a_kind_of_address_that_nobody_knows_is_named() -> None:
    with pytest.raises(EnvironmentFault, match="no kind of address begins with gopher://"):
        RemoteDestination("gopher://hole/books")


def forget_storage() -> dict[str, ModuleType]:
    """Take the modules of the storage libraries out of those that are imported, and return them."""
    names = [name for name in sys.modules if name.split(".")[0] in ("fsspec", "s3fs", "paramiko")]
    return {name: sys.modules.pop(name) for name in names}


@pytest.fixture
def no_storage_yet() -> Iterator[None]:
    """Have the storage libraries imported anew, and nothing of that left behind for the other tests."""
    before = forget_storage()
    yield
    forget_storage()
    sys.modules.update(before)


@pytest.mark.usefixtures("no_storage_yet")
@pytest.mark.parametrize(("scheme", "missing"), [("s3", "s3fs"), ("sftp", "paramiko"), ("s3", "fsspec")])
def test_what_is_not_installed_is_named_with_the_line_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, scheme: str, missing: str
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name.split(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(EnvironmentFault, match=r"install .*\[storage\]"):
        RemoteDestination(f"{scheme}://somewhere/books")
