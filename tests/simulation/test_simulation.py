"""Whole swarms from seeds, and mutants of the cores that the seeds have to catch.

`python tests/simulation/run.py --seed N` tells the story of a seed that fails here.
"""

import os
import subprocess
import sys
from itertools import chain, islice
from pathlib import Path

import pytest
from mutants import CAUGHT_BY, LIGHT, MUTANTS, PROVOKED_BY, mutated
from run import play
from world import World

QUICK = 25
MAX_SEEDS = 600  # CI has time for a third of them, the night for the others
CHUNK = 25
CAUGHT_WITHIN = 200  # seeds
HERE = Path(__file__).parent


def run_all(first: int, last: int) -> None:
    for seed in range(first, last):
        if told := play(seed):
            pytest.fail(told, pytrace=False)


def test_the_first_seeds_hold_every_promise() -> None:
    run_all(0, QUICK)


def when(first: int) -> pytest.MarkDecorator:
    return pytest.mark.slow if first < MAX_SEEDS // 3 else pytest.mark.bench


@pytest.mark.parametrize("first", [pytest.param(seed, marks=when(seed)) for seed in range(QUICK, MAX_SEEDS, CHUNK)])
def test_many_seeds_hold_every_promise(first: int) -> None:
    run_all(first, first + CHUNK)


SLOW_LINKS, WHOLE = ("slow links",), ("slow links", "whole clips", "a coordinator of ill will")
ONCE_FAILED = {  # a seed of each kind runs each time, and all of them in CI
    (): (644, 670, 721, 242, 145),
    SLOW_LINKS: (21, 96, 135, 281, 291),
    ("late joiners",): (937,),
    ("ill will",): (163,),
    ("ill will", "texts that always fail"): (41,),
    ("a coordinator of ill will",): (7, 14, 145),
    WHOLE: (2, 45, 46, 59, 120, 131),
}


@pytest.mark.parametrize("also", ONCE_FAILED, ids=", ".join)
def test_a_seed_that_once_failed_holds_every_promise(also: tuple[str, ...]) -> None:
    assert not outcome(ONCE_FAILED[also][0], also)


@pytest.mark.slow
@pytest.mark.parametrize("also", ONCE_FAILED, ids=", ".join)
def test_all_seeds_that_once_failed_hold_every_promise(also: tuple[str, ...]) -> None:
    for seed in ONCE_FAILED[also][1:]:
        assert not outcome(seed, also), seed


def test_sentences_of_guests_are_spoken_where_their_engine_is() -> None:
    for seed in (*range(5), 167):  # the last one once failed
        assert not outcome(seed, ("guests",)), seed


def test_cross_checks_hold_every_promise() -> None:
    for seed in range(8):
        assert not outcome(seed, ("cross-checks",)), seed


def test_workers_encode_reels_and_hold_every_promise() -> None:
    here = there = 0
    for seed in range(6):
        world = World(seed, also=("reels",))
        world.go()
        here, there = here + world.reels.here, there + world.reels.there
    assert there > here / 2


@pytest.mark.parametrize("first", [pytest.param(6, marks=pytest.mark.slow), pytest.param(23, marks=pytest.mark.bench)])
@pytest.mark.parametrize("also", [(), ("slow links",), ("worker crashes", "worker leaves"), ("refusals",)])
def test_many_workers_encode_reels_and_hold_every_promise(also: tuple[str, ...], first: int) -> None:
    for seed in range(first, first + 17):
        assert not outcome(seed, ("reels", *also)), seed


@pytest.mark.parametrize("seed", [*range(3), 85])  # the last one once failed
def test_standbys_that_take_over_hold_every_promise(seed: int) -> None:
    assert not outcome(seed, ("take-overs",))


@pytest.mark.slow
def test_many_standbys_that_take_over_hold_every_promise() -> None:
    for seed in (*range(3, 40), 288, 344, 835):  # the last three once failed
        assert not outcome(seed, ("take-overs",)), seed


@pytest.mark.slow
def test_whole_clips_over_slow_links_arrive_too() -> None:
    for seed in range(20):
        assert not outcome(seed, ("slow links", "whole clips")), seed


@pytest.mark.slow
def test_a_coordinator_that_lost_its_disk_gets_back_what_workers_have() -> None:
    retained = again = 0
    for seed in range(30):
        world = World(seed, also=("a disk is lost",))
        world.go()
        retained += len(world.judge.repeats.retained)
        again += world.judge.repeats.retained_again
    assert retained > 20
    assert again < retained / 2  # each slot has its first leases before the clips are offered


def outcome(seed: int, also: tuple[str, ...] = ()) -> str:
    """Return what went wrong with a seed; "" for nothing."""
    try:
        World(seed, also=also).go()
    except Exception as complaint:  # a mutant may also simply crash
        return repr(complaint)
    return ""


def test_every_mutant_can_be_made() -> None:
    for name, mutant in MUTANTS.items():
        sound = dict(vars(mutant.owner))
        with mutated(name):
            assert dict(vars(mutant.owner)) != sound, name
        assert dict(vars(mutant.owner)) == sound, name


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name: str) -> None:
    seeds = chain([CAUGHT_BY.get(name, LIGHT[0])], LIGHT, range(CAUGHT_WITHIN))
    with mutated(name):
        complaints = (told for seed in seeds if (told := outcome(seed, PROVOKED_BY.get(name, ()))))
        assert list(islice(complaints, 1)), f"“{name}” went unnoticed for {CAUGHT_WITHIN} seeds"


def test_a_seed_depends_on_nothing_but_itself() -> None:
    program = "import run, world; w = world.World(11); w.go(); print(w.steps, w.heap.now, w.judge.repeats.said.total())"
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={
                **os.environ,
                "PYTHONHASHSEED": hashes,
                "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent), str(HERE.parents[1])]),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashes in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert runs[0].strip()
