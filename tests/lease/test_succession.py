"""Standbys that take over by themselves: who may, who has to agree, and what is remembered."""

from swarm.lease.member_message import Claim, Silent, SuccessionCandidate, Voters
from swarm.standby.succession import (
    BOUND_S,
    FORGET_S,
    PRESENT_S,
    RETRY_S,
    ROUND_S,
    STEP_S,
    VALID_S,
    Succession,
    VoterRegistry,
    majority,
)

SILENCE_S = 180.0
JOBS = frozenset({"moby"})


def candidates(number: int) -> list[SuccessionCandidate]:
    return [SuccessionCandidate(f"h{each}", f"machine {each}", f"10.0.0.{each}:1") for each in range(number)]


def voters_of(number: int, run: str = "run") -> Voters:
    """Return a full list of voters, as it is after every candidate has claimed its place twice."""
    registry = VoterRegistry(Voters(run, 0), 0.0)
    for now in range(2 * number):
        for candidate in candidates(number):
            registry.meet(Claim(candidate, run, registry.voters.revision), float(now))
    assert registry.voters.ids == [candidate.id for candidate in candidates(number)]
    return registry.voters


def elect(asking: Succession, others: list[Succession], now: float) -> list[str]:
    """Let a candidate ask some others once, and return the jobs that it takes over."""
    by_id = {other._me: other for other in others}
    for candidate, question in asking.questions(now):
        if candidate.id in by_id:
            asking.take_answer(by_id[candidate.id].answer(question, now), now)
    return asking.elected(now)


def swarm_of(number: int) -> list[Succession]:
    voters, made = voters_of(number), [Succession(candidate.id, SILENCE_S) for candidate in candidates(number)]
    for each in made:
        each.heard(voters, JOBS, 0.0)
    return made


def test_the_first_of_the_roll_takes_over_after_minutes_of_silence_and_once() -> None:
    first, second, third = swarm_of(3)
    assert elect(first, [second, third], SILENCE_S - 1) == []
    assert elect(second, [first, third], SILENCE_S + 1) == []  # the turn of this candidate comes later
    assert elect(first, [second, third], SILENCE_S + 1) == ["moby"]
    assert elect(first, [second, third], SILENCE_S + 9) == []


def test_most_have_to_agree_and_never_one_alone() -> None:
    assert [majority(number) for number in range(1, 8)] == [2, 2, 2, 3, 3, 4, 4]
    (alone,) = swarm_of(1)
    assert elect(alone, [], 10 * SILENCE_S) == []
    _, second, _ = swarm_of(3)
    assert elect(second, [], 10 * SILENCE_S) == []
    first, second, _ = swarm_of(3)
    assert elect(first, [second], SILENCE_S + 1) == ["moby"]  # the third one may be dead
    first, second, _, fourth = swarm_of(4)
    assert elect(first, [second], 10 * SILENCE_S) == []  # the two others may do the same
    assert elect(first, [second, fourth], 11 * SILENCE_S) == ["moby"]


def test_whoever_still_hears_the_coordinator_prevents_it_and_so_does_its_good_end() -> None:
    first, second, third, fourth = swarm_of(4)
    fourth.heard(voters_of(4), JOBS, SILENCE_S)
    assert elect(first, [second, third, fourth], SILENCE_S + 9) == []
    first, second, third, fourth = swarm_of(4)
    fourth.left("run")
    assert elect(first, [second, third, fourth], SILENCE_S + 9) == []


def test_a_job_that_another_coordinator_has_by_now_is_left_alone() -> None:
    first, second = swarm_of(2)
    first.heard(voters_of(2, "another"), JOBS, 5.0)
    assert elect(first, [second], SILENCE_S + 1) == []


def test_the_second_comes_next_where_the_first_is_gone() -> None:
    _, second, third, fourth = swarm_of(4)
    assert elect(second, [third, fourth], SILENCE_S + 1) == []
    assert elect(second, [third, fourth], SILENCE_S + STEP_S) == ["moby"]


def test_answers_of_another_round_or_list_do_not_count() -> None:
    first, second, _ = swarm_of(3)
    (_, question), *_ = first.questions(SILENCE_S + 1)
    late = second.answer(question, SILENCE_S + 1)
    first.questions(SILENCE_S + 7)
    first.take_answer(late, SILENCE_S + 7)
    assert first.elected(SILENCE_S + 7) == []
    voters = voters_of(3)
    older = Voters("run", voters.revision - 1, voters.candidates[:2])
    opinion = second.answer(Silent("h0", older, 9), SILENCE_S + 8)
    assert (opinion.says, opinion.later) == ("abstains", voters)
    assert second.answer(Silent("h0", Voters("unknown", 1), 9), SILENCE_S + 8).says == "abstains"


