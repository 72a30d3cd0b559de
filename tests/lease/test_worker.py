"""Dialogues with the worker's core: what it orders of its engines and tells its coordinators."""

import pytest
from making import RECIPE, make_hello

from swarm.lease import shelf
from swarm.lease.link import EMPTY_S, LEAST_WINDOW, Link
from swarm.lease.message import (
    Accepted,
    Bye,
    Clip,
    Done,
    Failed,
    Grant,
    Heartbeat,
    Held,
    Hello,
    Job,
    Line,
    Refused,
    Rejected,
    Release,
    Revoke,
    Trim,
    Wanted,
    Welcome,
    WhoAreYou,
)
from swarm.lease.recipe import Recipe, clip_key, seed_of
from swarm.lease.slot import Sound
from swarm.lease.tell import Kill, Load, Speak, Tell
from swarm.lease.worker import Worker

KEY = clip_key("One.", RECIPE, 0)


def make_worker(slots: int = 1, *links: str, credit: int = 1000) -> Worker:
    worker = Worker(make_hello(slots=slots))
    for link in links or ("a",):
        worker.connect(link, 0.0)
        worker.receive(link, Welcome(link, 1, link, 1.0, credit), 0.0)
        worker.receive(link, Job(f"job-{link}", "Book", RECIPE), 0.0)
    return worker


def grant(worker: Worker, *texts: str, link: str = "a", lease: int = 1, slot: int = 0, now: float = 0.0) -> Tell:
    lines = tuple(Line(index, text, 0) for index, text in enumerate(texts))
    return worker.receive(link, Grant(lease, f"job-{link}", slot, 0, lines, 600.0), now)


def speak(worker: Worker, tell: Tell, size: int = 100, now: float = 1.0) -> Tell:
    """Have the engine do what it was last told, with success."""
    command = tell.commands[-1]
    if isinstance(command, Load):
        return worker.opened(command.slot, command.turn, now)
    return worker.spoken(command.slot, command.turn, Sound(24000, 24000, "0" * 64, 0.5, size), now)


def told(tell: Tell, kind: type) -> list:
    return [message for _, message in tell.messages if isinstance(message, kind)]


def test_it_greets_offers_its_slots_loads_the_engine_speaks_and_sends() -> None:
    worker = Worker(make_hello(slots=2))
    assert told(worker.connect("a", 0.0), Hello)
    (beat,) = told(worker.receive("a", Welcome("c", 1, "laptop", 1.0, 1000), 0.0), Heartbeat)
    assert beat.offers == (0, 1)
    worker.receive("a", Job("job-a", "Book", RECIPE), 0.0)
    tell = grant(worker, "One.", "Two.")
    assert tell.commands == [Load(0, 1, RECIPE)]
    assert told(tell, Heartbeat)[-1].offers == (1,)
    tell = speak(worker, tell)
    assert isinstance(tell.commands[0], Speak)
    assert tell.commands[0].text == "One."
    tell = speak(worker, tell)
    ((name, clip),) = tell.clips
    assert (name, clip.key, clip.index, clip.lease) == ("a", KEY, 0, 1)
    assert tell.commands[0].text == "Two."


def test_the_same_text_recipe_and_take_have_the_same_seed() -> None:
    seeds = []
    for _ in range(2):
        worker = make_worker()
        seeds.append(speak(worker, grant(worker, "One.")).commands[0].seed)
    assert seeds[0] == seeds[1]


def test_a_clip_goes_up_under_the_take_that_was_kept() -> None:
    worker = make_worker()
    (command,) = speak(worker, grant(worker, "One.")).commands
    assert (command.seed, *command.others) == tuple(seed_of(clip_key("One.", RECIPE, take)) for take in range(3))
    sound = Sound(24000, 24000, "0" * 64, 0.5, 100, further=2, takes=3, doubt="9.0 s, where 1.0 s are usual")
    ((_, clip),) = worker.spoken(command.slot, command.turn, sound, 1.0).clips
    assert (clip.take, clip.key, clip.takes) == (2, clip_key("One.", RECIPE, 2), 3)
    assert "are usual" in clip.doubt


