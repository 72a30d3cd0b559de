import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from itertools import count

import pytest
from patience import until
from zeroconf import DNSOutgoing, DNSPointer, ServiceInfo

from swarm.lease.message import PROTOCOL
from swarm.net import discovery
from swarm.net.discovery import SERVICE, Advertisement, Browser, mark_of, read_candidate

LOOPBACK = "127.0.0.1"
ADVERTISE = """
import asyncio, sys
from swarm.net import discovery
from swarm.net.discovery import Advertisement
discovery.SERVICE = sys.argv[1]
async def main():
    await Advertisement("5afe0006", 7006, 1, "127.0.0.1", print).start()
    await asyncio.sleep(600)
asyncio.run(main())
"""


def ignore(_line: str) -> None:
    pass


async def test_a_browser_finds_its_own_swarm_and_tells_strangers_apart() -> None:
    ours = Advertisement("5afe0001", 7001, 3, LOOPBACK, ignore)
    theirs = Advertisement("5afe0002", 7002, 1, LOOPBACK, ignore)
    browser = Browser("5afe0001", LOOPBACK, ignore)
    await asyncio.gather(browser.start(), ours.start(), theirs.start())
    await until(lambda: _swarms(browser.strangers()) >= {"5afe0002"} and bool(browser.candidates()))
    [found] = browser.candidates()
    assert (found.addresses, found.swarm, found.epoch, found.protocol) == (("127.0.0.1:7001",), "5afe0001", 3, PROTOCOL)
    assert browser.changed.is_set()
    browser.changed.clear()
    await ours.withdraw()
    await until(lambda: not browser.candidates())
    assert browser.changed.is_set()
    await asyncio.gather(browser.stop_browsing(), theirs.withdraw())


@pytest.mark.parametrize(
    "made", [Advertisement("5afe000b", 7011, 1, LOOPBACK, ignore), Browser("5afe000b", LOOPBACK, ignore)]
)
async def test_a_cancellation_that_zeroconf_swallows_does_not_keep_a_command_from_ending(
    made: Advertisement | Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    swallowed = 0

    async def close(zeroconf: object) -> None:
        nonlocal swallowed
        try:
            await asyncio.sleep(0 if swallowed else 600)
        except asyncio.CancelledError:
            swallowed += 1

    monkeypatch.setattr(discovery, "CANCEL_AGAIN_S", 0.01)
    monkeypatch.setattr(discovery, "_close", close)
    made._task = asyncio.create_task(made._keep())
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await (made.withdraw() if isinstance(made, Advertisement) else made.stop_browsing())
    assert (swallowed, made._task.done()) == (1, True)


async def test_what_is_there_is_found_at_once_and_by_every_new_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "SEARCH_S", 1.5)  # answers to the network are a second apart at least
    monkeypatch.setattr(discovery, "REFRESH_S", 1.6)
    there = Advertisement("5afe0003", 7003, 1, LOOPBACK, ignore)
    await there.start()
    first = Browser("5afe0003", LOOPBACK, ignore)
    await first.start()
    await until(lambda: bool(first.candidates()))
    for _ in range(120):  # rounds go by, and it is never lost between two of them
        await asyncio.sleep(0.03)
        assert first.candidates()
    await asyncio.gather(first.stop_browsing(), there.withdraw())


async def test_one_that_is_silent_for_a_round_is_kept_and_one_that_stays_silent_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(discovery, "SEARCH_S", 2.0)
    monkeypatch.setattr(discovery, "REFRESH_S", 2.0)
    browser = Browser("5afe0006", LOOPBACK, ignore)
    there = subprocess.Popen([sys.executable, "-c", ADVERTISE, SERVICE])
    try:
        await browser.start()
        await until(lambda: bool(browser.candidates()))
        os.kill(there.pid, signal.SIGSTOP)  # a busy laptop, or a network that lost the answers
        end = time.monotonic() + 3.9  # the next round is over at the latest, and with it one that heard nothing
        while time.monotonic() < end:
            assert browser.candidates()
            await asyncio.sleep(0.03)
        await until(lambda: not browser.candidates())
        os.kill(there.pid, signal.SIGCONT)
        await until(lambda: bool(browser.candidates()))
    finally:
        there.kill()
        there.wait()
        await browser.stop_browsing()