def restarted(core: Succession, now: float) -> Succession:
    return Succession(core._me, SILENCE_S, core.memories, now)


def test_a_restart_forgets_neither_the_voters_nor_whom_one_agreed_with() -> None:
    first, second, third = swarm_of(3)
    assert elect(first, [second], SILENCE_S + 1) == ["moby"]
    second, third = restarted(second, SILENCE_S + 5), restarted(third, SILENCE_S + 5)
    now = 2 * SILENCE_S + 5 + 2 * STEP_S
    assert now < SILENCE_S + BOUND_S
    assert elect(third, [second], now) == [], "the second one agreed that the first takes over"
    assert elect(third, [second], SILENCE_S + BOUND_S + 10) == ["moby"]


def test_after_a_restart_the_coordinator_has_its_time_anew_and_after_a_week_none_takes_over() -> None:
    first, second, _ = swarm_of(3)
    first, second = restarted(first, 5000.0), restarted(second, 5000.0)
    assert elect(first, [second], 5000.0 + SILENCE_S - 1) == []
    assert elect(first, [second], 5000.0 + SILENCE_S + 1) == ["moby"]
    assert restarted(first, 8 * 86400.0).memories == ()


def test_two_that_ask_do_not_wait_for_each_other() -> None:
    first, second = swarm_of(2)
    now = SILENCE_S + STEP_S
    assert elect(second, [], now) == []  # the first one is away
    assert elect(first, [second], now + 1) == ["moby"]
    assert elect(second, [first], now + 6) == []


def test_one_that_takes_over_agrees_with_no_other_however_long_it_takes() -> None:
    first, second, third = swarm_of(3)
    assert elect(first, [third], SILENCE_S + 1) == ["moby"]
    assert elect(second, [first], SILENCE_S + BOUND_S + 60) == []


def test_after_a_fault_the_next_one_follows_at_once_and_the_first_tries_again_later() -> None:
    first, second, third = swarm_of(3)
    now = SILENCE_S + 1
    assert elect(first, [second], now) == ["moby"]
    first.failed("moby", now + 2)
    assert elect(first, [second], now + 3) == []  # that told the second one that it is free
    assert elect(second, [first], now + STEP_S) == ["moby"]
    second.failed("moby", now + STEP_S + 1)
    elect(second, [first, third], now + STEP_S + 2)
    assert elect(first, [second, third], now + RETRY_S - ROUND_S) == []
    assert elect(first, [second, third], now + RETRY_S + 2 * ROUND_S) == ["moby"]


def test_a_job_that_was_finished_is_taken_over_by_nobody() -> None:
    first, second, third = swarm_of(3)
    assert elect(first, [second], SILENCE_S + 1) == ["moby"]
    first.done("moby")
    assert elect(third, [first, second], SILENCE_S + BOUND_S + 100) == []


def test_one_that_cannot_write_audiobooks_agrees_with_others_and_does_not_ask() -> None:
    first, second, _ = swarm_of(3)
    first.able = False
    assert elect(first, [second], SILENCE_S + 1) == []
    assert elect(second, [first], SILENCE_S + STEP_S + 1) == ["moby"]
    first, second, _ = swarm_of(3)
    ((_, question), *_) = first.questions(SILENCE_S + 1)
    first.take_answer(second.answer(question, SILENCE_S + 1), SILENCE_S + 1)
    first.able = False  # its disk went away a moment later
    assert first.elected(SILENCE_S + 1) == []
    assert elect(first, [second], SILENCE_S + 7) == []  # it says so
    assert elect(second, [first], SILENCE_S + STEP_S + 1) == ["moby"]


def test_a_later_list_and_another_address_are_learnt_from_one_that_asks() -> None:
    first, second = swarm_of(2)
    moved = SuccessionCandidate("h0", "machine 0", "10.0.0.9:1")
    later = Voters("run", 7, (moved, candidates(2)[1]))
    first.heard(later, JOBS, 0.0)
    assert elect(first, [second], SILENCE_S + 1) == ["moby"]
    elsewhere = SuccessionCandidate("h0", "machine 0", "10.0.0.10:1")
    second.answer(Silent("h0", Voters("run", 7, (elsewhere, candidates(2)[1])), 9, ("moby",)), SILENCE_S + 2)
    asked = [candidate for candidate, _ in second.questions(SILENCE_S + BOUND_S + 90)]
    assert asked == [elsewhere]


