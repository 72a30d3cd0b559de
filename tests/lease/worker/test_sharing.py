from making import make_worker

from swarm.job.spec import Recipe
from swarm.lease.message import Done, Job, Welcome
from swarm.lease.states import LinkState
from swarm.lease.worker.coordinator_link import (
    EMPTY_S,
    KEPT_AWAY_S,
    MAX_LOST_LEASES,
    RETURN_S,
    SILENT_S,
    UNHEARD_BEATS,
    CoordinatorLink,
    Fairness,
)
from swarm.lease.worker.sharing import KEPT_IDLE_S, charge_idle, kindred, least_served, offer, share
from swarm.lease.worker.slot import EngineSlot


def a_link(name: str, served_s: float = 0.0) -> CoordinatorLink:
    link = CoordinatorLink(name, fairness=Fairness(served_s))
    link.greet()
    assert link.enter(Welcome(name, 1, name, 1.0, 1000, 65536))
    return link


def test_slots_are_shared_out_evenly_and_the_odd_one_goes_to_the_least_served() -> None:
    a, b = a_link("a", 7.0), a_link("b", 5.0)
    assert share([a, b], [0, 1], [], 0.0) == {"a": {1}, "b": {0}}
    assert share([a, b], [0, 1, 2], [], 0.0) == {"a": {1}, "b": {0, 2}}
    assert share([a, b], [2], ["b", "a"], 0.0) == {"a": set(), "b": {2}}


def test_a_slot_goes_to_whoever_has_fewer_of_them_whatever_was_served_before() -> None:
    a, b = a_link("a", 5000.0), a_link("b", 1.0)
    assert share([a, b], [2], ["b", "b"], 0.0) == {"a": {2}, "b": set()}


def test_a_slot_stays_with_those_whose_voice_it_has_as_long_as_they_have_something() -> None:
    a, b = a_link("a", 5000.0), a_link("b", 1.0)
    assert share([a, b], [0], [], 0.0, {0: {"a"}}) == {"a": {0}, "b": set()}
    assert share([a, b], [0], [], 0.0, {0: {"a", "b"}}) == {"a": set(), "b": {0}}
    assert share([a, b], [0], [], 0.0, {0: {"gone"}}) == {"a": set(), "b": {0}}
    a.find_empty(0.0)
    assert share([a, b], [0], [], 1.0, {0: {"a"}}) == {"a": set(), "b": {0}}


def test_a_coordinator_of_the_same_voice_or_of_one_not_known_yet_is_kindred() -> None:
    loaded = EngineSlot(0, recipe=Recipe("metronome", "tick", "en"), loading_s=2.0)
    same, other, unknown = a_link("same"), a_link("other"), a_link("unknown")
    same.jobs.learn(Job("1", "Book", Recipe("metronome", "tick", "en")), ())
    other.jobs.learn(Job("2", "Livre", Recipe("espeak", "fr", "fr")), ())
    assert kindred([loaded], [same, other, unknown], 0.0) == {0: {"same", "unknown"}}
    loaded.worked_s = 20.0
    assert kindred([loaded], [same, other, unknown], 0.0) == {}


def test_who_had_nothing_comes_last_and_where_nobody_had_anything_all_are_asked() -> None:
    a, b = a_link("a"), a_link("b", 100.0)
    a.find_empty(0.0)
    assert share([a, b], [0, 1], [], 1.0) == {"a": set(), "b": {0, 1}}
    b.find_empty(0.0)
    assert share([a, b], [0, 1], [], 1.0) == {"a": {0, 1}, "b": {0, 1}}


def test_a_coordinator_that_was_idle_or_comes_late_does_not_make_up_for_it() -> None:
    a, b = a_link("a", 5000.0), a_link("b", 3.0)
    b.find_empty(0.0)
    b.resume(least_served([a, b]))
    assert (b.fairness.served_s, b.answers.empty_until_s) == (5000.0, {})
    b.resume(7000.0)  # it was not idle: it keeps its place
    assert b.fairness.served_s == 5000.0
    assert least_served([]) == 0.0


def test_an_answer_that_comes_when_nothing_was_asked_changes_nothing() -> None:
    link, welcome = CoordinatorLink("a"), Welcome("a", 1, "a", 1.0, 1000, 65536)
    assert not link.enter(welcome) and not link.refuse()
    link.note_end(failed=False)
    assert link.state is LinkState.AWAY
    link.greet()
    assert link.refuse()
    assert not link.enter(welcome)
    assert link.state is LinkState.REFUSED


def test_a_coordinator_that_had_nothing_is_still_empty_after_another_greeting() -> None:
    link = a_link("a")
    link.find_empty(1.0)
    link.greet()
    assert not link.up
    link.enter(Welcome("a", 2, "a", 1.0, 1000, 65536))
    assert link.state is LinkState.EMPTY
    link.resume(7.0)
    assert (link.state, link.fairness.served_s) == (LinkState.SERVING, 7.0)


