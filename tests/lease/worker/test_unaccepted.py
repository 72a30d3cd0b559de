"""Clips that no coordinator has accepted yet: kept, sent within the credit, offered again."""

from making import KEY, RECIPE, grant, make_worker, speak, told

from swarm.job.spec import clip_key
from swarm.lease.message import (
    Accepted,
    Heartbeat,
    Held,
    Hello,
    Rejected,
    Wanted,
    Welcome,
)
from swarm.lease.outcome import Speak
from swarm.lease.states import SlotState
from swarm.lease.worker.coordinator_link import CoordinatorLink
from swarm.lease.worker.unaccepted import ClipWindow


def test_a_clip_is_kept_until_it_is_accepted() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")))
    assert worker.unaccepted.size == 100
    worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 2.0)
    assert worker.unaccepted.size == 0


def test_a_rejected_clip_gives_its_credit_back() -> None:
    worker = make_worker(credit=100)
    out = speak(worker, speak(worker, grant(worker, "One.", "Two.")))
    out = speak(worker, out)
    assert not out.clips
    out = worker.receive("a", Rejected("job-a", 0, 0, KEY), 2.0)
    assert [clip.index for _, clip in out.clips] == [1]


def test_the_same_text_in_two_places_is_two_clips_on_the_shelf() -> None:
    worker = make_worker()
    out = speak(worker, speak(worker, grant(worker, "Yes.", "Yes.")))
    speak(worker, out)
    worker.receive("a", Accepted("job-a", ((0, 0, clip_key("Yes.", RECIPE, 0)),)), 2.0)
    assert [item.clip.index for item in worker.unaccepted.clips.values()] == [1]


def test_unacknowledged_bytes_never_exceed_the_credit_but_one_clip_may_always_go() -> None:
    worker = make_worker(credit=250)
    out = speak(worker, grant(worker, *[f"Sentence {n}." for n in range(20)]))
    under_way = sent = 0
    while out.commands and sent < 20:
        out = speak(worker, out, size=100)
        under_way += len(out.clips)
        sent += 1
        assert under_way <= 2
    assert worker.slots[0].state is SlotState.WAITING  # it stops speaking instead of piling up
    assert worker.unaccepted.size <= 250 + 250 + 100
    big = make_worker(credit=10)
    assert speak(big, speak(big, grant(big, "One."))).clips


def test_acceptance_lets_a_waiting_slot_go_on() -> None:
    worker = make_worker(credit=100)
    out = speak(worker, grant(worker, *[f"Sentence {n}." for n in range(9)]))
    while any(isinstance(command, Speak) for command in out.commands):
        out = speak(worker, out)
    assert told(worker.beat(2.0), Heartbeat)[0].slots[0].state == "waiting"
    key = clip_key("Sentence 0.", RECIPE, 0)
    out = worker.receive("a", Accepted("job-a", ((0, 0, key),)), 3.0)
    assert out.clips
    assert isinstance(out.commands[0], Speak)


def test_a_vanished_coordinators_lease_is_finished_and_its_clips_offered_again() -> None:
    worker = make_worker()
    out = speak(worker, grant(worker, "One.", "Two."))
    worker.disconnect("a", 1.0)
    out = speak(worker, out)
    assert not out.clips
    out = speak(worker, out)
    assert not out.commands
    assert told(worker.connect("a", 9.0), Hello)
    (held,) = told(worker.receive("a", Welcome("c", 2, "laptop", 1.0, 1000, 65536), 9.0), Held)
    assert [index for _, index, _ in held.clips] == [0, 1]
    out = worker.receive("a", Wanted("job-a", ((0, 1, held.clips[1][2]),), (held.clips[0],)), 9.1)
    assert [clip.index for _, clip in out.clips] == [1]
    assert [clip.index for clip in out.dropped] == [0]


def test_a_clip_that_could_not_leave_goes_with_the_next_heartbeat() -> None:
    worker = make_worker()
    ((name, clip),) = speak(worker, speak(worker, grant(worker, "One."))).clips
    worker.unsent(name, clip)
    assert worker.beat(2.0).clips == [(name, clip)]


def test_a_credit_that_shrinks_is_kept_to() -> None:
    worker = make_worker(credit=1000)
    out = speak(worker, speak(worker, grant(worker, "One.", "Two.", "Three.", "Four.")))
    worker.receive("a", Accepted("job-a", ((0, 0, KEY),), 150), 2.0)
    sent = 0
    while any(isinstance(command, Speak) for command in out.commands):
        out = speak(worker, out)
        sent += len(out.clips)
    assert sent == 1


