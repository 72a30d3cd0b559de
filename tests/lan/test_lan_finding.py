"""Machines that find each other with no configuration but the swarm's key, with the real commands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import listen, only
from host import Host, assert_undisturbed, write_book
from household import wait_for

pytestmark = [pytest.mark.lan, pytest.mark.slow]
Swarm = Callable[..., dict[str, Host]]

COST_S = 0.002  # a character


def test_a_worker_that_was_there_first_serves_one_book_after_another(swarm: Swarm, tmp_path: Path) -> None:
    laptop, attic = (hosts := swarm("laptop", "attic", "kitchen"))["laptop"], hosts["attic"]
    worker = attic.work()
    worker.says("looking for coordinators")

    first = laptop.coordinate(write_book(tmp_path, "One", characters=2000), COST_S)
    report = laptop.finished(first)
    assert_undisturbed(first, report)
    assert [row["name"] for row in report["workers"]] == ["attic"]
    book = listen(only(laptop.desk, "One - *.m4b"))
    assert [title for title, _ in book.chapters] == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert book.duration_s >= report["totals"]["audio_s"] > 15

    other = hosts["kitchen"]  # a coordinator at an address that nobody ever heard of
    other.finished(other.coordinate(write_book(tmp_path, "Two", characters=1000), COST_S))
    assert worker.process.poll() is None
    assert worker.output.count("serving laptop") == 1
    assert worker.output.count("serving kitchen") == 1


def test_where_multicast_is_blocked_one_named_address_is_enough_for_ever(swarm: Swarm, tmp_path: Path) -> None:
    laptop, attic, tower = swarm("laptop", "attic", "tower").values()
    for machine in ("attic", "tower"):
        laptop.lan.block_multicast(machine)
    where = laptop.lan.address["laptop"]
    coordinator = laptop.coordinate(write_book(tmp_path, characters=4000), COST_S)

    lost = attic.work()
    lost.says("looking for coordinators")
    named = tower.work("--coordinator", where)
    named.says(f"serving laptop at {where}:5847")
    wait_for(lambda: laptop.count >= 5, what="some sentences")  # time enough for mDNS, were it not blocked
    assert "serving" not in lost.output
    for worker in (lost, named):
        worker.kill()

    plain = tower.work("--exit-when-done")
    plain.says(f"serving laptop at {where}:5847")
    laptop.finished(coordinator)
    plain.ends()


def test_a_coordinator_whose_address_changes_is_found_again(swarm: Swarm, tmp_path: Path) -> None:
    laptop, attic, tower = swarm("laptop", "attic", "tower").values()
    lan = laptop.lan
    coordinator = laptop.coordinate(write_book(tmp_path, characters=4000), 0.004)
    workers = [attic.work("--exit-when-done"), tower.work("--exit-when-done")]
    for worker in workers:
        worker.says("serving laptop at 10.77.0.1:")
    wait_for(lambda: laptop.count >= 5, what="some sentences")
    lan.move("laptop", "10.77.0.99")
    for worker in workers:
        worker.says("serving laptop at 10.77.0.99:")
    laptop.finished(coordinator)
    for worker in workers:
        worker.ends()
