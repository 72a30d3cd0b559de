"""Fakes by the system's own interfaces: a tree of sysfs, and on a private message bus the login manager of systemd and
desktops."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from swarm.worker.surroundings import LOGIN

jeepney = pytest.importorskip("jeepney")


class FakeSysfs:
    """A tree as the kernel's sysfs has it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def set(self, device: str, **facts: object) -> None:
        folder = self.root / "class" / device
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in facts.items():
            (folder / name).write_text(f"{value}\n")


@contextmanager
def private_bus(folder: Path) -> Iterator[str]:
    """Run a message bus that stands for those of system and session; yield its address."""
    if not shutil.which("dbus-daemon"):
        pytest.skip("dbus-daemon is not installed")
    address = f"unix:path={folder / 'bus'}"
    words = ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}", "--print-address"]
    daemon = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert daemon.stdout and daemon.stdout.readline()
    try:
        yield address
    finally:
        daemon.kill()
        daemon.communicate()


Answer = Callable[[], tuple[str | None, tuple[Any, ...]]]  # the signature and the values


class FakeService(threading.Thread):
    """A program on a private bus which answers calls by its functions, as the program of that name would."""

    def __init__(
        self, address: str, name: str, answers: dict[str, Callable[[], tuple[str | None, tuple[Any, ...]]]]
    ) -> None:
        from jeepney.io.blocking import Proxy, open_dbus_connection

        super().__init__(daemon=True)
        self.address, self.answers, self.bus = (
            address,
            answers,
            open_dbus_connection(address, enable_fds=True, auth_timeout=60.0),
        )
        Proxy(jeepney.message_bus, self.bus).RequestName(name)
        self.lock, self.closed = threading.Lock(), False
        self.start()

    def run(self) -> None:
        while not self.closed:
            with suppress(TimeoutError):
                call = self.bus.receive(timeout=0.05)
                member = call.header.fields.get(jeepney.HeaderFields.member)
                if member in self.answers:
                    signature, body = self.answers[member]()
                    with self.lock:
                        self.bus.send(jeepney.new_method_return(call, signature, body))
                    if signature == "h":  # the other side has a copy of its own
                        os.close(body[0])

    def tell(self, address: tuple[str, str, str], member: str, value: bool) -> None:
        path, name, interface = address
        signal = jeepney.new_signal(jeepney.DBusAddress(path, name, interface), member, "b", (value,))
        with self.lock:
            self.bus.send(signal)

    def end(self) -> None:
        self.closed = True
        self.join()
        self.bus.close()


class FakeLogin:
    """The login manager of systemd, as far as it is asked here."""

    def __init__(self, address: str) -> None:
        self.is_idle, self.read_ends, self.suspended = True, list[int](), 0
        answers = {
            "Get": lambda: ("v", (("b", self.is_idle),)),
            "Inhibit": self._inhibit,
            "Suspend": self._suspend,
        }
        self.service = FakeService(address, LOGIN[1], answers)

    def _inhibit(self) -> tuple[str, tuple[Any, ...]]:
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        self.read_ends.append(read_end)
        return "h", (write_end,)

    def _suspend(self) -> tuple[None, tuple[Any, ...]]:
        self.suspended += 1
        return None, ()

    def is_delayed(self) -> bool:
        """Return whether the newest lock is held."""
        try:
            return os.read(self.read_ends[-1], 1) != b""
        except BlockingIOError:
            return True

    def tell_sleep(self, value: bool) -> None:
        self.service.tell(LOGIN, "PrepareForSleep", value)
