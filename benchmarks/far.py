"""Measures a worker that speaks for a coordinator far away: 150 ms there and back, 2 % loss, a link cut each minute.

    python benchmarks/far.py
    python benchmarks/far.py --ways relay --seconds 40 --realtime 12

It needs root, iproute2, nftables and Debian's openssh-server; for two of the ways also socat, or wireguard-go and
wireguard-tools. Machines are network namespaces, as in tests/lan: one at
home, one far away behind a router that lets nothing in (NAT), one in between. The link carries 10 Mbit/s each way; each
frame waits 75 ms, 2 % are lost in either direction, and nothing passes for --cut seconds of each minute. Ways:

direct     the worker dials the coordinator
ssh-L      ssh on the far machine forwards a port of the one at home
ssh-R      ssh at home forwards a port of the router, where the worker runs
relay      the machine in between passes all bytes on
socks      ssh -D on the far machine is a SOCKS proxy at the machine in between, and socat a port that leads through it
wireguard  the far machine and the one at home have addresses of a WireGuard, in user space (wireguard-go)

The worker's voice is a metronome whose sound is as long as people speak, --realtime times as fast. The pace is compared
with that over 10 Mbit/s and nothing else. Places are taken back when a cut is longer than the coordinator waits.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from making import make_book
from process import BARE_CLI, ROOT, head, row
from running import Swarm, end_of, wait_for

sys.path.insert(0, str(ROOT / "tests" / "lan"))
sys.path.insert(0, str(ROOT / "tests" / "stories"))

from lan import NETWORK, Lan, ip, run

WAYS = {"direct": (), "ssh-L": (), "ssh-R": (), "relay": (), "socks": ("socat",), "wireguard": ("wireguard-go", "wg")}
RATE, DELAY_MS, LOSS = "10mbit", 75, 2
INSIDE = "10.78.0"  # behind the router
SLOTS = 3
PORT, SSH_PORT, SOCKS_PORT, RELAYED = 5847, 2222, 1080, 7000
WIRED, WIRE_PORT = {"home": "10.79.0.1", "far": "10.79.0.2"}, 51820
MINUTE_S, FIRST_CUT_S = 60.0, 20.0
PATIENCE_S = 1800
QUIET = {"stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
SSHD = (
    "ListenAddress 0.0.0.0\nPort {port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
    "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
)


class Far(Swarm):
    """A coordinator at home and a worker elsewhere, over a link that can be made bad."""

    lan: Lan
    worker_at = "far"
    reached_at = f"{NETWORK}.1:{PORT}"

    @property
    def address(self) -> str:
        """The coordinator's address, as the worker says it."""
        return self.reached_at

    def start(
        self, command: Sequence[str], home: Path, output: int = subprocess.DEVNULL, **environment: str
    ) -> "subprocess.Popen[bytes]":
        """Start a program on the machine at home, or on the worker's."""
        places = {"E2A_SWARM_HOME": str(home), "E2A_SWARM_KEY": self.key.code, **environment}
        inside = self.lan.inside("home" if home.name == "state" else self.worker_at, command)
        process = subprocess.Popen(inside, env=os.environ | places, stdin=subprocess.DEVNULL, stdout=output)
        self.processes.append(process)
        return process


def put_behind(lan: Lan, gate: str, machine: str) -> None:
    """Make a machine that only its router reaches: the router passes on what it asks for, in its own name."""
    spaces = [f"{lan.prefix}-{each}" for each in (gate, machine)]
    ip("netns", "add", spaces[1])
    lan.machines = (*lan.machines, machine)
    ip("-n", spaces[0], "link", "add", "inside", "type", "veth", "peer", "name", "eth0", "netns", spaces[1])
    for space, device, number in ((spaces[0], "inside", 1), (spaces[1], "eth0", 2)):
        ip("-n", space, "address", "add", f"{INSIDE}.{number}/24", "dev", device)
        ip("-n", space, "link", "set", device, "up")
    ip("-n", spaces[1], "link", "set", "lo", "up")
    ip("-n", spaces[1], "route", "add", "default", "via", f"{INSIDE}.1")
    run(["ip", "netns", "exec", spaces[0], "sysctl", "-qw", "net.ipv4.ip_forward=1"])
    chain = "type nat hook postrouting priority 100;", 'oifname "eth0" masquerade'
    rules = "\n".join(["table ip nat {", "chain out {", *chain, "}", "}", ""])
    run(["ip", "netns", "exec", spaces[0], "nft", "-f", "-"], rules)


