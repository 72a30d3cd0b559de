"""Epochs order runs of a journal, and the coordinators that took a job over."""

from hypothesis import given
from hypothesis import strategies as st

from swarm.job.run import LOTS, MAX_EPOCH, RUNS, lineage_of, taken_over

EPOCHS = st.integers(0, MAX_EPOCH - RUNS * LOTS)
LOT = st.integers(0, LOTS - 1)


@given(EPOCHS, LOT, st.integers(0, RUNS - 2))
def test_who_takes_over_is_above_every_later_run_of_the_one_before(epoch: int, lot: int, runs: int) -> None:
    fresh = taken_over(epoch, lambda below: lot)
    later = epoch - epoch % RUNS + runs
    assert fresh > later
    assert lineage_of(fresh) > lineage_of(later)
    assert fresh <= MAX_EPOCH


@given(EPOCHS, LOT, LOT)
def test_two_that_take_over_at_once_are_ordered_by_lot(epoch: int, one: int, other: int) -> None:
    lineages = [lineage_of(taken_over(epoch, lambda below, lot=lot: lot)) for lot in (one, other)]
    assert (lineages[0] < lineages[1]) == (one < other)


def test_runs_of_a_journal_that_was_never_taken_over_are_of_one_lineage() -> None:
    assert {lineage_of(epoch) for epoch in (0, 1, 2, RUNS - 1)} == {0}


def test_the_highest_epoch_still_grows_and_fits_a_message() -> None:
    assert taken_over(MAX_EPOCH - 1, lambda below: 0) == MAX_EPOCH
