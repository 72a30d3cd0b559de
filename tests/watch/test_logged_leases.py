"""The reasons why sentences are granted again, without a log around them."""

import pytest

from swarm.watch.trace.coordinator_story import NOT_JOURNALED, REDONE, RESTARTED, LoggedLeases

ONE, TWO = ("job", 0, 0), ("job", 0, 1)
BOTH = frozenset([ONE, TWO])


@pytest.fixture
def leases() -> LoggedLeases:
    found = LoggedLeases()
    assert found.grant(1, "P", BOTH) == {"": BOTH}
    return found


def test_each_reason_has_its_sentences(leases: LoggedLeases) -> None:
    leases.fail("P", frozenset([ONE]), "P could not speak it")
    assert leases.end_of("P", "P left") == {TWO}
    assert leases.grant(2, "Q", BOTH) == {"P could not speak it": {ONE}, "P left": {TWO}}
    assert leases.waiting("job") == frozenset()


def test_a_failure_at_what_a_worker_does_not_hold_changes_nothing(leases: LoggedLeases) -> None:
    leases.fail("Q", BOTH, "Q could not speak it")
    assert leases.waiting("job") == frozenset()


def test_a_restart_frees_what_was_not_settled(leases: LoggedLeases) -> None:
    leases.settle(frozenset([ONE]))
    leases.restart()
    assert leases.waiting("job") == {TWO}
    assert leases.grant(1, "P", BOTH) == {NOT_JOURNALED: {ONE}, RESTARTED: {TWO}}


def test_what_the_user_has_spoken_again_had_a_clip(leases: LoggedLeases) -> None:
    leases.settle(frozenset([ONE]))
    leases.redo(BOTH)
    leases.restart()
    assert leases.grant(1, "P", BOTH) == {REDONE: {ONE}, RESTARTED: {TWO}}


def test_a_sentence_that_another_worker_still_has_is_spoken_twice(leases: LoggedLeases) -> None:
    leases.hear("P", [1])
    assert leases.grant(2, "Q", frozenset([ONE])) == {"P is slow with it; the first clip counts": {ONE}}
