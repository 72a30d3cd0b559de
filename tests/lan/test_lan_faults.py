"""Bad cables: a bad network neither loses nor repeats work, and no worker is blamed for it."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import records
from host import Host, assert_undisturbed, write_book
from household import wait_for
from patience import in_time

from swarm.job.record import ClipAccepted

pytestmark = [pytest.mark.lan, pytest.mark.slow]
Swarm = Callable[..., dict[str, Host]]

SOUND_S = 0.065  # a character, as people speak
LINK_BYTES_S = 4e6 / 8
REPLACED_S = 10.0  # after so much silence at most, somebody else does the work


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


def test_forty_milliseconds_each_way_cost_little(swarm: Swarm, tmp_path: Path) -> None:
    hosts = swarm("laptop", "attic", "tower")
    laptop = hosts["laptop"]
    laptop.lan.delay("laptop", 40)
    coordinator = laptop.coordinate(write_book(tmp_path, characters=4000), 0.003, SOUND_S, "--min-workers", 2)
    workers = [hosts[name].work("--exit-when-done") for name in ("attic", "tower")]
    report = laptop.finished(coordinator)
    assert_undisturbed(coordinator, report)
    totals = report["totals"]
    assert totals["makespan_s"] < 1.5 * totals["work_s"] / len(workers) + in_time(6), totals
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
    report = laptop.finished(coordinator)
    print(report["totals"])
    assert_undisturbed(coordinator, report)
    totals = report["totals"]
    assert totals["makespan_s"] > 0.8 * totals["bytes"] / LINK_BYTES_S, totals  # else it shows nothing
    for worker in workers:
        worker.ends()


def test_the_cable_of_the_fastest_worker_is_pulled(swarm: Swarm, tmp_path: Path) -> None:
    hosts = swarm("laptop", "attic", "tower")
    laptop = hosts["laptop"]
    coordinator = laptop.coordinate(write_book(tmp_path, chapters=2, characters=5000), 0.01, 0.01, "--min-workers", 2)
    fast, slow = hosts["attic"].work(speed="4"), hosts["tower"].work("--exit-when-done", speed="3")
    wait_for(lambda: laptop.count >= 25, what="the middle of the book")
    before_s, cut_s = time.monotonic(), time.time()
    laptop.lan.unplug("attic")
    coordinator.says("attic: silent for")
    replaced_s = time.monotonic() - before_s
    report = laptop.finished(coordinator)
    slow.ends()

    print(f"replaced {replaced_s:.1f} s after the cable was pulled", report["totals"])
    assert replaced_s < in_time(REPLACED_S)
    assert report["totals"]["duplicates"] == 0
    late = [clip for clip in records(laptop.home) if isinstance(clip, ClipAccepted) and clip.accepted_s > cut_s + 1]
    assert {clip.worker for clip in late} == {row["id"] for row in report["workers"] if row["name"] == "tower"}
    assert len(re.findall("silent for", coordinator.output)) == 1
    assert fast.process.poll() is None  # it keeps what it spoke, and would come back
