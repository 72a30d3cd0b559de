"""Files of a model reach all machines that lack them, whatever happens, and the hub sends about one copy."""

import sys
from pathlib import Path
from typing import Any

import pytest
from model_world import ModelWorld, Wrong
from mutants import Edit, edited

from swarm.lease.coordinator.chain import Chain
from swarm.lease.coordinator.download_arbiter import DownloadArbiter
from swarm.lease.coordinator.served_assets import ServedAssets
from swarm.lease.transfer import Incoming
from swarm.lease.worker.file_source import FileSource, MissingFile

sys.path.append(str(Path(__file__).parents[1] / "lease" / "coordinator"))

import test_borrowed_models as borrowed

SEEDS = range(8)


def test_all_have_the_right_files_whatever_happens() -> None:
    for seed in SEEDS:
        ModelWorld(seed).run()


@pytest.mark.slow
@pytest.mark.parametrize("first", range(8, 200, 48))
def test_many_more_seeds(first: int) -> None:
    for seed in range(first, first + 48):
        ModelWorld(seed).run()


def test_without_trouble_over_slow_links_and_after_restarts_of_the_coordinator_the_hub_sends_each_file_once() -> None:
    for troubles in ((), ("slow",), ("restarts",)):
        world = ModelWorld(1, troubles=troubles)
        world.run()
        assert len(world.downloads) == len(world.files)


def test_sixteen_machines_take_less_than_twice_the_time_of_two() -> None:
    alone, many = (ModelWorld(3, machines=number, troubles=(), blocks=60) for number in (2, 16))
    alone_s, many_s = alone.run(), many.run()
    assert len(many.downloads) == 1
    assert many_s < 2 * alone_s, (alone_s, many_s)


LIARS, WORDS = {"troubles": ("liars",)}, {"troubles": ("liars",), "lies": ("word",)}
MUTANTS: dict[str, tuple[Edit, dict[str, Any]]] = {  # with the worlds that notice it
    "a word that led to another file counts on": (
        Edit(DownloadArbiter, "_accuse", "self.liars.add((missing.handle, key))", "pass"),
        WORDS,
    ),
    "another file is asked for again": (
        Edit(MissingFile, "refuse", "self.false.append(self.told.digest)", "pass"),
        WORDS,
    ),
    "all may download at once": (
        Edit(DownloadArbiter, "_may_download", "if now - permit.moved_s < STUCK_S", "if False"),
        {},
    ),
    "a download that is stuck is waited for": (
        Edit(DownloadArbiter, "_may_download", "now - permit.moved_s < STUCK_S", "True"),
        {"troubles": ("stuck",)},
    ),
    "a list is taken as it comes": (
        Edit(Incoming, "take_piece", "self._found.hexdigest() == self.digest", "True"),
        {"troubles": ("liars",), "lies": ("list",)},
    ),
    "a liar is named to others": (Edit(Chain, "able", "and key not in self.liars", ""), LIARS),
    "a liar is asked again": (
        Edit(FileSource, "lied", 'self.set_peer_aside("lying")', "pass"),
        {"troubles": ("liars",), "lies": ("pieces",)},
    ),
    "a coordinator's restart costs a download": (
        Edit(DownloadArbiter, "source", "missing.told is not None", "False"),
        {"troubles": ("restarts",)},
    ),
    "a coordinator's restart gives a second leave": (
        Edit(DownloadArbiter, "source", "missing.waits or session.files.told_models", "False"),
        {"troubles": ("restarts",)},
    ),
    "a worker waits for ever": (Edit(MissingFile, "gives_up", "self.is_left or is_late or", ""), {}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_the_worlds_notice(name: str) -> None:
    edit, worlds = MUTANTS[name]
    with edited(edit), pytest.raises(Wrong):
        for seed in (11, 2, 4, 0, *range(12, 40)):  # the first of these notice most
            ModelWorld(seed, **worlds).run()


def test_a_model_is_borrowed_only_from_one_that_has_spoken_with_it_and_opens_its_server() -> None:
    spoken = Edit(ServedAssets, "_borrowable", "if any(served.state.job in other.trust.rates for other in others)", "")
    reached = Edit(ServedAssets, "_borrowable", " and session.files.may_knock_at(other.files)", "")
    with edited(spoken), pytest.raises(AssertionError):
        borrowed.test_it_gets_the_job_once_one_that_it_reaches_has_spoken_with_the_model()
    with edited(reached), pytest.raises(AssertionError):
        borrowed.test_it_gets_none_where_nobody_serves_files_or_it_takes_no_models()
