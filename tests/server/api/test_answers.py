"""What programs are told of books and machines."""

import msgspec
from msgspec import structs
from web_bench import BOOKS, JOB, REPLY

from swarm.job.store.store import Tally
from swarm.lease.envelope import Hindrance, NotLeasing, Reason, Resting
from swarm.lease.member_message import StandbyStatus
from swarm.lease.message import CheckStatus, SlotStatus
from swarm.server.api.answers import book_answers, machine_answers, standby_answers, status_answer
from swarm.server.api.metrics import exposition
from swarm.watch.view import standing_lines


def test_a_book_has_the_state_that_a_user_would_name() -> None:
    answers = book_answers(BOOKS, REPLY)
    assert [answer.state for answer in answers] == ["speaking", "paused", "finished", "failed"]
    assert [answer.title for answer in answers] == ["Emma", "b.epub", "c.epub", "d.epub"]
    assert [answer.note for answer in answers] == ["a note", "waits", "", "no book"]
    assert (answers[0].time_left_s, answers[0].percent > 0, answers[2].percent) == (90.0, True, 100)


def test_a_book_is_finished_when_its_files_are_in_the_queue() -> None:
    done = msgspec.structs.replace(REPLY, jobs=(msgspec.structs.replace(JOB, state="finished"),))
    [answer] = book_answers(BOOKS[:1], done)
    assert (answer.state, answer.files) == ("writing", ())


def test_a_machine_does_what_its_busiest_slot_does_unless_it_is_silent() -> None:
    attic, cellar = machine_answers(REPLY)
    assert (attic.state, attic.speaking, attic.realtime, attic.slots) == ("speaking", ("Emma",), 3.0, 2)
    assert (cellar.state, cellar.speaking) == ("silent", ())


def test_a_tag_is_told_and_machines_are_counted_by_it() -> None:
    first, second = REPLY.workers
    reply = structs.replace(REPLY, workers=(structs.replace(first, tag="spot"), second))
    assert [machine.tag for machine in machine_answers(reply)] == ["spot", ""]
    text = exposition(lambda: (BOOKS, reply), Tally()).decode()
    assert 'e2a_swarm_machines_by_tag{tag="spot"} 1.0' in text
    assert 'e2a_swarm_machines_by_tag{tag=""} 1.0' in text


def test_a_standby_follows_copies_or_is_away() -> None:
    standbys = (
        StandbyStatus("tower", 1.5, 0.5, 0, "Emma"),
        StandbyStatus("attic", None, 0.5, 40, "Emma"),
        StandbyStatus("nas", 900.0, 800.0, 3, "Emma"),
    )
    answers = standby_answers(structs.replace(REPLY, standbys=standbys))
    assert [(each.name, each.state, each.lag_s, each.behind) for each in answers] == [
        ("tower", "following", 1.5, 0),
        ("attic", "copying", None, 40),
        ("nas", "away", 900.0, 3),
    ]


def test_the_flat_status_counts() -> None:
    status = status_answer(BOOKS, REPLY)
    assert (status.books_waiting, status.books_finished, status.books_failed) == (0, 1, 1)
    assert (status.title, status.machines, status.machines_speaking, status.realtime) == ("Emma", 2, 1, 3.0)


def test_metrics_tell_of_slow_links() -> None:
    slow = Reason("slow link", worker="attic", count=300_000)
    workers = tuple(structs.replace(worker, reasons=(slow,)) for worker in REPLY.workers[:1])
    text = exposition(lambda: (BOOKS, structs.replace(REPLY, workers=workers)), Tally()).decode()
    assert 'e2a_swarm_slow_link_bits_per_second{machine="attic"} 300000.0' in text


def test_what_holds_a_machine_back_is_one_word_for_programs_and_metrics() -> None:
    rests = [SlotStatus(n, "resting", rest=Resting(n, Hindrance(NotLeasing.BATTERY))) for n in (0, 1)]
    attic = structs.replace(REPLY.workers[0], slots=(*rests, SlotStatus(2, "idle")))
    reply = structs.replace(REPLY, workers=(attic, REPLY.workers[1]))
    assert [machine.held_back for machine in machine_answers(reply)] == ["battery", ""]
    text = exposition(lambda: (BOOKS, reply), Tally()).decode()
    assert 'e2a_swarm_slots_held_back{machine="attic",reason="battery"} 2.0' in text


def test_metrics_tell_sentences_machines_and_devices() -> None:
    text = exposition(lambda: (BOOKS, REPLY), Tally()).decode()
    for line in (
        'e2a_swarm_books{state="speaking"} 1.0',
        'e2a_swarm_books{state="paused"} 1.0',
        'e2a_swarm_books{state="waiting"} 0.0',
        'e2a_swarm_sentences{state="left"} 4.0',
        'e2a_swarm_machines{state="silent"} 1.0',
        'e2a_swarm_realtime_ratio{machine="attic"} 3.0',
        'e2a_swarm_failures_total{machine="attic"} 2.0',
        'e2a_swarm_device_busy_ratio{device="cuda:0",machine="attic"} 0.5',
        'e2a_swarm_device_temperature_celsius{device="cuda:0",machine="attic"} 71.0',
        "e2a_swarm_time_left_seconds 90.0",
    ):
        assert line in text


def test_metrics_and_status_tell_what_cross_checks_found_and_cost() -> None:
    assert "cross" not in exposition(lambda: (BOOKS, REPLY), Tally()).decode()
    reply = structs.replace(REPLY, checks=CheckStatus(0.01, 31, 3, 2, 120.0))
    text = exposition(lambda: (BOOKS, reply), Tally()).decode()
    assert "e2a_swarm_cross_checks_total 31.0" in text
    assert "e2a_swarm_cross_checks_outvoted_total 3.0" in text
    assert "e2a_swarm_cross_check_work_seconds_total 120.0" in text
    told = "  cross-check of 1 %: 31 sentences compared, 3 otherwise than two others, 2 to be compared, 2 min of work"
    assert told in standing_lines(reply)
