"""A network of pretended machines: Linux network namespaces on one bridge. Needs root and iproute2."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

NETWORK = "10.77.0"


def ip(*words: str) -> None:
    """Run iproute2; raises with what it said."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def require_lan() -> None:
    """Skip the test where namespaces cannot be made."""
    if not sys.platform.startswith("linux") or os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need Linux, root and iproute2")
    probe = f"e2a{uuid.uuid4().hex[:6]}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us make network namespaces")
    ip("netns", "del", probe)


class Lan:
    """Machines by name, each with an address of its own; gone with everything they ran when the block ends."""

    def __init__(self, *machines: str) -> None:
        self.prefix = f"e2a{uuid.uuid4().hex[:6]}"  # runs at the same time do not meet
        self.machines = machines
        self.address = {machine: f"{NETWORK}.{number}" for number, machine in enumerate(machines, 1)}
        self.processes: list[subprocess.Popen[Any]] = []

    def __enter__(self) -> "Lan":
        try:
            ip("netns", "add", self._space("switch"))
            self._in("switch", "link", "add", "bridge", "type", "bridge")
            self._in("switch", "link", "set", "bridge", "up")
            for machine in self.machines:
                self._plug_in(machine)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _plug_in(self, machine: str) -> None:
        space, port = self._space(machine), f"to-{machine}"[:15]
        ip("netns", "add", space)
        self._in("switch", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space)
        self._in("switch", "link", "set", port, "master", "bridge", "up")
        self._in(machine, "address", "add", f"{self.address[machine]}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            self._in(machine, "link", "set", device, "up")

    def run(self, machine: str, command: Sequence[str], **settings: Any) -> "subprocess.Popen[str]":
        """Start a program on a machine; its process id is the program's own."""
        inside = ["ip", "netns", "exec", self._space(machine), *command]
        process = subprocess.Popen(inside, text=True, **settings)
        self.processes.append(process)
        return process

    def unplug(self, machine: str) -> None:
        """Pull a machine's cable; nobody is told."""
        self._in("switch", "link", "set", f"to-{machine}"[:15], "nomaster")

    def plug(self, machine: str) -> None:
        """Put it back."""
        self._in("switch", "link", "set", f"to-{machine}"[:15], "master", "bridge")

    def close(self) -> None:
        """End what runs and take the network down."""
        for process in self.processes:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        for machine in (*self.machines, "switch"):
            subprocess.run(["ip", "netns", "del", self._space(machine)], capture_output=True, check=False)

    def _space(self, machine: str) -> str:
        return f"{self.prefix}-{machine}"

    def _in(self, machine: str, *words: str) -> None:
        ip("-n", self._space(machine), *words)
