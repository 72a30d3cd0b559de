"""What the machine tells, by fakes of the system's own interfaces: a tree of sysfs, and a login manager and a desktop
on a private message bus."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any

import pytest
from patience import wait_for

from swarm.lease.message import CPU, GPU
from swarm.system.platform import is_on_battery
from swarm.worker import surroundings
from swarm.worker.surroundings import DESKTOPS, LOGIN, Senses, UseWatch, read_temperatures

jeepney = pytest.importorskip("jeepney")
linux_only = pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has sysfs")


class FakeSysfs:
    """A tree as the kernel's sysfs has it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def set(self, device: str, **facts: object) -> None:
        folder = self.root / "class" / device
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in facts.items():
            (folder / name).write_text(f"{value}\n")


@pytest.fixture
def sysfs(tmp_path: Path) -> FakeSysfs:
    return FakeSysfs(tmp_path)


@linux_only
def test_a_laptop_is_on_battery_while_it_discharges_and_nothing_feeds_it(sysfs: FakeSysfs) -> None:
    assert not is_on_battery(sysfs.root)
    sysfs.set("power_supply/BAT1", type="Battery", status="Discharging", scope="System")
    assert is_on_battery(sysfs.root)
    sysfs.set("power_supply/ucsi-source", type="USB", online=0)
    assert is_on_battery(sysfs.root)
    sysfs.set("power_supply/ADP1", type="Mains", online=1)
    assert not is_on_battery(sysfs.root)  # a load above what the adapter gives drains the battery, too
    sysfs.set("power_supply/ADP1", online=0)
    sysfs.set("power_supply/BAT1", status="Not charging")
    assert not is_on_battery(sysfs.root)


@linux_only
def test_the_battery_of_a_mouse_is_not_that_of_its_machine(sysfs: FakeSysfs) -> None:
    sysfs.set("power_supply/hidpp_battery_0", type="Battery", status="Discharging", scope="Device")
    assert not is_on_battery(sysfs.root)


def test_the_hottest_sensor_of_a_cpu_counts_and_disks_are_not_read(sysfs: FakeSysfs) -> None:
    sysfs.set("hwmon/hwmon0", name="nvme", temp1_input=90_000)
    sysfs.set("hwmon/hwmon1", name="coretemp", temp1_input=61_000, temp2_input=64_500, temp3_input="")
    sysfs.set("hwmon/hwmon2", name="amdgpu", temp1_input=71_000)
    assert read_temperatures({CPU}, sysfs.root) == {CPU: 64}
    assert read_temperatures({CPU, GPU}, sysfs.root) == {CPU: 64, GPU: 71}
    assert read_temperatures({CPU}, sysfs.root / "none") == {}


def test_a_counter_that_does_not_grow_means_that_somebody_uses_the_machine() -> None:
    use = UseWatch()
    assert use.unused_s(500_000, 10.0) == 0.0  # nobody knows what was before
    assert use.unused_s(502_000, 12.0) == 2.0
    assert use.unused_s(300, 14.0) == 0.0
    assert use.unused_s(300, 16.0) == 0.0
    assert use.unused_s(301, 18.0) == 2.0


class FakeService(threading.Thread):
    """A program on a private bus which answers calls by its functions, as the program of that name would."""

    def __init__(self, address: str, name: str, answers: dict[str, Callable[[], tuple[str, tuple[Any, ...]]]]) -> None:
        from jeepney.io.blocking import Proxy, open_dbus_connection

        super().__init__(daemon=True)
        self.answers, self.bus = answers, open_dbus_connection(address, enable_fds=True)
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
        self.is_idle, self.read_ends = True, list[int]()
        answers = {"Get": lambda: ("v", (("b", self.is_idle),)), "Inhibit": self._inhibit}
        self.service = FakeService(address, LOGIN[1], answers)

    def _inhibit(self) -> tuple[str, tuple[Any, ...]]:
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        self.read_ends.append(read_end)
        return "h", (write_end,)

    def is_delayed(self) -> bool:
        """Return whether the newest lock is held."""
        try:
            return os.read(self.read_ends[-1], 1) != b""
        except BlockingIOError:
            return True

    def tell_sleep(self, value: bool) -> None:
        self.service.tell(LOGIN, "PrepareForSleep", value)


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a private message bus that stands for those of system and session; yield its address."""
    if not shutil.which("dbus-daemon"):
        pytest.skip("dbus-daemon is not installed")
    address = f"unix:path={tmp_path / 'bus'}"
    words = ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}", "--print-address"]
    daemon = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert daemon.stdout and daemon.stdout.readline()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    monkeypatch.setattr(surroundings, "READ_INTERVAL_S", 0.05)
    try:
        yield address
    finally:
        daemon.kill()
        daemon.communicate()


@pytest.fixture
def senses(tmp_path: Path) -> Iterator[Senses]:
    made = Senses(sees_use=True, system=tmp_path)
    yield made
    made.stop_sensing()


def test_where_no_bus_is_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, senses: Senses) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    senses.start_sensing()
    senses.wait_for_readings(120.0)
    assert senses.around.unused_s is None


def test_a_session_in_use_is_told_by_the_login_manager(bus: str, senses: Senses) -> None:
    login = FakeLogin(bus)
    senses.start_sensing()
    wait_for(lambda: senses.around.unused_s == inf)
    login.is_idle = False
    wait_for(lambda: senses.around.unused_s == 0.0)
    login.service.end()


@pytest.mark.parametrize(("path", "name", "method"), DESKTOPS)
def test_a_desktop_that_counts_is_believed_before_the_login_manager(
    bus: str, senses: Senses, path: str, name: str, method: str
) -> None:
    login, began_s = FakeLogin(bus), time.monotonic()
    login.is_idle = False
    counter = {"t": lambda: ("t", (int((time.monotonic() - began_s) * 1e6),))}
    desktop = FakeService(bus, name, {method: counter["t"]})
    senses.start_sensing()
    wait_for(lambda: (senses.around.unused_s or 0.0) > 0.3)
    desktop.answers[method] = lambda: ("t", (0,))
    wait_for(lambda: senses.around.unused_s == 0.0)
    desktop.end()
    login.service.end()


def test_a_machine_sleeps_once_all_is_given_back_and_is_delayed_again_when_it_woke(bus: str, senses: Senses) -> None:
    login = FakeLogin(bus)
    senses.start_sensing()
    wait_for(lambda: login.read_ends)
    assert login.is_delayed() and not senses.around.is_asleep
    login.tell_sleep(True)
    wait_for(lambda: senses.around.is_asleep)
    assert login.is_delayed()
    senses.settle()
    wait_for(lambda: not login.is_delayed())
    assert senses.around.is_asleep
    login.tell_sleep(False)
    wait_for(lambda: not senses.around.is_asleep)
    wait_for(lambda: len(login.read_ends) == 2)
    login.service.end()
