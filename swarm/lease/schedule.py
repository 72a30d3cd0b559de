"""Who speaks what next: pure decisions over leases and speeds (docs/design.md, Scheduling)."""

from collections.abc import Iterable
from dataclasses import dataclass

FIRST_LEASE_CHARACTERS = 1500  # while a slot's speed is unknown
UNKNOWN_CHARS_S = 100.0  # stands for a speed that nothing is known of
LEAST_DEADLINE_S = 20.0
UNKNOWN_DEADLINE_S = 600.0
DEADLINE_FACTOR = 4.0
MOST_DOUBLINGS = 6


@dataclass(frozen=True)
class Load:
    """What one lease still has before it. Sizes in characters, one a segment, in speaking order."""

    lease: int
    ahead: int  # characters that its slot has to speak before this lease
    pending: tuple[int, ...]
    started: bool  # the first of `pending` is being spoken and cannot be given away
    chars_s: float | None

    def seconds_left(self) -> float:
        """Until the slot is through with this lease."""
        return (self.ahead + sum(self.pending)) / (self.chars_s or UNKNOWN_CHARS_S)


@dataclass(frozen=True)
class Cut:
    """Give away the last `segments` of a lease."""

    lease: int
    segments: int


def choose_cut(loads: Iterable[Load], chars_s: float | None) -> Cut | None:
    """What an idle slot of speed `chars_s` takes over: the tail of the lease with the most time left.

    It is cut so that both ends finish together; None where no cut would finish the book sooner.
    """
    for load in sorted(loads, key=Load.seconds_left, reverse=True):
        cut = _cut(load, chars_s or load.chars_s or UNKNOWN_CHARS_S)
        if cut:
            return cut
    return None


def _cut(load: Load, helper_chars_s: float) -> Cut | None:
    own = load.chars_s or UNKNOWN_CHARS_S
    fair_share = (load.ahead + sum(load.pending)) * helper_chars_s / (own + helper_chars_s)
    movable = load.pending[1:] if load.started else load.pending
    taken = segments = 0
    for size in reversed(movable):
        if segments and taken + size > fair_share:
            break
        taken += size
        segments += 1
    if not segments or taken / helper_chars_s >= load.seconds_left():
        return None
    return Cut(load.lease, segments)


def deadline_s(characters: int, chars_s: float | None, expiries: int) -> float:
    """Seconds that a segment may take before its lease is lost."""
    base = UNKNOWN_DEADLINE_S if chars_s is None else max(LEAST_DEADLINE_S, DEADLINE_FACTOR * characters / chars_s)
    return float(base * 2 ** min(expiries, MOST_DOUBLINGS))
