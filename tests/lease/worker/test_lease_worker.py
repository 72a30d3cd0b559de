"""Dialogues with the worker's core: what it orders of its engines and tells its coordinators."""

from making import INFO, KEY, RECIPE, grant, make_hello, make_worker, ordered, speak, texts, told
from msgspec import structs

from swarm.job.clip_info import SpokenClip
from swarm.job.spec import Recipe, clip_key, seed_of
from swarm.lease.message import (
    Accepted,
    Bye,
    Clip,
    Done,
    EngineOffer,
    Failed,
    Figures,
    Heartbeat,
    Held,
    Hello,
    Job,
    Refused,
    Release,
    Revoke,
    Skip,
    Trim,
    Welcome,
    WhoAreYou,
)
from swarm.lease.outcome import CancelPrefetch, Kill, Load, Speak
from swarm.lease.states import LinkState
from swarm.lease.worker.coordinator_link import EMPTY_S
from swarm.lease.worker.worker_core import WorkerCore


def test_it_greets_offers_its_slots_loads_the_engine_speaks_and_sends() -> None:
    worker = WorkerCore(make_hello(slots=2))
    assert told(worker.connect("a", 0.0), Hello)
    (beat,) = told(worker.receive("a", Welcome("c", 1, "laptop", 1.0, 1000, 65536), 0.0), Heartbeat)
    assert beat.offers == (0, 1)
    worker.receive("a", Job("job-a", "Book", RECIPE), 0.0)
    out = grant(worker, "One.", "Two.")
    assert out.commands == [Load(0, 1, RECIPE)]
    assert told(out, Heartbeat)[-1].offers == (1,)
    out = speak(worker, out)
    assert isinstance(out.commands[0], Speak)
    assert out.commands[0].batch[0][0] == "One."
    out = speak(worker, out)
    ((name, clip),) = out.clips
    assert (name, clip.key, clip.index, clip.lease) == ("a", KEY, 0, 1)
    assert out.commands[0].batch[0][0] == "Two."


def test_the_same_text_recipe_and_take_have_the_same_seed() -> None:
    seeds = []
    for _ in range(2):
        worker = make_worker()
        seeds.append(speak(worker, grant(worker, "One.")).commands[0].batch[0][1])
    assert seeds[0] == seeds[1]


def test_a_clip_goes_up_under_the_take_that_was_kept() -> None:
    worker = make_worker()
    (command,) = speak(worker, grant(worker, "One.")).commands
    assert command.batch[0][1:] == tuple(seed_of(clip_key("One.", RECIPE, take)) for take in range(3))
    info = structs.replace(INFO, takes=3, doubt="9.0 s, where 1.0 s are usual")
    ((_, clip),) = worker.spoken(command.slot, command.turn, [SpokenClip(bytes(100), info, 2)], 1.0).clips
    assert (clip.take, clip.key, clip.takes) == (2, clip_key("One.", RECIPE, 2), 3)
    assert "are usual" in clip.doubt


def test_a_restarted_coordinator_that_asks_is_greeted_and_offered_what_was_under_way() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")))
    assert told(worker.receive("a", WhoAreYou(), 2.0), Hello)
    assert told(worker.receive("a", Welcome("c", 2, "laptop", 1.0, 1000, 65536), 2.1), Held)


def test_a_lost_greeting_is_repeated() -> None:
    worker = WorkerCore(make_hello())
    worker.connect("a", 0.0)
    assert told(worker.beat(1.0), Hello)


def test_a_refused_worker_does_not_insist() -> None:
    worker = WorkerCore(make_hello())
    worker.connect("a", 0.0)
    worker.receive("a", Refused(), 0.1)
    assert not worker.beat(1.0).messages


def test_a_trim_takes_what_is_not_yet_begun() -> None:
    worker = make_worker()
    out = speak(worker, grant(worker, "One.", "Two.", "Three."))
    worker.receive("a", Trim(1, 0), 1.0)
    out = speak(worker, out)
    assert out.clips
    assert not [command for command in out.commands if isinstance(command, Speak)]


def test_a_revoked_lease_ends_after_the_segment_under_way() -> None:
    worker = make_worker()
    out = speak(worker, grant(worker, "One.", "Two."))
    assert worker.receive("a", Revoke(1), 1.0).commands == [CancelPrefetch(0)]
    out = speak(worker, out)
    assert len(out.clips) == 1
    assert not out.commands


def test_a_place_of_two_leases_is_spoken_once() -> None:
    worker = make_worker()
    out = speak(worker, speak(worker, grant(worker, "Nought.", "One.")))  # the worker knows its speed now
    grant(worker, "Nought.", "One.", "Two.", lease=2)  # the coordinator had lost sight of this worker
    assert [lease.id for lease in worker.slots[0].leases] == [1, 2]
    out = speak(worker, out)
    assert [clip.index for _, clip in out.clips] == [1]
    assert [line.index for line in worker.slots[0].leases[0].lines] == [0, 2]  # the first clip was here before
    assert texts(out) == ["Nought."]


