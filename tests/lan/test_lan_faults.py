"""Bad cables: a bad network neither loses nor repeats work, and no worker is blamed for it."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import records
from host import Host, assert_undisturbed, write_book
from household import wait_for

from swarm.job.record import ClipAccepted

pytestmark = [pytest.mark.lan, pytest.mark.slow]
Swarm = Callable[..., dict[str, Host]]

SOUND_S = 0.065  # a character, as people speak


def test_five_percent_of_packets_lost_both_ways_speaks_against_nobody(swarm: Swarm, tmp_path: Path) -> None:
    hosts = swarm("laptop", "attic", "tower")
    laptop = hosts["laptop"]
    for name in hosts:
        laptop.lan.lose(name, 5)
    coordinator = laptop.coordinate(write_book(tmp_path, characters=4000), 0.002)
    workers = [hosts[name].work("--exit-when-done") for name in ("attic", "tower")]
    assert_undisturbed(coordinator, laptop.finished(coordinator))
    for worker in workers:
        worker.ends()


def test_a_slow_link_slows_workers_down_and_nothing_else(swarm: Swarm, tmp_path: Path) -> None:
    """Let workers speak several times as fast as four megabits a second carry their sound."""
    hosts = swarm("laptop", "attic", "tower")
    laptop = hosts["laptop"]
    for name in hosts:
        laptop.lan.limit(name, "4mbit" if name == "laptop" else "2mbit")
    coordinator = laptop.coordinate(write_book(tmp_path, characters=9600), 0.0001, SOUND_S)
    workers = [hosts[name].work("--exit-when-done") for name in ("attic", "tower")]
    assert_undisturbed(coordinator, laptop.finished(coordinator))
    for worker in workers:
        worker.ends()


def test_the_cable_of_the_fastest_worker_is_pulled(swarm: Swarm, tmp_path: Path) -> None:
    hosts = swarm("laptop", "attic", "tower")
    laptop = hosts["laptop"]
    coordinator = laptop.coordinate(write_book(tmp_path, chapters=2, characters=5000), 0.01, 0.01, "--min-workers", 2)
    fast, slow = hosts["attic"].work(speed="4"), hosts["tower"].work("--exit-when-done", speed="3")
    wait_for(lambda: laptop.count >= 25, what="the middle of the book")
    cut_s = time.time()
    laptop.lan.unplug("attic")
    coordinator.says("attic: silent for")
    report = laptop.finished(coordinator)
    slow.ends()

    assert report["totals"]["duplicates"] == 0
    late = [clip for clip in records(laptop.home) if isinstance(clip, ClipAccepted) and clip.accepted_s > cut_s + 1]
    assert {clip.worker for clip in late} == {row["id"] for row in report["workers"] if row["name"] == "tower"}
    assert len(re.findall("silent for", coordinator.output)) == 1
    assert fast.process.poll() is None  # it keeps what it spoke, and would come back
