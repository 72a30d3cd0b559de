"""A network of mock machines: Linux network namespaces on one bridge. It needs root, iproute2 and nftables."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from place import Place

NETWORK, BEHIND = "10.77.0", "10.78.0"
TOOLS = ("ip", "tc", "nft", "unshare")
RELAY = Path(__file__).with_name("relay.py")
FORWARDER = Path(__file__).with_name("forwarder.py")


def ip(*words: str) -> None:
    """Run iproute2; raise its error text if it fails."""
    run(["ip", *words])


def run(words: Sequence[str], text: str = "") -> None:
    """Run a command to its end; raise its error text if it fails."""
    ended = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise OSError(f"{' '.join(words)}: {ended.stderr.strip()}")


def require_lan() -> None:
    """Skip the test if namespaces cannot be made."""
    if not sys.platform.startswith("linux") or os.geteuid():
        pytest.skip("network namespaces need Linux and root")
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        pytest.skip(f"a pretended network needs {', '.join(missing)} (packages iproute2, nftables, util-linux)")
    probe = f"e2a{uuid.uuid4().hex[:6]}"
    try:
        ip("netns", "add", probe)
        run(["ip", "netns", "exec", probe, "unshare", "--uts", "nft", "list", "ruleset"])
    except OSError as fault:
        pytest.skip(f"this machine does not let us make network namespaces ({fault})")
    finally:
        subprocess.run(["ip", "netns", "del", probe], capture_output=True, check=False)


class Lan:
    """Machines by name, each with an address of its own. All that they run ends with the block.

    with Lan("laptop", "attic") as lan:
        lan.run("attic", ["ping", lan.address["laptop"]])
        lan.partition({"laptop"}, {"attic"})
        lan.heal()
    """

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
        space, port = self._space(machine), _port(machine)
        ip("netns", "add", space)
        self._in("switch", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space)
        self._in("switch", "link", "set", port, "master", "bridge", "up")
        self._in(machine, "address", "add", f"{self.address[machine]}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            self._in(machine, "link", "set", device, "up")

    def inside(self, machine: str, command: Sequence[str]) -> list[str]:
        """Return the command line that runs a program on a machine; the started process is the program itself."""
        return self.place(machine).inside(command)

    def place(self, machine: str) -> Place:
        """Return where the programs of a machine run."""
        return Place(self._space(machine), machine)

    def run(self, machine: str, command: Sequence[str], **settings: Any) -> "subprocess.Popen[str]":
        """Start a program on a machine; its process id is the program's own."""
        process = subprocess.Popen(self.inside(machine, command), text=True, **settings)
        self.processes.append(process)
        return process

    def sent_bytes(self, machine: str) -> int:
        """Return how many bytes a machine has sent, with the heads of all packets."""
        line = ["ip", "-n", self._space(machine), "-j", "-s", "link", "show", "eth0"]
        [device] = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
        return int(device["stats64"]["tx"]["bytes"])

    # --- other networks

    def put_behind(self, machine: str, router: str, *, passes: bool) -> None:
        """Put a machine into a network of its own, behind another one that `passes` its packets on or does not."""
        self._in("switch", "link", "del", _port(machine))
        self._in(router, "link", "add", "behind", "type", "veth", "peer", "name", "eth0", "netns", self._space(machine))
        self._in(router, "address", "add", f"{BEHIND}.1/24", "dev", "behind")
        self._in(router, "link", "set", "behind", "up")
        self.address[machine] = f"{BEHIND}.2"
        self._in(machine, "address", "add", f"{BEHIND}.2/24", "dev", "eth0")
        self._in(machine, "link", "set", "eth0", "up")
        self._in(machine, "route", "add", "default", "via", f"{BEHIND}.1")
        run([*self._exec(router), "sh", "-c", f"echo {int(passes)} > /proc/sys/net/ipv4/ip_forward"])
        for other in set(self.machines) - {machine, router} if passes else ():
            self.route_behind(other, router)

    def route_behind(self, machine: str, router: str) -> None:
        """Tell a machine which one leads to the network behind it."""
        self._in(machine, "route", "replace", f"{BEHIND}.0/24", "via", self.address[router])

    def forward(self, relay: str, port: int, to: str) -> str:
        """Have a machine carry the connections that it takes at a port to "host:port", as a plain relay does."""
        process = self.run(relay, [sys.executable, str(FORWARDER), str(port), to], stdout=subprocess.PIPE)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return f"{BEHIND}.1:{port}"

    # --- faults

    def unplug(self, machine: str) -> None:
        """Pull a machine's cable at the switch; the machine does not notice."""
        self._in("switch", "link", "set", _port(machine), "nomaster")

    def plug(self, machine: str) -> None:
        """Put a machine's cable back at the switch."""
        self._in("switch", "link", "set", _port(machine), "master", "bridge")

    def link(self, machine: str, *, up: bool) -> None:
        """Pull a machine's cable at its own end, which the machine notices, or put it back."""
        self._in(machine, "link", "set", "eth0", "up" if up else "down")

    def partition(self, some: set[str], others: set[str]) -> None:
        """Drop all frames between two sets of machines; no machine notices."""
        ways = ((some, others), (others, some))
        rules = [f"iifname {{ {_ports(a)} }} oifname {{ {_ports(b)} }} drop" for a, b in ways]
        self._filter("switch", "table bridge parted", "forward", rules)

    def block_multicast(self, machine: str) -> None:
        """Block mDNS from and to a machine, as many guest networks do."""
        for way, rule in (("input", "udp dport 5353 drop"), ("output", "udp dport 5353 drop")):
            self._filter(machine, f"table inet no_multicast_{way}", way, [rule])

    def block_port(self, machine: str, port: int) -> None:
        """Drop what comes to a TCP port, as a firewall does."""
        self._filter(machine, "table inet firewall", "input", [f"tcp dport {port} drop"])

    def lose(self, machine: str, percent: int) -> None:
        """Lose a share of the frames that come in to a machine."""
        rule = f"numgen random mod 100 < {percent} drop"
        self._filter(machine, "table netdev lossy", 'ingress device "eth0"', [rule])

    def limit(self, machine: str, rate: str) -> None:
        """Limit the rate at which a machine sends, such as "10mbit"."""
        shaped = ["tbf", "rate", rate, "burst", "64kb", "latency", "500ms"]
        run([*self._exec(machine), "tc", "qdisc", "replace", "dev", "eth0", "root", *shaped])

    def delay(self, machine: str, ms: float) -> None:
        """Delay all frames, each way. Call this before the machine's programs start: they listen on its device."""
        self._in(machine, "link", "set", "eth0", "down", "name", "slow")
        self._in(machine, "address", "flush", "dev", "slow")
        port = f"{_port(machine)[:13]}-x"
        relay = [sys.executable, str(RELAY), self._space(machine), "eth0", self._space("switch"), port, str(ms)]
        process = subprocess.Popen(relay, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        self._in("switch", "link", "set", port, "master", "bridge", "up")
        self._in(machine, "address", "add", f"{self.address[machine]}/24", "dev", "eth0")
        self._in(machine, "link", "set", "eth0", "up")

    def move(self, machine: str, address: str) -> None:
        """Give a machine another address, as a router does after a restart."""
        self._in(machine, "address", "del", f"{self.address[machine]}/24", "dev", "eth0")
        self.address[machine] = address
        self._in(machine, "address", "add", f"{address}/24", "dev", "eth0")

    def add(self, machine: str, address: str) -> None:
        """Give a machine one more address."""
        self._in(machine, "address", "add", f"{address}/32", "dev", "eth0")

    def heal(self) -> None:
        """End partitions, losses, limits and blocks; delays stay."""
        for machine in (*self.machines, "switch"):
            run([*self._exec(machine), "nft", "flush", "ruleset"])
        for machine in self.machines:
            reset = [*self._exec(machine), "tc", "qdisc", "del", "dev", "eth0", "root"]
            subprocess.run(reset, capture_output=True, check=False)  # there may be none

    # --- the end

    def close(self) -> None:
        """End all programs and take the network down."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
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

    def _exec(self, machine: str) -> list[str]:
        return ["ip", "netns", "exec", self._space(machine)]

    def _filter(self, machine: str, table: str, hook: str, rules: Sequence[str]) -> None:
        lines = [f"{table} {{", "chain rules {", f"type filter hook {hook} priority 0;", *rules, "}", "}", ""]
        run([*self._exec(machine), "nft", "-f", "-"], "\n".join(lines))


def _port(machine: str) -> str:
    return f"to-{machine}"[:15]


def _ports(machines: set[str]) -> str:
    return ", ".join(f'"{port}"' for name in sorted(machines) for port in (_port(name), f"{_port(name)[:13]}-x"))