def test_an_expired_lease_kills_the_engine_and_a_fresh_one_serves_the_next() -> None:
    worker = make_worker()
    out = speak(worker, grant(worker, "Hangs for ever."))
    late = out.commands[-1]
    out = worker.receive("a", Revoke(1, expired=True), 99.0)
    assert out.commands == [Kill(0)]
    assert not worker.spoken(late.slot, late.turn, [SpokenClip(bytes(9), INFO)], 99.5).kept
    assert isinstance(grant(worker, "Next.", lease=2, now=100.0).commands[0], Load)


def test_a_failure_is_told_once_the_next_segment_is_spoken() -> None:
    worker = make_worker()
    command = ordered(speak(worker, grant(worker, "Bad.", "Good.")))
    out = worker.failed(command.slot, command.turn, "silent", "nothing heard", 1.0)
    assert out.commands[0].batch[0][0] == "Good."
    assert not told(out, Failed)
    (failed,) = told(speak(worker, out), Failed)
    assert (failed.index, failed.kind, failed.note) == (0, "silent", "nothing heard")


def test_an_engine_that_does_not_open_gives_its_leases_back() -> None:
    worker = make_worker()
    load = grant(worker, "One.").commands[0]
    (release,) = told(worker.unable(load.slot, load.turn, "not installed", 1.0), Release)
    assert release == Release(1, "not installed", unable=True)


def test_the_next_lease_is_asked_for_before_the_present_one_ends() -> None:
    worker = make_worker()
    out = speak(worker, grant(worker, *["A sentence of some length here."] * 10))
    offers = []
    while any(isinstance(command, Speak) for command in out.commands):
        out = speak(worker, out)
        offers += [beat.offers for beat in told(out, Heartbeat)]
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
    out = grant(worker, "Deux.", lease=2, now=2.0)
    assert out.commands == [Load(0, worker.slots[0].turn, other)]


def test_slots_are_shared_between_coordinators_by_work_done() -> None:
    worker = make_worker(1, "a", "b")
    out = speak(worker, speak(worker, grant(worker, "One.", link=next(n for n in "ab" if worker.links[n].offers))))
    beats = {name: message for name, message in out.messages if isinstance(message, Heartbeat)}
    assert beats["b"].offers == (0,)
    assert not beats["a"].offers


def test_a_voice_speaks_ten_times_as_long_as_it_loaded_before_another_takes_its_place() -> None:
    worker = make_worker(1, "a", "b")
    worker.receive("b", Job("job-b", "Livre", Recipe("espeak", "fr", "fr")), 0.0)
    (load,) = grant(worker, "One.", link="a", now=10.0).commands
    out = worker.opened(0, load.turn, 13.0)
    for lease, work_s, next_one in ((2, 20.0, "a"), (3, 9.0, "a"), (4, 1.0, "b")):
        (speaking,) = out.commands
        now = 13.0 + 100 * lease
        for name in "ab":
            worker.receive(name, Trim(99, 0), now)  # both are there
        worker.spoken(0, speaking.turn, [SpokenClip(bytes(100), structs.replace(INFO, work_s=work_s))], now)
        assert {name for name, link in worker.links.items() if link.offers} == {next_one}
        out = grant(worker, "One.", link="a", lease=lease, now=now)


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
    out = speak(worker, grant(worker, "One.", "Two."))
    worker.drain(1.0)
    assert not worker.drained
    out = speak(worker, out)
    assert not out.commands
    (clip,) = [clip for _, clip in out.clips]
    assert isinstance(clip, Clip)
    worker.receive("a", Accepted("job-a", ((0, 0, clip.key),)), 2.0)
    assert worker.drained
    assert told(worker.leave(), Bye)


def test_a_coordinator_that_ended_is_left_in_peace_until_it_is_lost() -> None:
    worker = make_worker()
    worker.receive("a", Done(final=True), 1.0)
    assert worker.links["a"].state is LinkState.ENDED
    assert not worker.beat(2.0).messages
    worker.disconnect("a", 3.0)
    assert told(worker.connect("a", 4.0), Hello)


def test_who_has_left_greets_nobody_and_says_so_to_whom_it_greeted_before() -> None:
    worker = make_worker()
    worker.disconnect("a", 1.0)
    assert told(worker.connect("a", 2.0), Hello)
    worker.leave()
    assert not told(worker.connect("b", 2.5), Hello)
    welcomed = worker.receive("a", Welcome("a", 1, "a", 1.0, 1000, 65536), 3.0)
    assert told(welcomed, Bye) and not told(welcomed, Heartbeat)


def test_a_lease_revoked_again_is_not_answered_again() -> None:
    worker = make_worker()
    speak(worker, grant(worker, "One.", "Two."))
    assert told(worker.receive("a", Revoke(1), 1.0), Heartbeat)
    again = worker.receive("a", Revoke(1), 1.1)
    assert not told(again, Heartbeat)  # or each would be answered with the other for as long as a segment takes