def test_a_clip_is_kept_until_it_is_accepted() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")))
    assert worker.shelf.size == 100
    tell = worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 2.0)
    assert [clip.key for clip in tell.dropped] == [KEY]
    assert worker.shelf.size == 0


def test_a_rejected_clip_gives_its_credit_back() -> None:
    worker = make_worker(credit=100)
    tell = speak(worker, speak(worker, grant(worker, "One.", "Two.")))
    tell = speak(worker, tell)
    assert not tell.clips
    tell = worker.receive("a", Rejected("job-a", 0, 0, KEY, "no"), 2.0)
    assert [clip.index for _, clip in tell.clips] == [1]


def test_the_same_text_in_two_places_is_two_clips_on_the_shelf() -> None:
    worker = make_worker()
    tell = speak(worker, speak(worker, grant(worker, "Yes.", "Yes.")))
    speak(worker, tell)
    worker.receive("a", Accepted("job-a", ((0, 0, clip_key("Yes.", RECIPE, 0)),)), 2.0)
    assert [item.clip.index for item in worker.shelf.clips.values()] == [1]


def test_unacknowledged_bytes_never_exceed_the_credit_but_one_clip_may_always_go() -> None:
    worker = make_worker(credit=250)
    tell = speak(worker, grant(worker, *[f"Sentence {n}." for n in range(20)]))
    under_way = sent = 0
    while tell.commands and sent < 20:
        tell = speak(worker, tell, size=100)
        under_way += len(tell.clips)
        sent += 1
        assert under_way <= 2
    assert worker.slots[0].waiting  # it stops speaking instead of piling up
    assert worker.shelf.size <= 250 + 250 + 100
    big = make_worker(credit=10)
    assert speak(big, speak(big, grant(big, "One."))).clips


def test_acceptance_lets_a_waiting_slot_go_on() -> None:
    worker = make_worker(credit=100)
    tell = speak(worker, grant(worker, *[f"Sentence {n}." for n in range(9)]))
    while tell.commands:
        tell = speak(worker, tell)
    assert told(worker.beat(2.0), Heartbeat)[0].slots[0].state == "waiting"
    key = clip_key("Sentence 0.", RECIPE, 0)
    tell = worker.receive("a", Accepted("job-a", ((0, 0, key),)), 3.0)
    assert tell.clips
    assert isinstance(tell.commands[0], Speak)


def test_a_vanished_coordinators_lease_is_finished_and_its_clips_offered_again() -> None:
    worker = make_worker()
    tell = speak(worker, grant(worker, "One.", "Two."))
    worker.disconnect("a", 1.0)
    tell = speak(worker, tell)
    assert not tell.clips
    tell = speak(worker, tell)
    assert not tell.commands
    assert told(worker.connect("a", 9.0), Hello)[0].held == 2
    (held,) = told(worker.receive("a", Welcome("c", 2, "laptop", 1.0, 1000), 9.0), Held)
    assert [index for _, index, _ in held.clips] == [0, 1]
    tell = worker.receive("a", Wanted("job-a", ((0, 1, held.clips[1][2]),), (held.clips[0],)), 9.1)
    assert [clip.index for _, clip in tell.clips] == [1]
    assert [clip.index for clip in tell.dropped] == [0]


def test_a_restarted_coordinator_that_asks_is_greeted_and_offered_what_was_under_way() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")))
    assert told(worker.receive("a", WhoAreYou(), 2.0), Hello)
    assert told(worker.receive("a", Welcome("c", 2, "laptop", 1.0, 1000), 2.1), Held)


def test_a_lost_greeting_is_repeated() -> None:
    worker = Worker(make_hello())
    worker.connect("a", 0.0)
    assert told(worker.beat(1.0), Hello)


def test_a_refused_worker_does_not_insist() -> None:
    worker = Worker(make_hello())
    worker.connect("a", 0.0)
    worker.receive("a", Refused("another version"), 0.1)
    assert not worker.beat(1.0).messages


