"""Cross-checks have liars rest soon, honest workers never, and cost little, whatever happens."""

import pytest
from check_world import OFTEN, CheckWorld, Wrong
from mutants import OF_CHECKS, edited

SEEDS, CHUNK = 500, 25


def test_liars_rest_soon_and_honest_workers_never_do() -> None:
    rested = 0
    for seed in range(6):
        world = CheckWorld(seed)
        world.run()
        rested += len(world.resting)
    assert rested


@pytest.mark.bench
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_many_more_seeds(first: int) -> None:
    for seed in range(first, first + CHUNK):
        CheckWorld(seed).run()


def test_without_liars_they_cost_about_what_the_share_says_and_nothing_when_off() -> None:
    for share, least, most in ((0.0, 0.0, 0.0), (0.01, 0.005, 0.025), (0.1, 0.07, 0.14)):
        world = CheckWorld(1, share, liars=0, troubled=False)
        world.run()
        stats, state = world.core.jobs["job"].run_stats, world.core.jobs["job"].state
        spoken_s = sum(clip.work_s for clip in state.accepted.values())
        assert least <= sum(stats.check_s.values()) / spoken_s <= most


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_CHECKS)
def test_the_worlds_notice(name: str) -> None:
    with edited(OF_CHECKS[name]), pytest.raises(Wrong):
        for seed in range(40):
            CheckWorld(seed, OFTEN, liars=1, troubled=False).run()


@pytest.mark.slow
def test_with_a_larger_share_they_rest_sooner() -> None:
    for seed in range(40):
        CheckWorld(seed, OFTEN, liars=1, troubled=False).run()
