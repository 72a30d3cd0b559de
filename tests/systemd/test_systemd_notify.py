"""The messages of a real command to the service manager, received by a socket of the test."""

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from household import FAST, Machine, machines, wait_for
from library import CHAPTERS, write_book

from swarm.errors import EXIT_BOOK, EXIT_INTERRUPTED, EXIT_NO_BOOKS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no systemd")


class Manager:
    """A stand-in for systemd that records the messages to it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0", 1))
        self._heard: list[str] = []

    def heard(self) -> list[str]:
        """Return all messages so far."""
        self._socket.setblocking(False)
        try:
            while True:
                self._heard += self._socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            return self._heard

    def hears(self, fact: str, times: int = 1) -> None:
        """Wait until a message has come so many times."""
        wait_for(lambda: sum(fact in line for line in self.heard()) >= times, what=f"{fact!r} {times} times")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager() -> Iterator[Manager]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())  # a short path: an address has 107 bytes
        manager = Manager(str(Path(folder) / "notify"))
        stack.callback(manager.close)
        yield manager


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    with machines(tmp_path) as make:
        yield make


def test_a_worker_says_that_it_is_up_that_it_lives_and_how_it_stands(
    machine: Callable[[str], Machine], manager: Manager
) -> None:
    here = machine("here")
    worker = here.start("work", "--device", "cpu", NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="500000")
    manager.hears("READY=1")
    manager.hears("STATUS=This machine is in no swarm yet")
    manager.hears("WATCHDOG=1", 4)
    assert here.run("key", "--make").returncode == 0
    manager.hears("STATUS=looking for coordinators")
    worker.signal()
    worker.ends()
    manager.hears("STATUS=nothing is under way: leaving")
    assert manager.heard().count("READY=1") == 1


def test_a_coordinator_is_up_when_its_books_are_read_and_says_how_they_stand(
    machine: Callable[[str], Machine], manager: Manager, tmp_path: Path
) -> None:
    here, book = machine("here"), write_book(tmp_path, CHAPTERS)
    coordinator = here.start("coordinate", book, *FAST, NOTIFY_SOCKET=manager.address)
    manager.hears("STATUS=The Lamp & the Letter 0 %; 0 workers")
    assert manager.heard()[0] == "READY=1"
    here.start("work", "--cpu", "--coordinator", f"127.0.0.1:{coordinator.port}")
    manager.hears("%; 1 worker")
    coordinator.ends()
    assert "WATCHDOG=1" not in manager.heard()  # nobody asked for it


def test_a_book_that_cannot_be_read_is_never_called_ready(
    machine: Callable[[str], Machine], manager: Manager, tmp_path: Path
) -> None:
    (tmp_path / "torn.epub").write_bytes(b"PK")
    machine("here").start("coordinate", tmp_path / "torn.epub", NOTIFY_SOCKET=manager.address).ends(EXIT_BOOK)
    assert manager.heard() == []


def test_a_folder_without_a_book_yet_is_a_service_with_nothing_to_do(
    machine: Callable[[str], Machine], manager: Manager, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").touch()
    machine("here").start("coordinate", tmp_path, NOTIFY_SOCKET=manager.address).ends(EXIT_NO_BOOKS)
    assert manager.heard()[0] == "READY=1"
    assert "holds no EPUB file" in manager.heard()[1]


def test_nobody_is_told_where_nobody_listens(machine: Callable[[str], Machine], tmp_path: Path) -> None:
    worker = machine("here").start("work", "--cpu", NOTIFY_SOCKET=str(tmp_path / "gone"), WATCHDOG_USEC="200000")
    worker.says("in no swarm yet")
    worker.signal()
    worker.ends(EXIT_INTERRUPTED)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has addresses without a file")
def test_an_address_without_a_file_is_understood(machine: Callable[[str], Machine]) -> None:
    manager = Manager(f"@e2a-swarm-{os.getpid()}")
    try:
        machine("here").start("work", "--cpu", NOTIFY_SOCKET=manager.address)
        manager.hears("READY=1")
    finally:
        manager.close()
