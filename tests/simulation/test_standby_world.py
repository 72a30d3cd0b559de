"""Standbys take over by themselves whatever happens to a house, one at a time and in the end one."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mutants import Edit, edited
from standby_world import StandbyWorld, Wrong, play

from swarm.standby import succession
from swarm.standby.succession import BOUND_S, Succession, VoterRegistry

sys.path.append(str(Path(__file__).parents[1] / "lease"))

import test_succession as dialogues

QUICK = 24


def test_in_no_house_two_take_over_at_once_and_in_the_end_one_does() -> None:
    elected = sum(play(seed).elected for seed in range(QUICK))
    assert elected > QUICK / 4, "hardly anybody takes over: the seeds show nothing"


@pytest.mark.parametrize(
    ("first", "last"),
    [pytest.param(QUICK, 524, marks=pytest.mark.slow), pytest.param(524, 1224, marks=pytest.mark.bench)],
)
def test_many_more_houses(first: int, last: int) -> None:
    for seed in range(first, last):
        play(seed)


def dark_house(number: int) -> StandbyWorld:
    """Return a house whose standbys are among the voters and whose first machine died for good as all went dark."""
    world = StandbyWorld(1, number, work_s=20_000)
    world.run(120)
    world.darken()
    world.first_gone = True
    return world


@pytest.mark.parametrize(("number", "lost"), [(2, 0), (3, 1), (4, 1), (5, 2)])
def test_so_many_standbys_bear_so_many_losses_and_no_more(number: int, lost: int) -> None:
    world = dark_house(number)
    for machine in world.machines[:lost]:
        world.lose(machine)
    world.run(1500)
    assert world.elected == 1
    world = dark_house(number)
    for machine in world.machines[: lost + 1]:
        world.lose(machine)
    world.run(1500)
    assert world.elected == 0


def test_the_next_one_follows_soon_where_a_take_over_fails() -> None:
    world = dark_house(3)
    first, second, third = world.machines
    first.fails = second.fails = True
    world.run(300 + 180 + 4 * succession.STEP_S)
    assert BOUND_S > 300
    assert third.lineage == max(machine.lineage for machine in world.machines) > 1
    assert world.elected >= 2


def test_one_whose_disk_for_audiobooks_is_away_leaves_it_to_the_next() -> None:
    world = dark_house(3)
    world.machines[0].has_disk = False
    world.run(800)
    assert world.machines[1].head or world.machines[1].finished


IN_HOUSES: dict[str, Edit] = {  # mutants that houses notice
    "half of the standbys are enough": Edit(succession, "majority", "candidates // 2 + 1", "candidates // 2"),
    "one is enough": Edit(succession, "majority", "max(2, candidates // 2 + 1)", "1"),
    "all have to agree": Edit(succession, "majority", "max(2, candidates // 2 + 1)", "candidates"),
    "a standby agrees with all": Edit(Succession, "_bind", 'other not in ("", candidate) and', "False and"),
    "a standby agrees though it hears the coordinator": Edit(
        Succession, "_opinion", "now - watch.heard_s < self._silence_s", "False"
    ),
    "a refusal does not count": Edit(Succession, "_is_elected", '"refuses" not in said and', ""),
    "the voters are forgotten": Edit(Succession, "__init__", "for each in memories", "for each in ()"),
    "the coordinator forgets its voters": Edit(
        VoterRegistry, "__init__", "self.voters = voters", "self.voters = Voters(f'{voters.run} {now}', 0)"
    ),
    "a coordinator writes though most may have given it up": Edit(
        VoterRegistry, "awaited", "len(candidates) - len(sure) <", "0 <"
    ),
    "two that ask wait for each other": Edit(Succession, "_yields", "watch.bound[0] != self._me or", "True or"),
}
IN_DIALOGUES: dict[str, tuple[Edit, Callable[[], None]]] = {  # with the test that notices it
    "whom it agreed with is forgotten": (
        Edit(succession, "_recalled", "(memory.bound, now) if memory.bound else", ""),
        dialogues.test_a_restart_forgets_neither_the_voters_nor_whom_one_agreed_with,
    ),
    "the list grows before it is known": (
        Edit(VoterRegistry, "_may_grow", "not names or", "True or"),
        dialogues.test_another_candidate_is_added_only_once_most_know_the_list,
    ),
    "a standby that agreed with another counts for its coordinator": (
        Edit(VoterRegistry, "_is_sure", "not claim.bound and", ""),
        dialogues.test_a_coordinator_awaits_so_many_voters_that_the_others_cannot_have_given_it_up,
    ),
    "one that takes over agrees with another": (
        Edit(Succession, "_bind", "watch.taken and candidate != self._me", "False"),
        dialogues.test_one_that_takes_over_agrees_with_no_other_however_long_it_takes,
    ),
    "a later list is not learnt": (
        Edit(Succession, "_learn", "question.voters.revision > watch.voters.revision", "False"),
        dialogues.test_a_later_list_and_another_address_are_learnt_from_one_that_asks,
    ),
    "an address is not learnt": (
        Edit(Succession, "_learn", "if each.id == question.candidate", "if False"),
        dialogues.test_a_later_list_and_another_address_are_learnt_from_one_that_asks,
    ),
    "a run that is not known is not learnt": (
        Edit(Succession, "answer", "and is_news", "and False"),
        dialogues.test_one_that_was_away_learns_of_a_run_from_one_that_asks_and_gives_the_coordinator_its_time,
    ),
    "a list that is old stays so": (
        Edit(Succession, "take_answer", "opinion.later and", "False and"),
        dialogues.test_a_later_list_is_learnt_from_one_that_is_asked,
    ),
    "one without a disk is elected": (
        Edit(Succession, "_is_my_turn", "self.able and", ""),
        dialogues.test_one_that_cannot_write_audiobooks_agrees_with_others_and_does_not_ask,
    ),
    "one that failed keeps the others": (
        Edit(Succession, "_withdraws", "return failed or", "return"),
        dialogues.test_after_a_fault_the_next_one_follows_at_once_and_the_first_tries_again_later,
    ),
    "one that failed tries on": (
        Edit(Succession, "failed", "self._barred_s[job] = now + RETRY_S", "pass"),
        dialogues.test_after_a_fault_the_next_one_follows_at_once_and_the_first_tries_again_later,
    ),
    "a copy that comes is no word of the coordinator": (
        Edit(Succession, "still_heard", "self._watches[run].heard_s = now", "pass"),
        dialogues.test_a_coordinator_that_sends_something_else_is_not_gone,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_HOUSES)
def test_houses_notice_a_broken_rule(name: str) -> None:
    with edited(IN_HOUSES[name]), pytest.raises(Wrong):
        for seed in (90, 38, 3, 12, 47, 6, 261, 243, *range(600)):  # the first of these notice most
            play(seed)


@pytest.mark.parametrize("name", IN_DIALOGUES)
def test_dialogues_notice_a_broken_rule(name: str) -> None:
    edit, dialogue = IN_DIALOGUES[name]
    with edited(edit), pytest.raises(AssertionError):
        dialogue()