def test_a_trim_takes_what_is_not_yet_begun() -> None:
    worker = make_worker()
    tell = speak(worker, grant(worker, "One.", "Two.", "Three."))
    worker.receive("a", Trim(1, 0), 1.0)
    tell = speak(worker, tell)
    assert tell.clips
    assert not [command for command in tell.commands if isinstance(command, Speak)]


def test_a_revoked_lease_ends_after_the_segment_under_way() -> None:
    worker = make_worker()
    tell = speak(worker, grant(worker, "One.", "Two."))
    assert not worker.receive("a", Revoke(1), 1.0).commands
    tell = speak(worker, tell)
    assert len(tell.clips) == 1
    assert not tell.commands


def test_an_expired_lease_kills_the_engine_and_a_fresh_one_serves_the_next() -> None:
    worker = make_worker()
    tell = speak(worker, grant(worker, "Hangs for ever."))
    late = tell.commands[-1]
    tell = worker.receive("a", Revoke(1, expired=True), 99.0)
    assert tell.commands == [Kill(0)]
    assert not worker.spoken(late.slot, late.turn, Sound(1, 24000, "0" * 64, 1.0, 9), 99.5).kept
    assert isinstance(grant(worker, "Next.", lease=2, now=100.0).commands[0], Load)


def test_a_failure_is_told_and_the_next_segment_begun() -> None:
    worker = make_worker()
    tell = speak(worker, grant(worker, "Bad.", "Good."))
    command = tell.commands[-1]
    tell = worker.failed(command.slot, command.turn, "silent", "nothing heard", 1.0)
    (failed,) = told(tell, Failed)
    assert (failed.index, failed.kind) == (0, "silent")
    assert tell.commands[0].text == "Good."


def test_a_crashed_engine_is_loaded_afresh() -> None:
    worker = make_worker()
    command = speak(worker, grant(worker, "Bad.", "Good.")).commands[-1]
    assert isinstance(worker.failed(command.slot, command.turn, "crashed", "", 1.0).commands[0], Load)


def test_an_engine_that_does_not_open_gives_its_leases_back() -> None:
    worker = make_worker()
    load = grant(worker, "One.").commands[0]
    (release,) = told(worker.unable(load.slot, load.turn, "not installed", 1.0), Release)
    assert release == Release(1, "not installed", unable=True)


def test_the_next_lease_is_asked_for_before_the_present_one_ends() -> None:
    worker = make_worker()
    tell = speak(worker, grant(worker, *["A sentence of some length here."] * 10))
    offers = []
    while any(isinstance(command, Speak) for command in tell.commands):
        tell = speak(worker, tell)
        offers += [beat.offers for beat in told(tell, Heartbeat)]
    assert (0,) in offers
    assert len(worker.links["a"].offers) == 1


def test_a_grant_that_was_not_asked_for_is_given_back() -> None:
    worker = make_worker()
    grant(worker, *["A long one."] * 9)
    assert told(grant(worker, "More.", lease=2), Release) == [Release(2, "not asked for any more")]


def test_another_recipe_loads_another_engine() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")))
    other = Recipe("espeak", "fr", "fr")
    worker.receive("a", Job("job-a", "Livre", other), 2.0)
    tell = grant(worker, "Deux.", lease=2, now=2.0)
    assert tell.commands == [Load(0, worker.slots[0].turn, other)]


def test_slots_are_shared_between_coordinators_by_work_done() -> None:
    worker = make_worker(1, "a", "b")
    tell = speak(worker, speak(worker, grant(worker, "One.", link=next(n for n in "ab" if worker.links[n].offers))))
    beats = {name: message for name, message in tell.messages if isinstance(message, Heartbeat)}
    assert beats["b"].offers == (0,)
    assert not beats["a"].offers


def test_a_coordinator_without_work_passes_the_slot_on_and_all_are_asked_where_none_has_any() -> None:
    worker = make_worker(1, "a", "b")
    first = next(n for n in "ab" if worker.links[n].offers)
    worker.receive(first, Done(), 1.0)
    other = "ab".replace(first, "")
    assert worker.links[other].offers == {0}
    worker.receive(other, Done(), 1.1)
    assert worker.links["a"].offers == worker.links["b"].offers == {0}
    for name in ("a", "b"):
        worker.receive(name, Trim(99, 0), 1.1 + EMPTY_S)  # both are there still
    worker.beat(1.2 + EMPTY_S)
    assert sum(len(link.offers) for link in worker.links.values()) == 1