@contextmanager
def cuts(lan: Lan, cut_s: float) -> Iterator[list[float]]:
    """Cut the link for a while in each minute, until the block ends; the list has one entry for each cut."""
    done, made = threading.Event(), list[float]()

    def work() -> None:
        pause_s = FIRST_CUT_S
        while not done.wait(pause_s):
            lan.partition({"gate"}, {"home", "between"})
            made.append(cut_s)
            done.wait(cut_s)
            run(["ip", "netns", "exec", f"{lan.prefix}-switch", "nft", "flush", "ruleset"])
            pause_s = MINUTE_S - cut_s

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield made
    finally:
        done.set()
        thread.join()


def reach(swarm: Far, way: str) -> None:
    """Start what lies between the two machines."""
    if way == "relay":
        swarm.lan.forward("between", RELAYED, f"{NETWORK}.1:{PORT}")
        swarm.reached_at = f"{swarm.lan.address['between']}:{RELAYED}"
    elif way == "wireguard":
        _wire(swarm)
        swarm.reached_at = f"{WIRED['home']}:{PORT}"
    elif way == "socks":
        _ssh(swarm, "far", "between", "-D", f"127.0.0.1:{SOCKS_PORT}")
        far_end = f"SOCKS4A:127.0.0.1:{NETWORK}.1:{PORT},socksport={SOCKS_PORT}"
        swarm.lan.run("far", ["socat", f"TCP-LISTEN:{PORT},bind=127.0.0.1,reuseaddr,fork", far_end], **QUIET)
        swarm.reached_at = f"127.0.0.1:{PORT}"
    elif way != "direct":
        swarm.worker_at = "far" if way == "ssh-L" else "gate"
        client, server = ("far", "home") if way == "ssh-L" else ("home", "gate")
        _ssh(swarm, client, server, way.removeprefix("ssh"), f"127.0.0.1:{PORT}:127.0.0.1:{PORT}")
        swarm.reached_at = f"127.0.0.1:{PORT}"


def _wire(swarm: Far) -> None:
    """Give the machine at home and the far one a WireGuard; the far one dials it from behind its router."""
    keys = {name: subprocess.run(["wg", "genkey"], check=True, capture_output=True).stdout for name in WIRED}
    for name, other in (("home", "far"), ("far", "home")):
        device, space = f"{swarm.lan.prefix}-{name}"[-15:], f"{swarm.lan.prefix}-{name}"
        swarm.lan.run(name, ["wireguard-go", "--foreground", device], **QUIET)
        wait_for(lambda path=Path(f"/var/run/wireguard/{device}.sock"): path.exists(), 10, "wireguard-go")
        (private := swarm.folder / f"{name}.key").write_bytes(keys[name])
        public = subprocess.run(["wg", "pubkey"], input=keys[other], check=True, capture_output=True).stdout
        words = ["wg", "set", device, "private-key", str(private)]
        words += ["listen-port", str(WIRE_PORT)] if name == "home" else []
        words += ["peer", public.decode().strip(), "allowed-ips", f"{WIRED[other]}/32"]
        words += ["endpoint", f"{NETWORK}.1:{WIRE_PORT}", "persistent-keepalive", "15"] if name == "far" else []
        run(["ip", "netns", "exec", space, *words])
        ip("-n", space, "address", "add", f"{WIRED[name]}/24", "dev", device)
        ip("-n", space, "link", "set", device, "up", "mtu", "1420")


