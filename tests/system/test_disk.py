import errno
import os
import sqlite3
from pathlib import Path

import pytest

from swarm.errors import StoreError
from swarm.system import disk
from swarm.system.disk import full_name, guarded, replace_file

WHERE = Path("/state/jobs/moby")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EROFS, "read-only"),
        (errno.EMFILE, "too many files are open; raise the limit"),
        (errno.EFBIG, "may not be that large"),
        (errno.EACCES, "may not write"),
        (errno.EEXIST, "a file is where a folder"),
        (errno.ENOTDIR, "a file is where a folder"),
        (errno.ENOENT, "cannot be created; name another folder"),
        (errno.EIO, "check the disk"),
    ],
)
def test_a_failing_disk_is_named_with_what_to_do(number: int, said: str) -> None:
    with pytest.raises(StoreError, match=rf"^{WHERE} cannot be used: .*{said}.*\.$"), guarded(WHERE):
        raise OSError(number, "…")


def test_a_database_without_room_is_a_full_disk_too() -> None:
    with pytest.raises(StoreError, match="no space left"), guarded(WHERE):
        database = sqlite3.connect(":memory:", isolation_level=None)
        database.execute("PRAGMA max_page_count = 2")
        database.execute("CREATE TABLE full (text)")
        database.execute("INSERT INTO full VALUES (?)", (bytes(100_000),))


def test_a_database_whose_index_finds_no_room_is_on_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    monkeypatch.setattr(disk, "free_bytes", lambda _folder: 0)
    with pytest.raises(StoreError, match="no space left"), guarded(WHERE):
        raise fault
    monkeypatch.setattr(disk, "free_bytes", lambda _folder: 1 << 30)
    with pytest.raises(StoreError, match="check the disk"), guarded(WHERE):
        raise fault


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(KeyError), guarded(WHERE):
        raise KeyError


def test_what_a_killed_process_left_unfinished_is_cleared_by_the_next_write(tmp_path: Path) -> None:
    left, fresh, other = (tmp_path / name for name in (".file[1].7.part", ".file[1].8.part", ".another.7.part"))
    for path in (left, fresh, other):
        path.write_bytes(b"unfinished")
    for path in (left, other):
        os.utime(path, (1e9, 1e9))
    replace_file(tmp_path / "file[1]", b"whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".another.7.part", ".file[1].8.part", "file[1]"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_file(tmp_path / "folder" / "file", b"first")

    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(disk, "sync_file", fail)
    with pytest.raises(OSError, match="full"):
        replace_file(tmp_path / "folder" / "file", b"second")
    assert (tmp_path / "folder" / "file").read_bytes() == b"first"
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["file"]


def test_a_path_that_sqlite_cannot_open_for_its_length_is_not_called_forbidden(tmp_path: Path) -> None:
    path = tmp_path.joinpath(*["a folder of a long name" * 4] * 6)
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match="too long; name a shorter one"), guarded(path):
        sqlite3.connect(path / "journal.sqlite")


def test_a_path_for_people_has_no_detours_and_keeps_its_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shared" / "deep").mkdir(parents=True)
    (tmp_path / "main").mkdir()
    book = tmp_path / "shared" / "a.epub"
    book.touch()
    (tmp_path / "link").symlink_to(tmp_path / "shared" / "deep")
    monkeypatch.chdir(tmp_path / "main")
    assert full_name(Path("../shared/a.epub")) == str(book)
    assert full_name(Path("../shared/gone.epub")) == str(tmp_path / "shared" / "gone.epub")
    assert full_name(tmp_path / "link" / "b.epub") == str(tmp_path / "link" / "b.epub")
    assert full_name(tmp_path / "link" / ".." / "a.epub") == str(tmp_path / "link" / ".." / "a.epub"), "another place"
