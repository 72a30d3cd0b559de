"""Chooses which lines of a lease an engine is given together, and finds the line at which a batch fails. Pure.

A batch that fails is spoken again by halves, until the line that fails is alone: only that counts against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import is_

from swarm.lease.message import Line

Batch = tuple[Line, ...]


def is_same(one: Sequence[Line], other: Sequence[Line]) -> bool:
    """Return whether two batches are the same lines, by identity: equal lines of two leases are not the same."""
    return len(one) == len(other) and all(map(is_, one, other))


def without(lines: Sequence[Line], batch: Batch) -> list[Line]:
    """Return the lines that are not in a batch, by identity."""
    if is_same(lines[: len(batch)], batch):  # they are nearly always the same, and a lease may have hundreds of lines
        return list(lines[len(batch) :])
    gone = {id(line) for line in batch}
    return [line for line in lines if id(line) not in gone]


@dataclass
class BatchSearch:
    """The lines among which a batch failed, and how many lines the engine speaks together."""

    most: int = 1  # lines of a batch
    lines: Batch = field(default=())  # lines of failed batches are spoken again, in smaller batches

    def failed(self, batch: Batch) -> None:
        """Look for the line that fails in this batch, which has several."""
        self.lines = batch

    def lacked_memory(self, batch: Batch) -> None:
        """Speak only half as many lines together from now on: the device has no room for more."""
        self.most = (len(batch) + 1) // 2

    def choose(self, lines: Sequence[Line], alone: Line | None = None, *, ended: Batch = ()) -> Batch:
        """Return which of these lines are spoken next, the first of them. `alone` is a line that has no neighbours.

        `ended` are lines under way, which will be spoken well by then.
        """
        if self.most == 1:
            return tuple(lines[:1])
        left = without(self.lines, ended) if self.lines else []
        searched = {id(line) for line in left}
        if lines and id(lines[0]) in searched:
            lines = list(takewhile(lambda line: id(line) in searched, lines[: (len(left) + 1) // 2]))
        together = list(takewhile(lambda line: line is not alone, lines[: self.most]))
        return tuple(together or lines[:1])

    def spoke(self, batch: Batch) -> None:
        """Take these lines from those that are searched: they were spoken."""
        self.lines = tuple(without(self.lines, batch))
