"""A house of four machines of which two sleep: one is woken for the queue and sleeps again, the other is left alone.

What sleeps is a stopped process, and the login manager of systemd is a fake on a message bus of its own.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from fake_system import FakeLogin, private_bus
from host import VOICE, Host, write_book
from household import Running, wait_for

pytestmark = [pytest.mark.lan, pytest.mark.slow]
Swarm = Callable[..., dict[str, Host]]

SNIFF = """
import socket
heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heard.bind(("", 9))
while True:
    data, sender = heard.recvfrom(2000)
    print(data.hex(), sender[0], flush=True)
"""


class Sleepy:
    """A machine that may be woken, with a login manager of its own."""

    def __init__(self, host: Host, folder: Path, stack: ExitStack) -> None:
        self.host = host
        folder.mkdir()
        bus = stack.enter_context(private_bus(folder))
        self.login = FakeLogin(bus)
        stack.callback(self.login.service.end)
        words = ("work", "--cpu", "--slots", 1, "--name", host.name, "--may-wake", "--sleep-after", "3s")
        self.worker: Running = host.start(
            *words, DBUS_SYSTEM_BUS_ADDRESS=bus, DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere"
        )
        self.worker.says("serving laptop")

    def sleep(self) -> None:
        """Put it to sleep: it is told, gives back what it has, and stops."""
        self.login.tell_sleep(True)
        wait_for(lambda: not self.login.is_delayed(), "its consent to sleep")
        self.worker.signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Wake it up, as its network card does."""
        self.worker.signal(signal.SIGCONT)
        self.login.tell_sleep(False)

    @property
    def hardware(self) -> str:
        line = ["ip", "-n", self.host.place.space, "-j", "link", "show", "eth0"]
        [device] = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
        return str(device["address"])


def test_a_house_of_four_machines_of_which_two_sleep(swarm: Swarm, tmp_path: Path) -> None:
    laptop, tower, attic, den = swarm("laptop", "tower", "attic", "den").values()
    options = [word for pair in ("cost_per_char=0.01", "seconds_per_char=0.01") for word in ("--engine-option", pair)]
    with ExitStack() as stack:
        serve = laptop.start("serve", "--web", "off", "--wake-above", "1s", *VOICE, *options)
        serve.says("waiting for workers")
        tower.work().says("serving laptop")
        idle, used = Sleepy(attic, tmp_path / "idle", stack), Sleepy(den, tmp_path / "used", stack)
        used.login.is_idle = False
        sniffers = {
            each: each.host.lan.run(each.host.name, [sys.executable, "-c", SNIFF], stdout=subprocess.PIPE)
            for each in (idle, used)
        }

        def states() -> dict[str, str]:
            return {row["name"]: row["state"] for reply in laptop.status() for row in reply.get("sleepers", ())}

        idle.sleep()
        wait_for(lambda: states() == {"attic": "asleep"}, "one that sleeps")
        used.sleep()
        wait_for(lambda: states() == {"attic": "asleep", "den": "by hand"}, "both that sleep")
        assert laptop.run("add", write_book(tmp_path, characters=6000)).returncode == 0
        serve.says("waking attic for the books that wait")
        heard = sniffers[idle].stdout
        assert heard
        packets = {tuple(heard.readline().split()) for _ in range(2)}
        packet = "ff" * 6 + idle.hardware.replace(":", "") * 16
        lan = laptop.lan
        assert packets == {(packet, lan.address["laptop"]), (packet, lan.address["tower"])}
        idle.wake()
        idle.worker.says("this machine was woken for the books that wait")
        idle.worker.says("speaking A Book")
        idle.worker.says("it sleeps again")
        wait_for(lambda: idle.login.suspended == 1, "its suspend")
        wait_for(lambda: list(laptop.desk.glob("*.m4b")), "the book")
        assert states() == {"den": "by hand"} and used.login.suspended == 0
        assert used.hardware.replace(":", "") not in str(packets)