def test_a_hung_engine_whose_lease_was_revoked_is_started_afresh_by_the_worker_itself() -> None:
    worker = make_worker()
    out = speak(worker, grant(worker, "One.", "Two."))
    for _ in range(2):
        out = speak(worker, out) if out.commands else out
    grant(worker, "Three.", lease=2, now=1.0)
    worker.receive("a", Revoke(2), 1.0)
    tells = [worker.beat(float(now)) for now in range(2, 60)]
    (killed,) = [now for now, out in enumerate(tells, 2) if Kill(0) in out.commands]
    assert 20 <= killed <= 23


def test_a_worker_that_slept_does_not_think_that_its_engine_hangs() -> None:
    worker = make_worker()
    speak(worker, grant(worker, "One.", "Two."))
    for now in range(1, 5):
        worker.beat(float(now))
    worker.disconnect("a", 5.0)
    assert Kill(0) not in worker.beat(5000.0).commands


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


def test_a_coordinator_that_answers_no_more_does_not_keep_the_slot_from_others() -> None:
    worker = make_worker(1, "a", "b")
    worker.links["b"].fairness.served_s = 100.0
    assert [name for name, m in worker.beat(1.0).messages if isinstance(m, Heartbeat) and m.offers] == ["a"]
    offered: list[str] = []
    for now in range(2, 6):
        worker.receive("b", Done(), float(now))
        offered = [name for name, m in worker.beat(now + 0.5).messages if isinstance(m, Heartbeat) and m.offers]
    assert offered == ["a", "b"]


def test_heartbeats_tell_what_the_devices_are_at() -> None:
    worker = make_worker()
    worker.figures = (Figures("cuda:0", 87),)
    assert [beat.figures for beat in told(worker.beat(1.0), Heartbeat)] == [worker.figures]


def test_what_it_can_speak_with_now_is_said_to_all_and_nothing_is_lost_by_it() -> None:
    worker = make_worker(1, "a", "b")
    out = speak(worker, grant(worker, "One.", "Two."))
    offers = (EngineOffer("metronome", ("*",)), EngineOffer("espeak", ("*",)))
    again = worker.announce(offers, 2.0)
    assert [(name, hello.engines) for name, hello in again.messages] == [("a", offers), ("b", offers)]
    worker.receive("a", Welcome("a", 1, "a", 1.0, 1000, 65536), 2.1)
    worker.receive("a", Trim(1, 2), 2.1)
    out = speak(worker, out)
    assert out.commands[0].batch[0][0] == "Two."
    assert out.clips


def test_the_segment_under_way_for_a_coordinator_that_is_forgotten_is_finished_and_kept() -> None:
    worker = make_worker()
    out = speak(worker, grant(worker, "One.", "Two."))
    assert worker.forget("a", 2.0).commands == [CancelPrefetch(0)]
    out = speak(worker, out, now=3.0)
    assert [clip.index for clip, _ in out.kept] == [0]
    assert not out.commands
    assert worker.drained


def test_heartbeats_come_as_often_as_a_coordinator_wishes_within_bounds() -> None:
    worker = make_worker()
    assert worker.beat_s == 1.0
    for wished_s, beat_s in ((0.5, 0.5), (0.0, 0.2), (60.0, 2.0)):
        worker.receive("a", Welcome("a", 1, "a", wished_s, 1000, 65536), 0.0)
        assert worker.beat_s == beat_s
    worker.disconnect("a", 1.0)
    assert worker.beat_s == 1.0


def test_a_coordinator_that_wishes_many_heartbeats_does_not_cause_them_for_another() -> None:
    worker = make_worker(1, "a", "b")
    worker.receive("a", Welcome("a", 1, "a", 0.2, 1000, 65536), 0.0)
    worker.links["b"].fairness.served_s = 100.0  # the slot is offered to the other one all the time
    worker.beat(0.0)
    beats = [name for n in range(1, 11) for name, m in worker.beat(n / 5).messages if isinstance(m, Heartbeat)]
    assert (beats.count("a"), beats.count("b")) == (10, 2)
    assert [name for name, _ in worker.beat(2.1, news=True).messages] == ["a", "b"], "news are told at once"


def test_lines_that_were_spoken_elsewhere_are_left_out_and_the_others_spoken() -> None:
    worker = make_worker()
    speak(worker, grant(worker, "One.", "Two.", "Three.", "Four."))
    worker.receive("a", Skip(1, (0, 2)), 1.0)
    assert [line.index for line in worker.slots[0].leases[0].lines] == [0, 1, 3]  # the first is being spoken
    assert worker.receive("a", Skip(1, (0, 2)), 1.0).messages == []
    worker.receive("a", Skip(99, (1,)), 1.0)
    worker.receive("a", Skip(1, (1, 3)), 1.0)
    assert [line.index for line in worker.slots[0].leases[0].lines] == [0]