def test_draining_finishes_the_segment_under_way_and_takes_nothing_new() -> None:
    worker = make_worker()
    tell = speak(worker, grant(worker, "One.", "Two."))
    worker.drain(1.0)
    assert not worker.drained
    tell = speak(worker, tell)
    assert not tell.commands
    (clip,) = [clip for _, clip in tell.clips]
    assert isinstance(clip, Clip)
    worker.receive("a", Accepted("job-a", ((0, 0, clip.key),)), 2.0)
    assert worker.drained
    assert told(worker.leave(), Bye)


def test_a_coordinator_that_ended_is_left_in_peace_until_it_is_lost() -> None:
    worker = make_worker()
    worker.receive("a", Done(final=True), 1.0)
    assert worker.links["a"].final
    assert not worker.beat(2.0).messages
    worker.disconnect("a", 3.0)
    assert told(worker.connect("a", 4.0), Hello)


def test_who_has_left_greets_nobody_and_says_so_to_whom_it_greeted_before() -> None:
    worker = make_worker()
    worker.disconnect("a", 1.0)
    assert told(worker.connect("a", 2.0), Hello)
    worker.leave()
    assert not told(worker.connect("b", 2.5), Hello)
    welcomed = worker.receive("a", Welcome("a", 1, "a", 1.0, 1000), 3.0)
    assert told(welcomed, Bye) and not told(welcomed, Heartbeat)


def test_a_clip_that_could_not_leave_goes_with_the_next_heartbeat() -> None:
    worker = make_worker()
    ((name, clip),) = speak(worker, speak(worker, grant(worker, "One."))).clips
    worker.unsent(name, clip)
    assert worker.beat(2.0).clips == [(name, clip)]


def test_a_credit_that_shrinks_is_kept_to() -> None:
    worker = make_worker(credit=1000)
    tell = speak(worker, speak(worker, grant(worker, "One.", "Two.", "Three.", "Four.")))
    worker.receive("a", Accepted("job-a", ((0, 0, KEY),), 150), 2.0)
    sent = 0
    while tell.commands:
        tell = speak(worker, tell)
        sent += len(tell.clips)
    assert sent == 1


def test_a_lease_revoked_again_is_not_answered_again() -> None:
    worker = make_worker()
    speak(worker, grant(worker, "One.", "Two."))
    assert told(worker.receive("a", Revoke(1), 1.0), Heartbeat)
    again = worker.receive("a", Revoke(1), 1.1)
    assert not told(again, Heartbeat)  # or each would be answered with the other for as long as a segment takes


def test_a_hung_engine_whose_lease_was_revoked_is_started_afresh_by_the_worker_itself() -> None:
    worker = make_worker()
    tell = speak(worker, grant(worker, "One.", "Two."))
    for _ in range(2):
        tell = speak(worker, tell) if tell.commands else tell
    grant(worker, "Three.", lease=2, now=1.0)
    worker.receive("a", Revoke(2), 1.0)
    tells = [worker.beat(float(now)) for now in range(2, 60)]
    (killed,) = [now for now, tell in enumerate(tells, 2) if Kill(0) in tell.commands]
    assert 20 <= killed <= 23


def test_a_worker_that_slept_does_not_think_that_its_engine_hangs() -> None:
    worker = make_worker()
    speak(worker, grant(worker, "One.", "Two."))
    for now in range(1, 5):
        worker.beat(float(now))
    worker.disconnect("a", 5.0)
    assert Kill(0) not in worker.beat(5000.0).commands