def test_a_coordinator_that_ended_serves_again_once_it_welcomes() -> None:
    link = a_link("a")
    link.note_end(failed=True)
    assert (link.state, link.failed, link.up) == (LinkState.ENDED, True, False)
    assert link.enter(Welcome("a", 2, "a", 1.0, 1000, 65536))
    assert link.state is LinkState.SERVING


def test_nothing_is_offered_to_a_coordinator_out_of_reach() -> None:
    near, far = a_link("near"), a_link("far")
    far.go_away()
    assert offer([near, far], [EngineSlot(0)], [0], 0.0) == [near]
    assert (near.offers, far.offers) == ({0}, set())


def test_a_coordinator_that_is_not_asked_is_not_taken_for_silent_because_another_one_talks() -> None:
    chatty, quiet = a_link("chatty", 100.0), a_link("quiet")
    chatty.answers.heard_s = 1000.0
    assert share([chatty, quiet], [0], [], 1000.0) == {"chatty": set(), "quiet": {0}}


def test_a_coordinator_that_does_not_answer_an_offer_comes_after_others_for_a_while() -> None:
    mute, other = a_link("mute"), a_link("other", 100.0)
    slots = [EngineSlot(0)]
    offer([mute, other], slots, [0], 10.0)
    assert mute.offers == {0}
    offer([mute, other], slots, [0], 10.0 + SILENT_S)
    assert (mute.offers, other.offers) == (set(), {0})
    offer([mute, other], slots, [0], 10.0 + SILENT_S + EMPTY_S)
    assert mute.offers == {0}


def test_time_in_which_a_slot_waits_for_a_coordinator_counts_as_served() -> None:
    slow, other = a_link("slow"), a_link("other", 2.5)
    slots = [EngineSlot(0)]
    for now in range(3):
        slow.answers.heard_s = float(now)  # it talks, and grants nothing
        offer([slow, other], slots, [0], float(now))
        assert slow.offers == {0}
        charge_idle([slow, other], slots, 1.0)
    offer([slow, other], slots, [0], 3.0)
    assert other.offers == {0}


def test_a_coordinator_that_kept_a_slot_for_nothing_comes_after_others_for_as_long() -> None:
    bad, other = a_link("bad"), a_link("other", 1000.0)
    bad.fairness.put_off(240.0, 100.0)
    assert bad.fairness.served_s == 240.0
    assert share([bad, other], [0], [], 300.0) == {"bad": set(), "other": {0}}
    assert share([bad, other], [0], [], 341.0) == {"bad": {0}, "other": set()}
    other.find_empty(250.0)
    assert share([bad, other], [0], [], 251.0) == {"bad": {0}, "other": {0}}  # better than nothing


def test_a_coordinator_that_is_put_off_gets_no_slot_while_another_one_returns() -> None:
    bad, other = a_link("bad"), a_link("other")
    other.note_word(90.0)
    # The session begins anew, and the greeting waits behind a clip on a slow link.
    other.greet()
    bad.fairness.put_off(240.0, 100.0)
    slots = [EngineSlot(0)]
    assert offer([bad, other], slots, [0], 90.0 + RETURN_S - 1) == []
    assert offer([bad, other], slots, [0], 90.0 + RETURN_S) == [bad]
    other.go_away()
    other.note_word(130.0)
    assert offer([bad, other], slots, [0], 131.0) == []  # nobody else is about to return
    assert bad.offers == {0}


def test_a_coordinator_that_is_put_off_gets_no_slot_while_another_ones_answer_is_late() -> None:
    bad, other = a_link("bad"), a_link("other")
    other.note_word(90.0)
    bad.fairness.put_off(240.0, 90.0)
    slots = [EngineSlot(0)]
    offer([bad, other], slots, [0], 90.0)
    for late_s in (SILENT_S, RETURN_S - 1):  # a clip keeps its slow link busy
        offer([bad, other], slots, [0], 90.0 + late_s)
        assert (bad.offers, other.offers) == (set(), {0})
    offer([bad, other], slots, [0], 90.0 + RETURN_S)
    assert (bad.offers, other.offers) == ({0}, {0})


def test_a_coordinator_that_is_put_off_gets_no_slot_while_another_one_has_nothing_for_a_moment() -> None:
    bad, other = a_link("bad"), a_link("other")
    bad.fairness.put_off(240.0, 100.0)
    slots = [EngineSlot(0)]
    offer([bad, other], slots, [0], 100.0)
    for now in (100.0, 110.0, 120.0):
        other.find_empty(now)  # the last places wait for clips that are under way
    assert offer([bad, other], slots, [0], 100.0 + RETURN_S - 1) == []
    assert other.offers == {0}
    other.find_empty(100.0 + RETURN_S)
    assert offer([bad, other], slots, [0], 100.0 + RETURN_S) == [bad]
    other.resume(0.0)
    other.find_empty(150.0)
    assert offer([bad, other], slots, [0], 151.0) == [bad]
    assert bad.offers == set()