def test_clips_of_a_coordinator_that_never_came_back_make_room_for_others() -> None:
    worker = make_worker(1, "a", "b", max_held=250)
    first = next(name for name in "ab" if worker.links[name].offers)
    other = "ab".replace(first, "")
    speak(worker, speak(worker, speak(worker, grant(worker, "One.", "Two.", link=first))))
    worker.forget(first, 2.0)
    out = speak(worker, grant(worker, "Three.", link=other, lease=2, now=3.0))
    assert [clip.index for clip in out.dropped] == [0]
    assert worker.unaccepted.size <= 250


def test_a_lease_is_held_until_its_last_clip_is_accepted() -> None:
    worker = make_worker()
    out = speak(worker, speak(worker, grant(worker, "One.")))
    assert out.clips
    (heartbeat,) = told(worker.beat(1.5), Heartbeat)
    assert heartbeat.leases == (1,)
    worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 2.0)
    (heartbeat,) = told(worker.beat(3.0), Heartbeat)
    assert heartbeat.leases == ()


def test_after_a_message_that_could_not_leave_it_greets_again_and_offers_what_it_holds() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")))
    worker.unsaid("a")
    assert len(told(worker.beat(2.0), Hello)) == 1
    out = worker.receive("a", Welcome("a", 1, "a", 1.0, 1000, 65536), 2.1)
    assert told(out, Held) == [Held("job-a", ((0, 0, KEY),))]


def test_what_is_wanted_by_an_answer_to_an_older_greeting_waits_for_the_newer_one() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")))
    worker.unsaid("a")
    wanted = Wanted("job-a", ((0, 0, KEY),), ())
    assert not worker.receive("a", wanted, 2.0).clips
    worker.receive("a", Welcome("a", 1, "a", 1.0, 1000, 65536), 2.1)
    assert worker.receive("a", wanted, 2.2).clips


def test_a_clip_spoken_twice_is_under_way_once() -> None:
    worker = make_worker(2)
    first = speak(worker, speak(worker, grant(worker, "One.")))
    again = speak(worker, speak(worker, grant(worker, "One.", lease=2, slot=1)))
    assert len(first.clips) == 1
    assert not again.clips
    worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 2.0)
    assert not worker.unaccepted.clips


def test_a_slow_link_gets_no_more_than_arrives_soon_and_a_quick_one_ever_more() -> None:
    link = CoordinatorLink("a", window=ClipWindow(credit=8 * 1024 * 1024, largest_piece=64 * 1024))
    for now in range(100):
        link.window.answered(4.0, 60_000, now * 2.0)
    assert link.window.room == 16 * 1024
    for now in range(400):
        link.window.answered(0.1, 60_000, 300.0 + now)
    assert link.window.room == link.window.credit


def test_how_long_clips_take_to_be_accepted_is_measured() -> None:
    worker = make_worker(credit=10_000_000)
    before = worker.links["a"].window.size
    speak(worker, speak(worker, grant(worker, "One.")), now=1.0)
    worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 9.0)
    assert worker.links["a"].window.size < before


def test_a_worker_whose_disk_is_full_pauses_until_clips_are_taken_and_goes_on() -> None:
    worker = make_worker()
    out = speak(worker, grant(worker, *[f"Sentence {n}." for n in range(9)]))
    worker.disconnect("a", 1.0)
    out = speak(worker, out)
    assert [command for command in out.commands if isinstance(command, Speak)]
    worker.note_full(True)
    assert not speak(worker, out).commands
    assert worker.unaccepted.size == 200
    worker.note_full(False)
    assert [command for command in worker.beat(2.0).commands if isinstance(command, Speak)]


def test_a_full_disk_does_not_stop_work_for_a_coordinator_in_reach() -> None:
    worker = make_worker()
    out = speak(worker, speak(worker, grant(worker, *[f"Sentence {n}." for n in range(9)])))
    worker.note_full(True)
    out = speak(worker, out)
    assert not out.commands  # two clips wait for it
    out = worker.receive(
        "a",
        Accepted(
            "job-a",
            tuple((item.clip.chapter, item.clip.index, item.clip.key) for item in worker.unaccepted.clips.values()),
        ),
        2.0,
    )
    assert [command for command in out.commands if isinstance(command, Speak)]
