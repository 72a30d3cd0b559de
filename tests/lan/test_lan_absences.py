"""Machines out of reach for a while, cut off or asleep: nothing is lost, nothing accepted is spoken again.

The stories wait far more than they compute, so they run side by side, each on a network of its own.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from evidence import accepted
from host import Host, assert_undisturbed, swarm_of, write_book
from household import Running, wait_for
from lan import require_lan
from patience import in_time

pytestmark = [pytest.mark.lan, pytest.mark.slow]

COST_S = 0.004  # a character: a sentence takes 0.2 s
FLOWS_S = 6.0  # after the coordinator's return
RETURNED_S = 10.0
Report = dict[str, Any]
Story = Callable[[Path], None]


@contextmanager
def half_way(folder: Path) -> Iterator[tuple[dict[str, Host], Running, list[Running]]]:
    """Start two workers and wait until they are in the midst of a book of half a minute."""
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


def pass_time(seconds: float) -> float:
    """Let the absence happen, and return when it ended."""
    time.sleep(seconds)
    return time.time()


def flow_after(laptop: Host, moment_s: float) -> tuple[float, float]:
    """Return the seconds until a clip was accepted after a moment, and the longest wait between clips from there on."""
    times = sorted({clip.accepted_s for clip in accepted(laptop.home) if clip.accepted_s > moment_s})
    return times[0] - moment_s, max(after - before for before, after in pairwise(times))


def everybody_is_cut_off_for_forty_seconds(folder: Path) -> None:
    with half_way(folder) as (hosts, coordinator, workers):
        laptop = hosts["laptop"]
        laptop.lan.partition({"laptop"}, {"attic", "tower"})
        before = laptop.count
        healed_s = pass_time(40)
        assert laptop.count <= before + 2  # clips that had arrived were still written
        laptop.lan.heal()
        report = end(laptop, coordinator, workers)
        returned_s, longest_s = flow_after(laptop, healed_s)
        print(f"cut for 40 s: first clip {returned_s:.2f} s after, longest gap {longest_s:.2f} s", report["totals"])
        # The first one back may speak what the other, not yet back, holds.
        assert report["totals"]["duplicates"] <= 10
        assert returned_s < in_time(RETURNED_S)
        assert longest_s < in_time(RETURNED_S)


def one_is_cut_off_for_ten_seconds(folder: Path) -> None:
    with half_way(folder) as (hosts, coordinator, workers):
        laptop = hosts["laptop"]
        laptop.lan.partition({"laptop", "tower"}, {"attic"})
        healed_s = pass_time(10)
        laptop.lan.heal()
        report = end(laptop, coordinator, workers)
        own = {row["name"]: row["id"] for row in report["workers"]}
        back = [clip.accepted_s for clip in accepted(laptop.home) if clip.worker == own["attic"]]
        returned_s = min(moment_s for moment_s in back if moment_s > healed_s) - healed_s
        print(f"one cut for 10 s: back {returned_s:.2f} s after", report["totals"])
        assert coordinator.output.count("attic: silent for") == 1
        assert "tower: silent" not in coordinator.output
        assert returned_s < in_time(RETURNED_S)
        assert report["totals"]["duplicates"] <= 4  # the segments under way at either end, and the last ones on purpose


def the_coordinator_sleeps_for_forty_seconds(folder: Path) -> None:
    with half_way(folder) as (hosts, coordinator, workers):
        laptop = hosts["laptop"]
        coordinator.signal(signal.SIGSTOP)
        woken_s = pass_time(40)
        coordinator.signal(signal.SIGCONT)
        report = end(laptop, coordinator, workers)
        returned_s, longest_s = flow_after(laptop, woken_s)
        print(f"asleep for 40 s: first clip {returned_s:.2f} s after, longest gap {longest_s:.2f} s", report["totals"])
        assert_undisturbed(coordinator, report)
        assert report["totals"]["duplicates"] == 0
        assert returned_s < in_time(FLOWS_S)
        assert longest_s < in_time(FLOWS_S)


def a_worker_sleeps_for_twenty_seconds(folder: Path) -> None:
    with half_way(folder) as (hosts, coordinator, workers):
        laptop = hosts["laptop"]
        workers[0].signal(signal.SIGSTOP)
        asleep_s = time.monotonic()
        coordinator.says("attic: silent for")
        woken_s = pass_time(20 - (time.monotonic() - asleep_s))
        workers[0].signal(signal.SIGCONT)
        report = end(laptop, coordinator, workers)
        own = {row["name"]: row["id"] for row in report["workers"]}
        times = [clip.accepted_s for clip in accepted(laptop.home) if clip.worker == own["attic"]]
        after = [moment_s - woken_s for moment_s in times if moment_s > woken_s]
        print(f"worker asleep for 20 s: back {after[0]:.2f} s after, spoke {len(after)}", report["totals"])
        assert coordinator.output.count("silent for") == 1
        assert after[0] < in_time(FLOWS_S + 1)
        assert len(after) >= 10  # put to work again, not only heard out
        assert report["totals"]["duplicates"] <= 4  # the same


STORIES: tuple[Story, ...] = (
    everybody_is_cut_off_for_forty_seconds,
    one_is_cut_off_for_ten_seconds,
    the_coordinator_sleeps_for_forty_seconds,
    a_worker_sleeps_for_twenty_seconds,
)


@pytest.mark.parametrize("story", STORIES)
def test_nothing_is_lost_and_nothing_accepted_is_spoken_again_when(
    story: Callable[[Path], None], tmp_path: Path
) -> None:
    require_lan()
    story(tmp_path)  # raises what it asserts in vain
