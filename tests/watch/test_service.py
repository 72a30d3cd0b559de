import asyncio
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from household import wait_for

import swarm.watch.service
from swarm.watch.progress import make_progress
from swarm.watch.service import Service

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no systemd")


@pytest.fixture
def manager() -> Iterator[socket.socket]:
    """Stands in for systemd."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening,
    ):
        listening.bind(str(Path(folder) / "notify"))
        listening.setblocking(False)
        yield listening


def heard(manager: socket.socket) -> list[str]:
    spec = []
    try:
        while True:
            spec.append(manager.recv(4096).decode())
    except BlockingIOError:
        return spec


def service(manager: socket.socket, **more: str) -> Service:
    return Service({"NOTIFY_SOCKET": manager.getsockname(), **more})


def test_what_is_said_is_the_status_too_once_on_one_line_and_not_too_long(manager: socket.socket) -> None:
    notes: list[str] = []
    say = service(manager).echo(notes.append)
    for line in ("speaking", "speaking", "READY=0\nSTOPPING=1", "x" * 1000):
        say(line)
    assert notes[:2] == ["speaking", "speaking"]
    assert heard(manager) == ["STATUS=speaking", "STATUS=READY=0 STOPPING=1", "STATUS=" + "x" * 300]


def test_children_are_not_the_service(manager: socket.socket) -> None:
    variables = {"NOTIFY_SOCKET": manager.getsockname()}
    Service(variables)
    assert variables == {}


def test_without_a_manager_nothing_is_other_than_before() -> None:
    progress = make_progress("quiet")
    assert Service({}).watch(progress) is progress
    Service({}).status("speaking")


@pytest.mark.parametrize(
    ("variables", "beats"),
    [
        ({}, False),
        ({"WATCHDOG_USEC": "40000"}, True),
        ({"WATCHDOG_USEC": "40000", "WATCHDOG_PID": str(os.getpid())}, True),
        ({"WATCHDOG_USEC": "40000", "WATCHDOG_PID": "1"}, False),
        ({"WATCHDOG_USEC": "soon"}, False),
    ],
)
async def test_the_watchdog_is_fed_where_it_waits_for_us(
    manager: socket.socket, variables: dict[str, str], beats: bool
) -> None:
    spec: list[str] = []
    async with service(manager, **variables).ready():
        for _ in range(500):
            await asyncio.sleep(0.02)
            spec += heard(manager)
            if spec.count("WATCHDOG=1") > 2 or not beats:
                break
    assert spec[0] == "READY=1"
    assert ("WATCHDOG=1" in spec) == beats
    await asyncio.sleep(0.1)
    heard(manager)
    await asyncio.sleep(0.1)
    assert heard(manager) == []  # it ended


async def test_a_loop_that_hangs_feeds_no_watchdog(manager: socket.socket) -> None:
    async with service(manager, WATCHDOG_USEC="40000").ready():
        await asyncio.sleep(0.1)
        heard(manager)
        time.sleep(0.3)
        assert heard(manager) == []


def test_a_manager_that_does_not_read_holds_nobody_up_for_long(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swarm.watch.service, "SEND_S", 0.1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filling, suppress(OSError):
        filling.setblocking(False)
        while True:  # until its queue is full
            filling.sendto(b"STATUS=earlier", manager.getsockname())
    telling = threading.Thread(target=service(manager).status, args=["one more"], daemon=True)
    telling.start()
    wait_for(lambda: not telling.is_alive(), "the end of what waits for the manager")
    assert set(heard(manager)) == {"STATUS=earlier"}
