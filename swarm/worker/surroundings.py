"""Reads what this machine tells of itself: battery, sensors, whether somebody uses it, and that it goes to sleep.

A thread of its own reads: a bus or a driver that hangs keeps that thread and nothing else.
"""

import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from msgspec import structs

from swarm.lease.message import CPU, GPU, Figures
from swarm.lease.worker.rest import Surroundings
from swarm.system.platform import SYS, idle_counter, is_on_battery, text_of

SENSORS = {  # how the names of their drivers begin
    CPU: ("coretemp", "k10temp", "zenpower", "cpu", "soc"),
    GPU: ("amdgpu", "radeon", "nouveau", "i915", "xe"),
}
READ_INTERVAL_S = 2.0
RECONNECT_S = 60.0
REPLY_S = 2.0  # for an answer on the bus
GIVE_BACK_S = 4.0  # logind waits 5 s for programs before the machine sleeps
LEAVE_S = 0.3  # the last messages have so long to leave the sockets
DOZE_S = 30.0  # a machine that was said to sleep, and has run on for so long, stays awake

LOGIN = ("/org/freedesktop/login1", "org.freedesktop.login1", "org.freedesktop.login1.Manager")
DESKTOPS = (  # who counts on the bus of a session since when nobody used it: GNOME; KDE and others
    ("/org/gnome/Mutter/IdleMonitor/Core", "org.gnome.Mutter.IdleMonitor", "GetIdletime"),
    ("/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver", "GetSessionIdleTime"),
)

logger = logging.getLogger(__name__)


def _numbers(folders: Collection[Path], pattern: str) -> list[int]:
    """Return the numbers that files of the kernel say; what cannot be read is left out."""
    told = [text_of(file) for folder in folders for file in folder.glob(pattern)]
    return [int(each) for each in told if each.lstrip("-").isdigit()]


def read_sensors(kinds: Collection[str], system: Path = SYS) -> dict[str, Figures]:
    """Return the temperature of the hottest sensor of each of some kinds, CPU and GPU, and their power, if Linux tells.

    No other sensor is read: that may wake a GPU or a disk.
    """
    sensors = [(each, text_of(each / "name")) for each in (system / "class/hwmon").glob("*")]
    found: dict[str, Figures] = {}
    for kind in kinds:
        own = [sensor for sensor, name in sensors if name.startswith(SENSORS[kind])]
        degrees, microwatts = _numbers(own, "temp*_input"), _numbers(own, "power1_average")
        found[kind] = Figures(
            kind,
            temperature_c=max(degrees) // 1000 if degrees else None,
            watts=sum(microwatts) / 1e6 if microwatts else None,
        )
    return found


def read_package_j(system: Path = SYS) -> float | None:
    """Return the joules that the processors have used since some moment; None if Linux does not tell this user."""
    zones = [zone for zone in (system / "class/powercap").glob("*") if text_of(zone / "name").startswith("package")]
    microjoules = _numbers(zones, "energy_uj")
    return sum(microjoules) / 1e6 if microjoules else None


@dataclass
class PowerMeter:
    """The power, by a counter of joules that begins anew at times."""

    joules: float | None = None
    read_s: float = 0.0

    def watts(self, joules: float | None, now: float) -> float | None:
        """Return the mean power since the last look; None if there was none, or the counter began anew."""
        before, spent_s, self.joules, self.read_s = self.joules, now - self.read_s, joules, now
        return None if joules is None or before is None or joules < before else (joules - before) / spent_s


@dataclass
class UseWatch:
    """Since when nobody has used a machine, by a counter of any unit that grows while nobody does."""

    counter: int = sys.maxsize
    used_s: float = -inf

    def unused_s(self, counter: int, now: float) -> float:
        """Return the seconds since the machine was last used, or since the first look."""
        if counter <= self.counter:
            self.used_s = now
        self.counter = counter
        return now - self.used_s


class Bus:
    """A message bus of Linux. What goes wrong there has many classes of errors: callers catch all of them."""

    def __init__(self, name: str) -> None:
        """`name`: SYSTEM or SESSION."""
        from jeepney.io.blocking import open_dbus_connection  # comes with wakepy, on systems that have D-Bus

        self.connection: Any = open_dbus_connection(name, enable_fds=True)

    def call(self, address: tuple[str, str, str], method: str, *words: str | bool) -> Any:
        """Call a method of an object that takes strings and truths; return its answer."""
        from jeepney import DBusAddress, new_method_call
        from jeepney.wrappers import unwrap_msg

        path, name, interface = address
        kinds = "".join("b" if isinstance(word, bool) else "s" for word in words)
        call = new_method_call(DBusAddress(path, name, interface), method, kinds or None, words)
        answer: Any = unwrap_msg(self.connection.send_and_get_reply(call, timeout=REPLY_S))
        return answer[0] if answer else None


