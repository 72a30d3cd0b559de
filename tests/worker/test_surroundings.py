"""What the machine tells, by fakes of the system's own interfaces: a tree of sysfs, and a login manager and a desktop
on a private message bus."""

import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest
from fake_system import FakeLogin, FakeService, FakeSysfs, private_bus
from patience import wait_for

from swarm.lease.message import CPU, GPU, Figures
from swarm.system.platform import is_on_battery
from swarm.worker import surroundings
from swarm.worker.surroundings import DESKTOPS, PowerMeter, Senses, UseWatch, read_package_j, read_sensors

linux_only = pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has sysfs")


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
    sysfs.set("hwmon/hwmon2", name="amdgpu", temp1_input=71_000, power1_average=88_000_000)
    assert read_sensors({CPU}, sysfs.root) == {CPU: Figures(CPU, temperature_c=64)}
    assert read_sensors({GPU}, sysfs.root) == {GPU: Figures(GPU, temperature_c=71, watts=88.0)}
    assert read_sensors({CPU}, sysfs.root / "none") == {CPU: Figures(CPU)}


def test_the_power_of_processors_is_what_their_counters_grow_by(sysfs: FakeSysfs) -> None:
    assert read_package_j(sysfs.root) is None
    for package in (0, 1):
        sysfs.set(f"powercap/intel-rapl:{package}", name=f"package-{package}", energy_uj=2_000_000)
    sysfs.set("powercap/intel-rapl:0:0", name="core", energy_uj=9_000_000)  # a part of the first
    assert read_package_j(sysfs.root) == 4.0
    meter = PowerMeter()
    counted = [meter.watts(joules, now) for joules, now in ((4.0, 10.0), (24.0, 12.0), (3.0, 14.0), (None, 16.0))]
    assert counted == [None, 10.0, None, None]


def test_a_counter_that_does_not_grow_means_that_somebody_uses_the_machine() -> None:
    use = UseWatch()
    assert use.unused_s(500_000, 10.0) == 0.0  # nobody knows what was before
    assert use.unused_s(502_000, 12.0) == 2.0
    assert use.unused_s(300, 14.0) == 0.0
    assert use.unused_s(300, 16.0) == 0.0
    assert use.unused_s(301, 18.0) == 2.0


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a private message bus that stands for those of system and session; yield its address."""
    with private_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        monkeypatch.setattr(surroundings, "READ_INTERVAL_S", 0.05)
        yield address


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
    assert senses.around.unused_s is None and not senses.can_suspend


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


def test_the_login_manager_is_asked_to_suspend_the_machine(bus: str, senses: Senses) -> None:
    login = FakeLogin(bus)
    senses.start_sensing()
    wait_for(lambda: senses.can_suspend)
    assert login.suspended == 0
    senses.suspend()
    wait_for(lambda: login.suspended == 1)
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
