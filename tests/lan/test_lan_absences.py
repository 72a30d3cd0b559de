"""Machines out of reach for a while, cut off or asleep: nothing is lost, nothing accepted is spoken again.

The stories wait far more than they compute, so they run side by side, each on a network of its own.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from evidence import accepted
from host import Host, swarm_of, write_book
from household import Running, wait_for
from lan import require_lan

pytestmark = [pytest.mark.lan, pytest.mark.slow]

COST_S = 0.004  # a character: a sentence takes 0.2 s
Report = dict[str, Any]


@contextmanager
def half_way(folder: Path) -> Iterator[tuple[dict[str, Host], Running, list[Running]]]:
    """Start two workers and wait until they are in the midst of a book of half a minute."""
    require_lan()
    with swarm_of(folder, "laptop", "attic", "tower") as hosts:
        laptop = hosts["laptop"]
        book = write_book(folder, chapters=6, characters=12_000)
        coordinator = laptop.coordinate(book, COST_S, 0.01, "--min-workers", 2)
        workers = [hosts[name].work("--exit-when-done") for name in ("attic", "tower")]
        wait_for(lambda: laptop.count >= 30, "30 sentences")
        yield hosts, coordinator, workers


def end(laptop: Host, coordinator: Running, workers: list[Running]) -> Report:
    report = laptop.finished(coordinator)
    for worker in workers:
        worker.ends()
    return report


def test_nothing_is_lost_when_everybody_is_cut_off(tmp_path: Path) -> None:
    with half_way(tmp_path) as (hosts, coordinator, workers):
        laptop = hosts["laptop"]
        laptop.lan.partition({"laptop"}, {"attic", "tower"})
        before = laptop.count
        time.sleep(20)
        assert laptop.count <= before + 2  # clips that had arrived were still written
        laptop.lan.heal()
        report = end(laptop, coordinator, workers)
        # The first one back may speak what the other, not yet back, holds.
        assert report["totals"]["duplicates"] <= 10


def test_a_worker_that_slept_is_put_to_work_again(tmp_path: Path) -> None:
    with half_way(tmp_path) as (hosts, coordinator, workers):
        laptop = hosts["laptop"]
        workers[0].signal(signal.SIGSTOP)
        coordinator.says("attic: silent for")
        time.sleep(10)
        woken_s = time.time()
        workers[0].signal(signal.SIGCONT)
        report = end(laptop, coordinator, workers)
        own = {row["name"]: row["id"] for row in report["workers"]}
        times = [clip.accepted_s for clip in accepted(laptop.home) if clip.worker == own["attic"]]
        after = [moment_s - woken_s for moment_s in times if moment_s > woken_s]
        assert coordinator.output.count("silent for") == 1
        assert len(after) >= 10  # put to work again, not only heard out
        assert report["totals"]["duplicates"] <= 4  # the same
