"""When a rented machine leaves by itself."""

from swarm.worker.lifetime import LAST_S, Lifetime


def test_a_worker_stays_for_ever_unless_told() -> None:
    stint = Lifetime(None, None, 0.0)
    assert stint.is_endless
    assert not stint.over(working=False, now=1e9)


def test_a_worker_finishes_its_sentences_before_its_time_is_over() -> None:
    long, short = Lifetime(3600.0, None, 100.0), Lifetime(60.0, None, 100.0)
    assert not long.over(working=True, now=100 + 3599 - LAST_S)
    assert long.over(working=True, now=100 + 3600 - LAST_S) == "its 1 h (--for) are nearly over"
    assert not short.over(working=True, now=153.0)
    assert short.over(working=True, now=154.0)


def test_a_worker_leaves_after_so_long_without_work_and_each_work_begins_the_wait_anew() -> None:
    stint = Lifetime(None, 300.0, 0.0)
    assert not stint.over(working=False, now=299.0)
    assert not stint.over(working=True, now=299.0)
    assert not stint.over(working=False, now=598.0)
    assert stint.over(working=False, now=599.0) == "there was no work for 5 min (--exit-when-idle)"
