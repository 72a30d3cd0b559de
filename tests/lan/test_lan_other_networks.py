"""Machines of other networks join by one line, where nothing is found over mDNS: through a router, and by a relay."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import accepted
from host import Host, assert_undisturbed, write_book
from household import wait_for
from lan import BEHIND, Lan, require_lan

pytestmark = [pytest.mark.lan, pytest.mark.slow]
Swarm = Callable[..., dict[str, Host]]

TRIED_S = 12.0
COST_S = 0.002  # a character
ASK = """
import asyncio, sys
from swarm.net.client import _silence
print(asyncio.run(_silence(sys.argv[1], int(sys.argv[2]))))
"""


def full_invite(laptop: Host) -> str:
    """Return the code of a new invite, with the addresses of a machine."""
    code: str = json.loads(laptop.run("key", "--invite", "15m", "--json").stdout)["full_code"]
    return code


def household(swarm: Swarm, *, passes: bool) -> tuple[Host, Host, Lan]:
    """Return a laptop, and a new machine of another network, both without mDNS."""
    laptop = swarm("laptop", "router", "attic")["laptop"]
    lan = laptop.lan
    lan.put_behind("attic", "router", passes=passes)
    for name in ("laptop", "attic"):
        lan.block_multicast(name)
    return laptop, Host(laptop.home.parents[1] / "cellar" / "attic", lan), lan


@pytest.mark.parametrize("way", ["router", "relay"])
def test_a_machine_of_another_network_joins_by_one_line(swarm: Swarm, tmp_path: Path, way: str) -> None:
    laptop, newcomer, lan = household(swarm, passes=way == "router")
    relay = lan.forward("router", 7000, f"{lan.address['laptop']}:5847")
    where = relay if way == "relay" else f"{lan.address['laptop']}:5847"
    also = ("--also-at", relay) if way == "relay" else ()
    coordinator = laptop.coordinate(write_book(tmp_path, characters=2000), COST_S, 0.01, *also)
    coordinator.says("waiting for workers")
    try:
        joined = newcomer.run("join", full_invite(laptop))
        assert (joined.returncode, "laptop lets it in once" in joined.stdout) == (0, True), joined.stderr
        worker = newcomer.work("--exit-when-done")
        worker.says(f"serving laptop at {where}")
        assert_undisturbed(coordinator, laptop.finished(coordinator))
        worker.ends()
    finally:
        newcomer.close()


def test_a_worker_of_another_network_follows_a_coordinator_whose_address_changes(swarm: Swarm, tmp_path: Path) -> None:
    laptop, newcomer, lan = household(swarm, passes=True)
    coordinator = laptop.coordinate(write_book(tmp_path, characters=4000), 0.006)
    coordinator.says("waiting for workers")
    try:
        assert newcomer.run("join", full_invite(laptop)).returncode == 0
        worker = newcomer.work("--exit-when-done")
        worker.says("serving laptop at 10.77.0.1:")
        lan.add("laptop", "10.77.0.99")
        known = newcomer.home / "addresses.json"
        wait_for(lambda: "10.77.0.99" in known.read_text(), "the new address")
        lan.move("laptop", "10.77.0.99")
        lan.route_behind("laptop", "router")
        worker.says("serving laptop at 10.77.0.99:")
        laptop.finished(coordinator)
        worker.ends()
    finally:
        newcomer.close()


def test_a_worker_of_another_network_follows_the_standby_that_takes_over(swarm: Swarm, tmp_path: Path) -> None:
    hosts = swarm("laptop", "den", "router", "attic")
    laptop, den, attic, lan = hosts["laptop"], hosts["den"], hosts["attic"], hosts["den"].lan
    lan.put_behind("attic", "router", passes=True)
    for name in hosts:
        lan.block_multicast(name)
    laptop.coordinate(write_book(tmp_path, characters=9000), 0.006).says("waiting for workers")
    where = f"{lan.address['laptop']}:5847"
    den.work("--standby", "--coordinator", where).says("serving laptop")
    worker = attic.work("--coordinator", where, "--exit-when-done")
    worker.says("serving laptop")
    known = attic.home / "addresses.json"
    wait_for(lambda: known.exists() and lan.address["den"] in known.read_text(), "where the standby is")
    wait_for(lambda: len(accepted(den.home / "standby")) > 3, "a copy")
    laptop.started[0].kill()
    worker.says("out of reach")
    time.sleep(TRIED_S)  # where the standby is was tried in vain, and its name is looked up at a server that is silent
    heir = den.start("take-over", "--output-dir", den.desk)
    heir.says("waiting for workers")
    worker.says(f"serving den at {lan.address['den']}:")
    den.finished(heir)
    worker.ends()


def test_why_an_address_does_not_answer_is_told_apart() -> None:
    require_lan()
    with Lan("laptop", "router", "attic", "den") as lan:

        def told(host: str, port: int = 5847) -> str:
            process = lan.run("attic", [sys.executable, "-c", ASK, host, str(port)], stdout=subprocess.PIPE)
            said: str = process.communicate()[0].strip()
            return said

        laptop, den = lan.address["laptop"], lan.address["den"]
        assert told(laptop) == "refused"
        lan.block_port("laptop", 5847)
        assert told(laptop) == "dropped"
        lan.partition({"den"}, {"attic"})  # as an access point does that keeps its devices apart
        assert told(den) == "near"
        assert told("nobody.invalid") == "name"
        lan.put_behind("attic", "router", passes=False)
        assert told(laptop) == "far"
        lan.forward("router", 7000, f"{laptop}:1")
        assert told(f"{BEHIND}.1", 7000) == "other"