def test_the_only_coordinator_is_offered_a_slot_though_it_is_put_off_and_had_work_a_moment_ago() -> None:
    only = a_link("only")
    only.note_word(99.0)
    only.find_empty(100.0)
    only.fairness.put_off(240.0, 100.0)
    offer([only], [EngineSlot(0)], [0], 101.0)
    assert only.offers == {0}


def test_a_slot_is_not_offered_at_once_to_a_coordinator_that_grants_and_revokes_without_end() -> None:
    fickle = a_link("fickle")
    for _ in range(MAX_LOST_LEASES):
        fickle.fairness.take_back(0, 100.0)
    assert not fickle.fairness.is_kept_away(0, 100.0)
    fickle.fairness.serve(0, 1.0)  # a clip shows that it is in earnest
    for _ in range(MAX_LOST_LEASES + 1):
        fickle.fairness.take_back(0, 100.0)
    assert fickle.fairness.is_kept_away(0, 100.0 + KEPT_AWAY_S - 1)
    assert not fickle.fairness.is_kept_away(0, 100.0 + KEPT_AWAY_S)
    assert not fickle.fairness.is_kept_away(1, 100.0)


def test_a_dear_voice_is_kept_for_no_coordinator_that_lets_it_wait() -> None:
    slot = EngineSlot(0, recipe=Recipe("metronome", "tick", "en"), loading_s=20.0, idle_since_s=100.0)
    link = a_link("a")
    assert kindred([slot], [link], 101.0) == {0: {"a"}}
    assert kindred([slot], [link], 100.0 + KEPT_IDLE_S) == {}


def test_a_machine_that_slept_begins_nothing_until_there_was_time_for_news() -> None:
    worker = make_worker()

    def asks_first(beaten_s: float, now: float) -> bool:
        worker.beaten_s = beaten_s
        return worker.asks_first(now)

    assert not asks_first(beaten_s=0.0, now=1000.0)  # it has only begun
    assert not asks_first(beaten_s=999.0, now=1000.0)
    assert asks_first(beaten_s=1000.0, now=1040.0)
    assert asks_first(beaten_s=1040.0, now=1041.0)
    assert not asks_first(beaten_s=1041.0, now=1042.0)


def test_heartbeats_between_two_regular_ones_are_bounded() -> None:
    link = a_link("a")
    assert [link.beat_limit.may_beat(2, 0) for _ in range(4)] == [True, True, False, False]


def test_a_coordinator_that_says_nothing_gets_few_heartbeats_between_two_regular_ones() -> None:
    link = a_link("a")
    for begin in (lambda: None, lambda: link.note_word(1.0), lambda: link.regular_beat(2.0)):
        begin()
        assert sum(link.beat_limit.may_beat(200, 0) for _ in range(100)) == UNHEARD_BEATS


def a_mixed_link(name: str, served_s: float = 0.0) -> CoordinatorLink:
    link = CoordinatorLink(name, frozenset({"gpu", "cpu"}), fairness=Fairness(served_s))
    link.greet()
    assert link.enter(Welcome(name, 1, name, 1.0, 1000, 65536))
    return link


def test_a_coordinator_with_nothing_for_the_cores_is_still_offered_the_gpu() -> None:
    a, b = a_mixed_link("a"), a_mixed_link("b", 100.0)
    kinds = {0: "gpu", 1: "cpu"}
    a.find_empty(0.0, ("cpu",))
    assert a.state is LinkState.SERVING
    assert share([a, b], [0, 1], [], 1.0, kinds=kinds) == {"a": {0}, "b": {1}}
    a.find_empty(0.0, ("gpu",))
    assert a.state is LinkState.EMPTY
    assert share([a, b], [0, 1], [], 1.0, kinds=kinds) == {"a": set(), "b": {0, 1}}
    a.resume(0.0, "gpu")
    assert share([a, b], [0, 1], [], 1.0, kinds=kinds) == {"a": {0}, "b": {1}}


def test_a_coordinator_that_names_no_kinds_has_nothing_for_any() -> None:
    link = a_mixed_link("a")
    link.take_done(Done(), 0.0)
    assert link.state is LinkState.EMPTY
    assert link.answers.is_empty("gpu", 1.0) and link.answers.is_empty("cpu", 1.0)
    assert a_mixed_link("b").take_done(Done(kinds=("tpu",)), 0.0) is None


def test_a_coordinator_is_not_charged_for_slots_that_it_has_nothing_for() -> None:
    link, slots = a_mixed_link("a"), [EngineSlot(0, kind="gpu"), EngineSlot(1, kind="cpu")]
    offer([link], slots, [0, 1], 0.0)
    link.find_empty(0.0, ("cpu",))
    charge_idle([link], slots, 1.0)
    assert link.fairness.served_s == 1.0
