"""How late the answers of a link may be."""

from making import RECIPE, grant, make_worker, speak, told

from swarm.lease.message import Grant, Job, Line, Release, Welcome
from swarm.lease.worker.unaccepted import LAG_KEPT_S, MAX_LAG_S, ClipWindow


def test_the_next_lease_is_asked_for_as_much_earlier_as_an_answer_was_late() -> None:
    window = ClipWindow()
    window.note_age(0.3, 10.0)
    window.note_age(6.5, 20.0)
    window.note_age(0.2, 30.0)
    assert window.lag_s(20.0 + LAG_KEPT_S - 1) == 6.5
    assert window.lag_s(20.0 + LAG_KEPT_S) == 0.0
    window.note_age(900.0, 400.0)
    assert window.lag_s(400.0) == MAX_LAG_S
    asked = {}
    for late in (False, True):
        worker = make_worker(1, credit=10**6)
        if late:
            worker.links["a"].window.note_age(6.0, 0.0)
        out = grant(worker, *("a sentence of thirty characters" for _ in range(20)))
        asked[late] = 0
        while not worker.links["a"].offers:
            asked[late] += 1
            out = speak(worker, out, now=float(asked[late]))
    assert asked[True] < asked[False]


def test_a_lease_is_taken_that_was_asked_for_early_because_another_link_is_late() -> None:
    worker = make_worker(1, credit=10**6)
    worker.links["a"].window.note_age(15.0, 0.0)
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
