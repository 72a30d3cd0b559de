import asyncio
import errno
import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from swarm.errors import InUse, StoreError
from swarm.job.store.store import DiskStore
from swarm.system import disk
from swarm.system.disk import Lock, check_state, clear_parts, full_name, guarded, part_of, read_json, replace_file

WHERE = Path("/state/jobs/moby")


def test_a_failing_disk_is_named_with_what_to_do() -> None:
    for number, said in [
        (errno.ENOSPC, "no space left"),
        (errno.EROFS, "read-only"),
        (errno.EMFILE, "too many files are open; raise the limit"),
        (errno.EFBIG, "may not be that large"),
        (errno.EACCES, "may not write"),
        (errno.EEXIST, "a file is where a folder"),
        (errno.ENOTDIR, "a file is where a folder"),
        (errno.ENOENT, "cannot be created; name another folder"),
        (errno.EIO, "check the disk"),
    ]:
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


def test_a_start_clears_what_processes_left_that_died_and_nothing_of_others(tmp_path: Path) -> None:
    ours = part_of(tmp_path / "machine.key")
    host = ours.name.split(".")[-2]
    dead, later, reused = (tmp_path / f".machine.key.{pid}.{host}.part" for pid in (999_999, os.getppid(), 1))
    away, user = tmp_path / ".machine.key.999999.abcdef.part", tmp_path / ".film.part"
    for path in (ours, dead, later, reused, away, user):
        path.touch()
    os.utime(reused, (1, 1))  # before the process of that number began
    clear_parts(tmp_path)
    assert {path.name for path in (dead, reused)}.isdisjoint(path.name for path in tmp_path.iterdir())
    assert all(path.exists() for path in (ours, later, away, user))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_file(tmp_path / "folder" / "file", b"first")

    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(disk, "sync_file", fail)
    with pytest.raises(OSError, match="full"):
        replace_file(tmp_path / "folder" / "file", b"second")
    assert (tmp_path / "folder" / "file").read_bytes() == b"first"
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_in_the_place_of_a_file_of_json_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "answers.json")
    assert read_json(tmp_path / "answers.json", dict[str, int]) is None


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_no_other_user_of_the_machine_may_open_a_lock_or_enter_the_state_folder(tmp_path: Path) -> None:
    state, umask = tmp_path / "new" / "state", os.umask(0)
    try:
        lock = Lock(state / "locks" / "a.lock")
        lock.acquire("it")
        DiskStore(tmp_path / "other").close()
        replace_file(tmp_path / "third" / "key", b"secret", mode=0o600)
    finally:
        os.umask(umask)
    rights = {path: stat.S_IMODE(path.stat().st_mode) for path in (state, *state.rglob("*"), tmp_path / "other")}
    assert [path for path, mode in rights.items() if mode & 0o077 and path.suffix != ".owner"] == []
    assert stat.S_IMODE((tmp_path / "third").stat().st_mode) == 0o700
    lock.release()


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
@pytest.mark.parametrize(("before", "after"), [(0o755, 0o700), (0o750, 0o700), (0o700, 0o700), (0o777, 0o777)])
def test_a_state_folder_is_closed_to_other_users_unless_they_share_it(tmp_path: Path, before: int, after: int) -> None:
    tmp_path.chmod(before)
    check_state(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == after


async def test_an_event_loop_does_not_wait_for_a_lock(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "a.lock"), Lock(tmp_path / "a.lock")
    first.wait()
    with pytest.raises(InUse, match=r"a\.lock is locked by another process"):
        second.wait()
    waiting = asyncio.create_task(asyncio.to_thread(second.wait))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    first.release()
    await waiting
    second.release()
