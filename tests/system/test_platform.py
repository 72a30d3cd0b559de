"""What the program assumes of Windows and macOS, with stand-ins for what Linux lacks: no such machine is at hand."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import SoftFileLock
from platformdirs.macos import MacOS
from platformdirs.windows import Windows

from swarm.errors import InUse
from swarm.system import disk, event_loop, platform
from swarm.system.disk import Lock
from swarm.system.platform import allow_files, graphics_makers, run_loop, sync_file, sync_folder


def test_files_and_folders_can_be_synced(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        sync_file(file.fileno())
    sync_folder(tmp_path)
    if os.name == "posix":
        with pytest.raises(OSError):
            sync_folder(tmp_path / "absent")


def test_the_loop_can_watch_a_descriptor_and_gives_the_result() -> None:
    async def main() -> str:
        loop, seen = asyncio.get_running_loop(), asyncio.Event()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            loop.add_reader(ours, seen.set)
            theirs.send(b"x")
            await asyncio.wait_for(seen.wait(), 120)
            loop.remove_reader(ours)
        return "heard"

    assert run_loop(main()) == "heard"


@pytest.mark.skipif(os.name != "posix", reason="only POSIX counts the files of a process")
def test_a_process_may_open_as_many_files_as_the_system_lets_it() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        allow_files(300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
        allow_files(100)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")


@pytest.mark.usefixtures("macos")
def test_macos_writes_a_file_through_the_cache_of_the_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    stand_in = SimpleNamespace(F_FULLFSYNC=51, fcntl=lambda handle, what: asked.append((handle, what)))
    monkeypatch.setattr(platform, "fcntl", stand_in, raising=False)
    with (tmp_path / "file").open("wb") as file:
        platform.sync_file(file.fileno())
        assert asked == [(file.fileno(), 51)]


@pytest.mark.usefixtures("windows")
def test_windows_is_not_asked_for_the_names_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_DIRECTORY", raising=False)
    platform.sync_folder(tmp_path / "absent")


@pytest.mark.usefixtures("windows")
def test_windows_gets_the_event_loop_that_can_watch_sockets() -> None:
    assert platform.loop_factory() is asyncio.SelectorEventLoop


@pytest.mark.usefixtures("windows")
def test_windows_has_no_limits_of_files_to_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)  # importing it fails
    platform.allow_files()
    assert platform.open_files_limit() == 512  # sockets that its select() takes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_system_without_sighup_and_sigusr1_drains_at_what_it_has(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    has = {name: getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIG_IGN", "default_int_handler")}
    monkeypatch.setattr(event_loop, "signal", SimpleNamespace(**has, signal=signal.signal, getsignal=signal.getsignal))
    drained = asyncio.Event()
    before = signal.getsignal(number)
    with event_loop.draining(drained.set):
        signal.raise_signal(number)
        await asyncio.wait_for(drained.wait(), 60)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_a_lock_of_a_folder_that_locks_no_files_keeps_others_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Use the lock that filelock falls back to, as on some shares of other systems."""
    monkeypatch.setattr(disk, "FileLock", SoftFileLock)
    held, other = Lock(tmp_path / "job.lock"), Lock(tmp_path / "job.lock")
    held.acquire("the job")
    with pytest.raises(InUse, match=f"process {os.getpid()}"):
        other.acquire("the job")
    held.release()
    assert other.try_acquire()
    other.release()


def test_a_locked_file_that_windows_does_not_remove_is_released_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(13, "The process cannot access the file", str(path))

    held, other = Lock(tmp_path / "job.lock"), Lock(tmp_path / "job.lock")
    assert held.try_acquire()
    monkeypatch.setattr(Path, "unlink", refuse)
    held.remove_lock()
    assert other.try_acquire()
    other.release()


def test_state_folders_are_where_the_readme_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", "C:\\Local")
    monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda name: {"CSIDL_LOCAL_APPDATA": "C:\\Local"}[name])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    mac = MacOS("e2a-swarm", appauthor=False).user_data_dir
    assert mac.replace(str(Path.home()), "~") in readme
    assert Windows("e2a-swarm", appauthor=False).user_data_dir.replace("/", "\\") == "C:\\Local\\e2a-swarm"
    assert "%LOCALAPPDATA%\\e2a-swarm" in readme


def test_the_makers_of_graphics_cards_are_known_by_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for card, vendor in enumerate(("0x1002", "0x8086", "0x1234")):
        folder = tmp_path / f"card{card}" / "device"
        folder.mkdir(parents=True)
        (folder / "vendor").write_text(f"{vendor}\n")
    monkeypatch.setattr(platform.sys, "platform", "linux")
    assert graphics_makers(tmp_path) == ("AMD", "Intel")
    assert graphics_makers(tmp_path / "none") == ()


def test_programs_of_windows_and_macos_stand_back_and_are_asked_when_they_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[object] = []
    process = SimpleNamespace(nice=lambda value: done.append(value), ionice=lambda value: done.append(value))
    told = SimpleNamespace(
        Process=lambda: process,
        IDLE_PRIORITY_CLASS="idle",
        IOPRIO_VERYLOW="very low",
        sensors_battery=lambda: SimpleNamespace(power_plugged=False),
    )
    monkeypatch.setitem(sys.modules, "psutil", told)
    monkeypatch.setattr(sys, "platform", "win32")
    platform.stand_back()
    assert done == ["idle", "very low"] and platform.is_on_battery()
    told.sensors_battery = lambda: SimpleNamespace(power_plugged=True)
    assert not platform.is_on_battery()
    told.sensors_battery = lambda: None  # a machine without one
    assert not platform.is_on_battery()
    ioreg = '    | |   "HIDIdleTime" = 71234567890\n'
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platform.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=ioreg))
    assert platform.idle_counter() == 71234567890
    monkeypatch.setattr(sys, "platform", "linux")
    assert platform.idle_counter() is None
