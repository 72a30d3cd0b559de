"""A laptop is lent: it rests on its battery, and gives back what it speaks before its lid has it sleep."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from evidence import accepted, assert_complete, only, report_of
from fake_system import FakeLogin, FakeSysfs, private_bus
from household import SLOW, Machine, Running, await_that, command, wait_for


@pytest.fixture
def login(tmp_path: Path) -> Iterator[FakeLogin]:
    with private_bus(tmp_path) as address:
        manager = FakeLogin(address)
        yield manager
        manager.service.end()


def signal_all(worker: Running, number: signal.Signals) -> None:
    """Send a signal to a worker and its engines."""
    process = psutil.Process(worker.pid)
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            each.send_signal(number)


@pytest.mark.slow
def test_a_worker_gives_back_what_it_speaks_before_its_machine_sleeps_and_goes_on_afterwards(
    lan: Callable[[str], Machine], small_book: Path, login: FakeLogin
) -> None:
    server, laptop, tower = lan("server"), lan("laptop"), lan("tower")
    coordinator = server.start("coordinate", small_book, *SLOW)
    at = ("work", "--coordinator", f"127.0.0.1:{coordinator.port}", "--cpu", "--slots", "1")
    bus = login.service.address
    lid = laptop.start(*at, DBUS_SYSTEM_BUS_ADDRESS=bus, E2A_METRONOME_SPEED="0.00001")
    await_that(lambda: login.read_ends and "speaking" in server.run("status", *at[1:3]).stdout)
    login.tell_sleep(True)
    lid.says("resting: the machine goes to sleep")
    wait_for(lambda: not login.is_delayed(), "the worker to let its machine sleep")
    signal_all(lid, signal.SIGSTOP)  # the machine sleeps
    tower.start(*at, "--exit-when-done")
    wait_for(lambda: len(accepted(server.home)) > 3)
    signal_all(lid, signal.SIGCONT)
    login.tell_sleep(False)
    lid.says("going on")
    lid.signal()  # its next sentence would never end
    coordinator.ends()
    assert_complete(report_of(only(server.desk, "*.m4b")))


IN_ITS_OWN_SYSFS = 'mount --bind "$0" /sys/class/power_supply && exec "$@"'


@pytest.mark.slow
@pytest.mark.skipif(
    not shutil.which("unshare") or os.getuid() != 0 or not Path("/sys/class/power_supply").is_dir(),
    reason="only root puts a folder in the place of one of sysfs",
)
def test_a_laptop_speaks_while_it_is_plugged_in_and_status_says_why_it_rests_otherwise(
    lan: Callable[[str], Machine], small_book: Path, tmp_path: Path
) -> None:
    server, laptop = lan("server"), lan("laptop")
    sysfs = FakeSysfs(tmp_path)
    sysfs.set("power_supply/BAT0", type="Battery", status="Discharging", scope="System")
    coordinator = server.start("coordinate", small_book, *SLOW)
    at = ("--coordinator", f"127.0.0.1:{coordinator.port}")
    words = ["unshare", "-m", "sh", "-c", IN_ITS_OWN_SYSFS, str(tmp_path / "class/power_supply")]
    words += command("work", *at, "--cpu", "--exit-when-done")
    environment = laptop.environment(E2A_SWARM_WORK_OPTIONS="--priority normal")
    worker = Running(words, environment, laptop.desk, laptop.desk / "output.txt")
    laptop.started.append(worker)
    worker.says("resting: on battery until it is plugged in")
    await_that(lambda: "resting: battery (on battery until" in server.run("status", *at).stdout)
    assert not accepted(server.home)
    sysfs.set("power_supply/ADP1", type="Mains", online=1)
    worker.says("going on")
    coordinator.ends()
    assert_complete(report_of(only(server.desk, "*.m4b")))
