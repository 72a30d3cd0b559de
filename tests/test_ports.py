import subprocess
import sys
from pathlib import Path

from ports import PORTS, free_port

ASK = (
    "import ports; ports._starts = iter(range(100)); print(*(ports.free_port() for _ in range(5)), flush=True); input()"
)


def test_two_processes_are_never_told_the_same_port() -> None:
    asked = [
        subprocess.Popen(
            [sys.executable, "-c", ASK],
            cwd=Path(__file__).parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [process.stdout.readline().split() for process in asked if process.stdout]
    for process in asked:
        process.communicate("\n")
    assert len({*told[0], *told[1]}) == 10, told


def test_a_port_is_not_one_that_the_system_gives_to_clients() -> None:
    assert {free_port(), free_port()} <= set(PORTS)
    limits = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if limits.exists():
        assert int(limits.read_text().split()[0]) >= PORTS.stop