def test_clips_of_a_coordinator_that_never_came_back_make_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_HELD", 250)
    worker = make_worker(1, "a", "b")
    first = next(name for name in "ab" if worker.links[name].offers)
    other = "ab".replace(first, "")
    speak(worker, speak(worker, speak(worker, grant(worker, "One.", "Two.", link=first))))
    worker.forget(first, 2.0)
    tell = speak(worker, grant(worker, "Three.", link=other, lease=2, now=3.0))
    assert [clip.index for clip in tell.dropped] == [0]
    assert worker.shelf.size <= 250


def test_a_lease_is_held_until_its_last_clip_is_accepted() -> None:
    worker = make_worker()
    tell = speak(worker, speak(worker, grant(worker, "One.")))
    assert tell.clips
    (heartbeat,) = told(worker.beat(1.5), Heartbeat)
    assert heartbeat.leases == (1,)
    worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 2.0)
    (heartbeat,) = told(worker.beat(3.0), Heartbeat)
    assert heartbeat.leases == ()


def test_after_a_message_that_could_not_leave_it_greets_again_and_offers_what_it_holds() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")))
    worker.unsaid("a")
    assert [hello.held for hello in told(worker.beat(2.0), Hello)] == [1]
    tell = worker.receive("a", Welcome("a", 1, "a", 1.0, 1000), 2.1)
    assert told(tell, Held) == [Held("job-a", ((0, 0, KEY),))]


def test_what_is_wanted_by_an_answer_to_an_older_greeting_waits_for_the_newer_one() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")))
    worker.unsaid("a")
    wanted = Wanted("job-a", ((0, 0, KEY),), ())
    assert not worker.receive("a", wanted, 2.0).clips
    worker.receive("a", Welcome("a", 1, "a", 1.0, 1000), 2.1)
    assert worker.receive("a", wanted, 2.2).clips


def test_one_greeting_is_enough_however_often_it_is_asked_for() -> None:
    worker = make_worker()
    assert told(worker.receive("a", WhoAreYou(), 1.0), Hello)
    assert not told(worker.receive("a", WhoAreYou(), 1.0), Hello)
    assert told(worker.beat(2.0), Hello)


def test_two_coordinators_may_number_their_leases_alike() -> None:
    worker = make_worker(2, "a", "b")
    speak(worker, grant(worker, "One.", "Two.", link="a", slot=0))
    speak(worker, grant(worker, "Three.", "Four.", link="b", slot=1))
    worker.receive("a", Trim(1, 1), 1.0)
    worker.receive("a", Revoke(1, expired=True), 1.0)
    assert [len(lease.lines) for slot in worker.slots for lease in slot.leases] == [2]


def test_a_clip_spoken_twice_is_under_way_once() -> None:
    worker = make_worker(2)
    first = speak(worker, speak(worker, grant(worker, "One.")))
    again = speak(worker, speak(worker, grant(worker, "One.", lease=2, slot=1)))
    assert len(first.clips) == 1
    assert not again.clips
    worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 2.0)
    assert not worker.shelf.clips


def test_a_slow_link_gets_no_more_than_arrives_soon_and_a_quick_one_ever_more() -> None:
    link = Link("a", credit=8 * 1024 * 1024)
    for now in range(100):
        link.answered(4.0, 60_000, now * 2.0)
    assert link.allowance == LEAST_WINDOW
    for now in range(400):
        link.answered(0.1, 60_000, 300.0 + now)
    assert link.allowance == link.credit


def test_how_long_clips_take_to_be_accepted_is_measured() -> None:
    worker = make_worker(credit=10_000_000)
    before = worker.links["a"].window
    speak(worker, speak(worker, grant(worker, "One.")), now=1.0)
    worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 9.0)
    assert worker.links["a"].window < before


def test_a_coordinator_that_answers_no_more_does_not_keep_the_slot_from_others() -> None:
    worker = make_worker(1, "a", "b")
    worker.links["b"].served_s = 100.0
    assert [name for name, m in worker.beat(1.0).messages if isinstance(m, Heartbeat) and m.offers] == ["a"]
    offered: list[str] = []
    for now in range(2, 6):
        worker.receive("b", Done(), float(now))
        offered = [name for name, m in worker.beat(now + 0.5).messages if isinstance(m, Heartbeat) and m.offers]
    assert offered == ["a", "b"]