def _ssh(swarm: Far, client: str, server: str, *way: str) -> None:
    folder = swarm.folder / "ssh"
    folder.mkdir(mode=0o700)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "sshd_config").write_text(SSHD.format(port=SSH_PORT, folder=folder))
    Path("/run/sshd").mkdir(exist_ok=True)
    swarm.lan.run(server, ["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")], **QUIET)
    words = ["ssh", "-N", "-F", "none", "-i", f"{folder}/user", "-p", str(SSH_PORT)]
    for option in ("StrictHostKeyChecking=no", f"UserKnownHostsFile={folder}/known", "ExitOnForwardFailure=yes"):
        words += ["-o", option]
    words += [*way, f"root@{swarm.lan.address[server]}"]
    swarm.lan.run(client, words, **QUIET)


def speak(book: Path, cost: float, sound: float, way: str, cut_s: float | None) -> tuple[dict[str, float], int]:
    """Speak a book over a link with delay, loss and cuts, or without; return the report's totals, and the cuts."""
    with ExitStack() as stack:
        swarm = stack.enter_context(Far(book, cost, sound, port=PORT))
        swarm.lan = stack.enter_context(Lan("home", "gate", "between"))
        made: list[float] = []
        if cut_s is not None:
            swarm.lan.delay("gate", DELAY_MS)
            for machine in ("home", "gate"):
                swarm.lan.lose(machine, LOSS)
        for machine in ("home", "gate"):
            swarm.lan.limit(machine, RATE)
        put_behind(swarm.lan, "gate", "far")
        coordinator = swarm.coordinate(1, BARE_CLI)
        wait_for(lambda: any((swarm.folder / "state" / "jobs").glob("*")), 120, "the book to be read")
        reach(swarm, way)
        if cut_s is not None:
            made = stack.enter_context(cuts(swarm.lan, cut_s))
        swarm.work([1.0] * SLOTS)
        end_of(coordinator, PATIENCE_S)
        return swarm.report()["totals"], len(made)


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    able = [way for way, programs in WAYS.items() if all(map(shutil.which, programs))]
    parser.add_argument("--ways", choices=WAYS, nargs="*", default=able)
    parser.add_argument("--seconds", type=float, default=100.0, help="that the book takes at best")
    parser.add_argument("--realtime", type=float, default=6.0, help="seconds of sound a second, all slots together")
    parser.add_argument("--sound", type=float, default=0.065, help="seconds of sound a character")
    parser.add_argument("--cut", type=float, default=4.0, help="seconds of each minute without a link")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if os.geteuid():
        sys.exit("needs root: it makes network namespaces")
    with tempfile.TemporaryDirectory() as folder:
        sound, cost = arguments.sound, SLOTS * arguments.sound / arguments.realtime
        characters = round(arguments.seconds * arguments.realtime / sound)
        book = make_book(Path(folder), characters=characters)
        head(
            "way",
            "cuts",
            "took",
            "pace",
            "sound a second",
            "over the link",
            "clips that came twice",
            "places taken back",
        )
        calm, _ = speak(book, cost, sound, "direct", None)
        show("10 Mbit/s alone", 0, calm, calm)
        for way in arguments.ways:
            totals, made = speak(book, cost, sound, way, arguments.cut)
            show(way, made, totals, calm)


def show(way: str, made: int, totals: dict[str, float], calm: dict[str, float]) -> None:
    """Print one row."""
    took_s = totals["makespan_s"]
    row(
        way, made, f"{took_s:.0f} s", f"{100 * calm['makespan_s'] / took_s:.0f} %",
        f"{totals['audio_s'] / took_s:.1f} s", f"{8 * totals['bytes'] / took_s / 1e6:.2f} Mbit/s",
        int(totals["duplicates"]), int(totals["reissued"]),
    )  # fmt: skip


if __name__ == "__main__":
    main()