class LoginManager:
    """The login manager of Linux: it knows whether all sessions are idle, and tells before the machine sleeps."""

    def __init__(self) -> None:
        from jeepney import MatchRule

        self._bus, self._told, self._lock = Bus("SYSTEM"), deque[Any](), None
        path, _, interface = LOGIN
        rule = MatchRule(type="signal", path=path, interface=interface, member="PrepareForSleep")
        self._bus.call(
            ("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus"), "AddMatch", rule.serialise()
        )
        self._bus.connection.filter(rule, queue=self._told)
        self.delay_sleep()

    def delay_sleep(self) -> None:
        """Have the machine wait some seconds for this program before it sleeps, if that is allowed."""
        with suppress(Exception):
            self._lock = self._bus.call(LOGIN, "Inhibit", "sleep", "e2a-swarm", "gives back what it speaks", "delay")

    def let_sleep(self) -> None:
        """Let the machine sleep now."""
        if self._lock is not None:
            self._lock.close()

    def suspend(self) -> None:
        """Put the machine to sleep, if this user may do that without being asked."""
        self._bus.call(LOGIN, "Suspend", False)

    def is_idle(self) -> bool:
        """Return whether no session is in use."""
        path, name, interface = LOGIN
        return bool(self._bus.call((path, name, "org.freedesktop.DBus.Properties"), "Get", interface, "IdleHint")[1])

    def wait_for_sleep(self, patience_s: float) -> bool | None:
        """Return True once the machine is about to sleep, False once it woke up; None if nothing was told so long."""
        try:
            return bool(self._bus.connection.recv_until_filtered(self._told, timeout=patience_s).body[0])
        except TimeoutError:
            return None


Result = TypeVar("Result")


def _try(question: Callable[..., Result], *words: object) -> Result | None:
    try:
        return question(*words)
    except Exception as fault:  # no bus, nobody on it who answers, or no right to ask
        logger.debug(f"the bus of this machine does not answer: {fault}")
        return None


class Senses:
    """The latest surroundings of this machine, and figures of some kinds of devices."""

    def __init__(self, kinds: Collection[str] = (), *, sees_use: bool = False, system: Path = SYS) -> None:
        """`sees_use`: it is asked, too, since when nobody has used the machine."""
        self._kinds, self._sees_use, self._system = kinds, sees_use, system
        self.around, self.figures = Surroundings(), tuple[Figures, ...]()
        self._use, self._power = UseWatch(), PowerMeter()
        self._login: LoginManager | None = None
        self._session: Bus | None = None
        self._connected_s = self._asleep_until_s = -inf
        self._begun, self._settled, self._closed = threading.Event(), threading.Event(), threading.Event()
        self._suspends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="senses", daemon=True)

    def start_sensing(self) -> None:
        """Start reading. A second call does nothing."""
        if not self._thread.ident:
            self._thread.start()

    def wait_for_readings(self, patience_s: float) -> None:
        """Wait so long at most for the first readings."""
        self._begun.wait(patience_s)

    def settle(self) -> None:
        """Let the machine sleep: all is given back."""
        if self.around.is_asleep:
            self._settled.set()

    @property
    def can_suspend(self) -> bool:
        """Whether a login manager is here."""
        return self._login is not None

    def suspend(self) -> None:
        """Put the machine to sleep with the next reading, where a login manager does that."""
        self._suspends.set()

    def stop_sensing(self) -> None:
        """Stop reading, without waiting for what is read just now."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._connect()
            is_asleep = time.monotonic() < self._asleep_until_s
            self.around = Surroundings(is_on_battery(self._system), self._unused_s(), is_asleep)
            found = read_sensors(self._kinds, self._system)
            if CPU in found:
                watts = self._power.watts(read_package_j(self._system), time.monotonic())
                found[CPU] = structs.replace(found[CPU], watts=watts)
            self.figures = tuple(each for each in found.values() if each != Figures(each.device))
            self._begun.set()
            if self._suspends.is_set() and self._login:
                self._suspends.clear()
                _try(self._login.suspend)
            self._listen()

    def _connect(self) -> None:
        if time.monotonic() - self._connected_s > RECONNECT_S:
            self._connected_s = time.monotonic()
            self._login = self._login or _try(LoginManager)
            if self._sees_use:
                self._session = self._session or _try(Bus, "SESSION")

    def _unused_s(self) -> float | None:
        if not self._sees_use:
            return None
        if (counter := idle_counter()) is None:
            counter = self._desktop_counter()
        if counter is not None:
            return self._use.unused_s(counter, time.monotonic())
        is_idle = _try(self._login.is_idle) if self._login else None
        return None if is_idle is None else inf if is_idle else 0.0

    def _desktop_counter(self) -> int | None:
        for path, name, method in DESKTOPS:
            if self._session and (told := _try(self._session.call, (path, name, name), method)) is not None:
                return int(told)
        return None

    def _listen(self) -> None:
        """Wait until it is time to read again, and take in what the login manager tells meanwhile."""
        login, told = self._login, None
        if login is None:
            self._closed.wait(READ_INTERVAL_S)
            return
        try:
            told = login.wait_for_sleep(READ_INTERVAL_S)
            if told:
                self._doze()
                login.let_sleep()
            elif told is False:
                self._asleep_until_s = -inf
                login.delay_sleep()
        except Exception as fault:  # the bus has ended
            logger.debug(f"the login manager does not answer any more: {fault}")
            self._login = None

    def _doze(self) -> None:
        """Have the worker give back what it speaks, and wait for that."""
        self._asleep_until_s = time.monotonic() + DOZE_S
        self._settled.clear()
        self.around = replace(self.around, is_asleep=True)
        if self._settled.wait(GIVE_BACK_S):
            time.sleep(LEAVE_S)
