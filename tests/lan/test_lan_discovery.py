import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lan import Lan, require_lan

from swarm.net.identity.swarm_key import SwarmKey

pytestmark = pytest.mark.lan
ROOT = Path(__file__).resolve().parents[2]
OURS, OTHERS = SwarmKey(b"o" * 16).code, SwarmKey(b"x" * 16).code

COORDINATOR = """
import asyncio
from pathlib import Path
from swarm.lease.message import Welcome
from swarm.net.discovery import Advertisement
from swarm.net.identity.keys import load_key
from swarm.net.identity.swarm_key import curve_keys, swarm_id
from swarm.system.platform import run_loop
from swarm.net.transport import RouterSocket

async def main():
    key = load_key(Path("/nowhere"))
    router = RouterSocket(curve_keys(key))
    port = router.bind("", None)
    await Advertisement(swarm_id(key), port, 1, "", print).start()
    while True:
        peer, message, _ = await router.receive()
        print("heard", message.name, flush=True)
        router.send(peer, Welcome("c1", 1, "laptop", 1.0, 1000, 65536))
run_loop(main())
"""

WORKER = """
import asyncio, sys
from pathlib import Path
from swarm.lease.message import PROTOCOL, Hello
from swarm.net.discovery import Browser
from swarm.net.identity.keys import load_key
from swarm.net.identity.swarm_key import curve_keys, swarm_id
from swarm.system.platform import run_loop
from swarm.net.transport import DealerSocket

async def main():
    key = load_key(Path("/nowhere"))
    browser = Browser(swarm_id(key), "", print)
    await browser.start()
    while not (found := browser.candidates() or (sys.argv[1:] and browser.strangers())):
        await browser.changed.wait()
        browser.changed.clear()
    dealer = DealerSocket(curve_keys(key), on_change=lambda: print("refused:", dealer.refusal, flush=True))
    dealer.connect(found[0].addresses)
    while not dealer.send(Hello("w1", "n1", "attic", "1", (), (), 1, PROTOCOL)):
        await asyncio.sleep(0.02)
    print("welcomed by", (await dealer.receive())[0].name, "at", found[0].addresses[0], flush=True)
run_loop(main())
"""


@pytest.fixture
def lan() -> Iterator[Lan]:
    require_lan()
    with Lan("laptop", "attic") as lan:
        yield lan


def start(lan: Lan, machine: str, program: str, code: str, *words: str) -> "subprocess.Popen[Any]":
    environment = {**os.environ, "E2A_SWARM_KEY": code, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, *words]
    return lan.run(machine, command, env=environment, stdout=subprocess.PIPE)


@pytest.mark.parametrize("worker_first", [False, True])
def test_a_worker_finds_the_coordinator_of_its_swarm_with_nothing_but_the_key(lan: Lan, worker_first: bool) -> None:
    pair = [("laptop", COORDINATOR), ("attic", WORKER)]
    programs = {}
    for machine, program in reversed(pair) if worker_first else pair:
        programs[machine] = start(lan, machine, program, OURS)
        time.sleep(0.5)
    said, _ = programs["attic"].communicate()
    assert said.splitlines()[-1] == f"welcomed by laptop at {lan.address['laptop']}:5847"


def test_a_worker_of_another_swarm_gets_in_nowhere_and_learns_why(lan: Lan) -> None:
    coordinator = start(lan, "laptop", COORDINATOR, OURS)
    stranger = start(lan, "attic", WORKER, OTHERS, "even strangers")
    assert stranger.stdout
    line = stranger.stdout.readline()
    assert "another key" in line
    assert lan.address["laptop"] in line
    time.sleep(1)
    assert stranger.poll() is None
    coordinator.kill()
    assert "heard" not in coordinator.communicate()[0]


def test_a_worker_cut_off_at_first_finds_the_coordinator_once_the_cable_is_in(lan: Lan) -> None:
    lan.unplug("attic")
    start(lan, "laptop", COORDINATOR, OURS)
    worker = start(lan, "attic", WORKER, OURS)
    time.sleep(7)
    assert worker.poll() is None
    lan.plug("attic")
    said, _ = worker.communicate()
    assert "welcomed by laptop" in said