async def test_coordinators_of_one_name_that_start_at_one_moment_are_all_found() -> None:
    twins = [Advertisement("5afe0004", 7004, epoch, LOOPBACK, ignore) for epoch in range(1, 9)]
    browser = Browser("5afe0004", LOOPBACK, ignore)
    await asyncio.gather(browser.start(), *(twin.start() for twin in twins))  # all start at once after a power cut
    await until(lambda: {candidate.epoch for candidate in browser.candidates()} == set(range(1, 9)))
    await asyncio.gather(browser.stop_browsing(), *(twin.withdraw() for twin in twins))


async def test_a_network_that_refuses_is_said_once_and_never_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "CHECK_S", 0.01)
    monkeypatch.setattr(discovery, "SEARCH_S", 0.01)

    def refuse(**_settings: object) -> None:
        raise OSError(97, "Address family not supported")

    monkeypatch.setattr(discovery, "AsyncZeroconf", refuse)
    said: list[str] = []
    advertisement = Advertisement("5afe", 7005, 1, LOOPBACK, said.append)
    browser = Browser("5afe", LOOPBACK, said.append)
    await asyncio.gather(advertisement.start(), browser.start())
    await until(lambda: len(said) >= 2)
    assert sorted(line.partition(" (")[0] for line in said) == [
        "cannot be found over mDNS",
        "cannot browse over mDNS",
    ]
    assert all("--coordinator" in line for line in said)
    assert browser.candidates() == []
    await asyncio.gather(advertisement.withdraw(), browser.stop_browsing())


@pytest.mark.parametrize(
    ("addresses", "hints"), [(["2001:db8::7"], 1), (["192.168.7.7", "2001:db8::7"], 0), (["127.0.0.1"], 0)]
)
async def test_a_coordinator_without_ipv4_says_once_how_workers_find_it(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], hints: int
) -> None:
    class Announced:
        async def async_register_service(self, info: object, *, allow_name_change: bool) -> asyncio.Future[None]:
            done = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done

        async def async_close(self) -> None:
            return None

    monkeypatch.setattr(discovery, "CHECK_S", 0.01)
    monkeypatch.setattr(discovery, "_open", lambda bind: Announced())
    monkeypatch.setattr(discovery, "local_addresses", lambda: list(reversed(addresses)))
    said: list[str] = []
    advertisement = Advertisement("5afe", 7005, 1, "", said.append)
    await advertisement.start()
    await until(lambda: len(said) >= hints)
    await asyncio.sleep(0.1)
    assert [line.rpartition("--coordinator ")[2] for line in said] == ["[2001:db8::7]:7005"] * hints
    await advertisement.withdraw()


async def test_another_address_is_announced_if_the_user_says_so() -> None:
    there = Advertisement("5afe000a", 7010, 1, LOOPBACK, ignore, "127.0.0.9:5900")
    browser = Browser("5afe000a", LOOPBACK, ignore)
    await asyncio.gather(there.start(), browser.start())
    await until(lambda: bool(browser.candidates()))
    assert [list(each.addresses) for each in browser.candidates()] == [["127.0.0.9:5900"]]
    await asyncio.gather(browser.stop_browsing(), there.withdraw())


async def test_an_address_that_has_no_name_in_the_network_is_said() -> None:
    said: list[str] = []
    there = Advertisement("5afe000b", 7011, 1, LOOPBACK, said.append, "nowhere.invalid:5900")
    await there.start()
    await until(lambda: bool(said))
    assert said[0].startswith("cannot be found over mDNS")
    assert said[0].endswith("--coordinator nowhere.invalid:5900")
    await there.withdraw()


