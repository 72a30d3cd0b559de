"""Epochs: the numbers of a job's runs. They order the runs of one journal, and the coordinators that took a job over.

A number has three parts: how often the job was taken over, a part drawn by lot, and the runs since. Two standbys that
take over at once draw different lots, so all machines agree which of the two is higher.
"""

from collections.abc import Callable

RUNS = 1 << 20
LOTS = 1 << 20
TERMS = 1 << 13  # numbers stay below 2**53, which is the bound of counts in messages
MAX_EPOCH = RUNS * LOTS * TERMS - 1


def lineage_of(epoch: int) -> int:
    """Return the lineage that an epoch belongs to: 0 until the job is taken over, then higher with each time.

    Runs of one lineage are of one journal. Of two lineages, workers follow the higher one.
    """
    return epoch // RUNS


def taken_over(epoch: int, draw: Callable[[int], int]) -> int:
    """Return the first epoch of a coordinator that takes a job over; `draw(n)` draws a number below `n`."""
    term = min(epoch // (RUNS * LOTS) + 1, TERMS - 1)
    return max((term * LOTS + draw(LOTS)) * RUNS, epoch + 1)
