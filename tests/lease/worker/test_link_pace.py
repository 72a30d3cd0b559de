"""When a link is the bottleneck, and what it carries then."""

from making import RECIPE, grant, make_worker, speak, told
from test_sharing import a_link

from swarm.lease.message import Grant, Heartbeat, Job, Line, Release, SlowLink, Welcome
from swarm.lease.worker.coordinator_link import SILENT_S
from swarm.lease.worker.link_window import BEHIND_S, CALM_S, LAG_KEPT_S, MAX_LAG_S, SPAN_S, LinkPace


def test_a_link_is_behind_once_clips_stay_for_long_and_for_a_while_after_that() -> None:
    pace = LinkPace()
    pace.note_backlog(1.0, waits=True)
    pace.carry(1000)
    pace.note_backlog(1.0 + BEHIND_S - 0.1, waits=True)
    assert not pace.is_behind(1.0 + BEHIND_S - 0.1)
    pace.note_backlog(1.0 + BEHIND_S, waits=True)
    pace.note_backlog(7.0, waits=False)
    assert pace.is_behind(7.0)
    assert pace.is_behind(BEHIND_S + CALM_S)
    assert not pace.is_behind(1.0 + BEHIND_S + CALM_S)


def test_a_link_that_carries_nothing_is_cut_and_not_slow() -> None:
    pace = LinkPace()
    for second in range(60):
        pace.note_backlog(float(second), waits=True)
        pace.note_backlog(float(second), waits=True)
    assert not pace.is_behind(60.0)


def test_a_second_without_a_waiting_clip_begins_the_wait_anew() -> None:
    pace = LinkPace()
    for second in range(60):
        pace.carry(1000)
        pace.note_backlog(float(second), waits=second % 4 != 0)
    assert not pace.is_behind(60.0)


def test_a_moment_between_two_clips_is_no_pause() -> None:
    pace = LinkPace()
    for second in range(20):
        pace.carry(1000)
        pace.note_backlog(float(second), waits=True)
        pace.note_backlog(second + 0.46, waits=False)
        pace.note_backlog(second + 0.5, waits=True)
    assert pace.is_behind(20.0)


def test_short_pauses_that_come_often_begin_the_wait_anew() -> None:
    pace = LinkPace()
    for second in range(60):
        pace.carry(1000)
        pace.note_backlog(float(second), waits=True)
        pace.note_backlog(second + 0.6, waits=False)
    assert not pace.is_behind(60.0)


def test_its_rate_is_what_it_carried_while_clips_waited() -> None:
    pace = LinkPace()
    pace.carry(10_000_000)  # before: that tells nothing of what it could carry
    for second in range(60):
        pace.note_backlog(float(second), waits=True)
        pace.carry(5000 if second < 30 else 2000)
        if second == 25:
            assert pace.bits_s == 8 * 5000
    assert pace.bits_s == 8 * 2000
    assert SPAN_S < 30


def test_a_worker_tells_of_the_link_that_it_waits_for_and_of_no_other() -> None:
    for heard, window, behind in ((True, 200, True), (True, 1000, False), (False, 200, False)):
        worker = make_worker(1, credit=1000)
        worker.links["a"].window.size = window
        out = grant(worker, *(f"sentence {number}" for number in range(9)))
        for second in range(1, 9):
            worker.links["a"].window.pace.carry(50)
            worker.links["a"].answers.heard_s = float(second) if heard else 1.0 - SILENT_S
            out = speak(worker, out, size=150, now=float(second)) if second < 4 else worker.beat(float(second))
        (beat,) = told(out, Heartbeat)
        assert (beat.slow_link is not None) is behind, (heard, window)


def test_the_next_lease_is_asked_for_as_much_earlier_as_an_answer_was_late() -> None:
    pace = LinkPace()
    pace.note_age(0.3, 10.0)
    pace.note_age(6.5, 20.0)
    pace.note_age(0.2, 30.0)
    assert pace.lag_s(20.0 + LAG_KEPT_S - 1) == 6.5
    assert pace.lag_s(20.0 + LAG_KEPT_S) == 0.0
    pace.note_age(900.0, 400.0)
    assert pace.lag_s(400.0) == MAX_LAG_S
    asked = {}
    for late in (False, True):
        worker = make_worker(1, credit=10**6)
        if late:
            worker.links["a"].window.pace.note_age(6.0, 0.0)
        out = grant(worker, *("a sentence of thirty characters" for _ in range(20)))
        asked[late] = 0
        while not worker.links["a"].offers:
            asked[late] += 1
            out = speak(worker, out, now=float(asked[late]))
    assert asked[True] < asked[False]


def test_only_a_coordinator_that_asks_for_opus_gets_it() -> None:
    link = a_link("a")
    link.window.pace.behind_until_s = 10.0
    assert (link.packing(9.0), link.packing(11.0)) == ("flac", "")
    link.enter(Welcome("a", 1, "a", 1.0, 1000, 65536, opus=True))
    assert link.packing(9.0) == "opus"
    assert link.slow_link(9.0) == SlowLink(0, "opus")
    assert link.slow_link(11.0) is None


def test_a_lease_is_taken_that_was_asked_for_early_because_another_link_is_late() -> None:
    worker = make_worker(1, credit=10**6)
    worker.links["a"].window.pace.note_age(15.0, 0.0)
    worker.connect("b", 0.0)
    worker.receive("b", Welcome("d", 1, "desk", 1.0, 1000, 65536), 0.0)
    worker.receive("b", Job("job-b", "Book", RECIPE), 0.0)
    out = grant(worker, *("a sentence of thirty characters" for _ in range(20)))
    while not worker.links["b"].offers:
        out = speak(worker, out)
    slot = worker.slots[0]
    assert slot.leases[0].lines and not slot.wants_more(0.0), "it is asked for only because of the lag"
    out = worker.receive("b", Grant(7, "job-b", 0, 0, (Line(0, "One.", 0),)), 0.0)
    assert not told(out, Release)
    assert [lease.link for lease in slot.leases] == ["a", "b"]