def test_a_later_list_is_learnt_from_one_that_is_asked() -> None:
    first, second = swarm_of(2)
    later = Voters("run", 7, tuple(candidates(2)))
    second.heard(later, JOBS, 0.0)
    assert elect(first, [second], SILENCE_S + 1) == []
    assert elect(first, [second], SILENCE_S + 7) == ["moby"]


def test_one_that_was_away_learns_of_a_run_from_one_that_asks_and_gives_the_coordinator_its_time() -> None:
    first, second, _ = swarm_of(3)
    second.heard(voters_of(3, "next"), JOBS, 10.0)
    now = 10.0 + SILENCE_S + STEP_S
    assert elect(second, [first], now) == []
    assert elect(second, [first], now + SILENCE_S - 1) == []
    assert elect(second, [first], now + SILENCE_S + 5) == ["moby"]


def test_a_coordinator_that_sends_something_else_is_not_gone() -> None:
    first, second = swarm_of(2)
    second.still_heard("run", 100.0)
    assert elect(first, [second], SILENCE_S + 1) == []


def test_a_shortage_names_who_is_missing() -> None:
    first, second, third, fourth = swarm_of(4)
    third.left("run")
    now = SILENCE_S + 1
    for _ in range(4):
        elect(first, [second, third], now)
        assert first.shortages(now) == [] or now > SILENCE_S + VALID_S
        now += ROUND_S
    (shortage,) = first.shortages(now - ROUND_S)
    assert (shortage.needed, shortage.voters, shortage.agreeing) == (3, 4, 2)
    assert (shortage.mute, shortage.abstaining, shortage.refusing) == (("machine 3",), (), ("machine 2",))
    fourth.left("run")
    first.left("run")
    first.questions(now + ROUND_S)
    assert first.shortages(now + ROUND_S) == []


# --- the coordinator's list


def claim_of(candidate: SuccessionCandidate, registry: VoterRegistry, *, bound: bool = False) -> Claim:
    return Claim(candidate, registry.voters.run, registry.voters.revision, SILENCE_S, bound)


def test_another_candidate_is_added_only_once_most_know_the_list() -> None:
    registry = VoterRegistry(Voters("run", 0), 0.0)
    first, second, third = candidates(3)
    registry.meet(Claim(first), 0.0)
    assert registry.meet(Claim(second), 0.0).ids == ["h0"]
    registry.meet(claim_of(first, registry), 1.0)
    assert registry.meet(Claim(second), 1.0).ids == ["h0", "h1"]
    stale = Claim(second, "run", registry.voters.revision - 1)
    registry.meet(claim_of(first, registry), 2.0)
    registry.meet(stale, 2.0)
    assert registry.meet(Claim(third), 2.0).ids == ["h0", "h1"]


def test_a_list_that_was_kept_goes_on_and_those_that_stay_away_are_struck_off_later() -> None:
    kept = voters_of(3)
    registry = VoterRegistry(kept, 5000.0)
    assert registry.meet(claim_of(kept.candidates[1], registry), 5001.0) == kept
    assert registry.meet(claim_of(kept.candidates[1], registry), 5000.0 + FORGET_S + 1).ids == ["h1"]
    assert registry.is_outdated(Claim(kept.candidates[0], "run", 99))
    assert not registry.is_outdated(Claim(kept.candidates[0], "another", 99))


def test_a_coordinator_awaits_so_many_voters_that_the_others_cannot_have_given_it_up() -> None:
    registry = VoterRegistry(voters_of(3), 1000.0)
    first, second, _ = candidates(3)
    assert registry.awaited(1000.0) == ["machine 0", "machine 1", "machine 2"]
    registry.meet(claim_of(first, registry), 1001.0)
    assert registry.awaited(1001.0) == ["machine 1", "machine 2"]
    registry.meet(claim_of(second, registry, bound=True), 1002.0)
    assert registry.awaited(1002.0) == ["machine 1", "machine 2"], "the second one agreed that another takes over"
    registry.meet(claim_of(second, registry), 1003.0)
    assert registry.awaited(1003.0) == []
    assert registry.awaited(1003.0 + PRESENT_S) != []
    assert registry.awaited(1003.0 + FORGET_S + 1) == [], "nobody is on the list any more"


def test_a_standby_says_that_it_agreed_with_another_or_takes_over() -> None:
    first, second, third = swarm_of(3)
    elect(first, [second], SILENCE_S + 1)
    bound = [each.claim(candidates(3)[0], "run", SILENCE_S + 2).bound for each in (first, second, third)]
    assert bound == [True, True, False]
    assert not second.claim(candidates(3)[0], "run", SILENCE_S + BOUND_S + 2).bound