def announce(name: str) -> None:
    """Send an mDNS answer that names a service, whatever the name is."""
    answer = DNSOutgoing(0x8400)
    answer.add_answer_at_time(DNSPointer(SERVICE, 12, 1, 120, name), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
        for packet in answer.packets():
            sender.sendto(packet, ("224.0.0.251", 5353))


async def test_names_that_steer_a_terminal_are_no_faults_and_reach_none(capfd: pytest.CaptureFixture[str]) -> None:
    faults: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, fault: faults.append(fault))
    browser = Browser("5afe0008", LOOPBACK, ignore)
    there = Advertisement("5afe0008", 7008, 1, LOOPBACK, ignore)
    await browser.start()
    await asyncio.sleep(0.2)
    for ill in ("\x1b[2J", "\x9b31m", "\x07", "a\nb"):
        announce(f"{ill}.{SERVICE}")
        announce(f"{ill}.x._other._tcp.local.")
    await there.start()
    await until(lambda: bool(browser.candidates()))
    gc.collect()  # a task that failed is told of when it is forgotten
    await asyncio.sleep(0.1)
    await asyncio.gather(browser.stop_browsing(), there.withdraw())
    told = capfd.readouterr()
    assert not faults
    assert told.out + told.err == ""


async def test_names_that_lead_nowhere_do_not_hide_a_coordinator() -> None:
    browser = Browser("5afe0009", LOOPBACK, ignore, 2)
    there = Advertisement("5afe0009", 7009, 1, LOOPBACK, ignore)
    await browser.start()
    await asyncio.sleep(0.2)
    for number in range(200):
        announce(f"nowhere {number}.{SERVICE}")
    await there.start()
    await until(lambda: bool(browser.candidates()))  # one after the other, the names before it would take five minutes
    await asyncio.gather(browser.stop_browsing(), there.withdraw())


async def test_a_flood_that_goes_on_hides_no_coordinator_whose_name_has_the_mark_of_the_code() -> None:
    async def flood() -> None:
        for number in count():
            announce(f"nowhere {number} 1 {mark_of(b'another key', f'nowhere {number} 1')}.{SERVICE}")
            await asyncio.sleep(0.01)

    browser = Browser("5afe000d", LOOPBACK, ignore, 2, marks=[b"another one", b"the key"])
    there = Advertisement("5afe000d", 7013, 1, LOOPBACK, ignore, mark=b"the key")
    await browser.start()
    flooding = asyncio.create_task(flood())
    await until(lambda: len(browser._waiting) > 100)
    await there.start()
    await until(lambda: bool(browser.candidates()))
    (found,) = browser.candidates()
    assert not browser.set_aside(found.name)
    flooding.cancel()
    await asyncio.gather(browser.stop_browsing(), there.withdraw())


def test_what_is_no_coordinator_is_no_candidate() -> None:
    for properties, addresses, port in [
        ({}, ["127.0.0.1"], 7000),
        ({"swarm": "../../x"}, ["127.0.0.1"], 7000),
        ({"swarm": "a" * 100}, ["127.0.0.1"], 7000),
        ({"swarm": "5afe"}, [], 7000),
        ({"swarm": "5afe"}, ["224.0.0.1"], 7000),
        ({"swarm": "5afe"}, ["127.0.0.1"], 0),
    ]:
        info = ServiceInfo(SERVICE, f"x.{SERVICE}", port=port, properties=properties, parsed_addresses=addresses)
        assert read_candidate(info) is None, properties


def test_numbers_that_are_none_are_zero() -> None:
    properties = {"swarm": "5afe", "epoch": "9" * 99, "protocol": "\u00b2"}
    info = ServiceInfo(SERVICE, f"x.{SERVICE}", port=1, properties=properties, parsed_addresses=["127.0.0.1"])
    candidate = read_candidate(info)
    assert candidate is not None
    assert (candidate.epoch, candidate.protocol) == (0, 0)


def _swarms(candidates: list[discovery.Candidate]) -> set[str]:
    return {candidate.swarm for candidate in candidates}
