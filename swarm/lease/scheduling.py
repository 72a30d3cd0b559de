"""Pure decisions over leases and speeds (docs/design/states.md).

They tell what a slot speaks next, how many segments are spoken together, and how many a slot is given when few are
left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from swarm.job.spec import Recipe
from swarm.lease.envelope import MAX_BATCH
from swarm.lease.message import EngineOffer

FIRST_LEASE_CHARACTERS = 1500  # a first lease is small, since the speed of its slot is unknown
UNKNOWN_CHARS_S = 100.0  # an unknown speed is taken for this
HELP_S = 60.0  # the earliest open chapter is helped before a new one is begun if it takes longer
MIN_LEFT = 0.25  # share of a segment's expected time that counts as left once it is late
MIN_DEADLINE_S = 20.0
UNKNOWN_DEADLINE_S = 600.0  # a slot of unknown speed may be loading its model
DEADLINE_FACTOR = 4.0
MAX_DOUBLINGS = 6
_KEEP = 0.85  # weight of the past with each clip: about the last seven decide


class LeaseLoad(NamedTuple):
    """The rest of one lease, in characters. `first` is what its slot is at, a segment or several that it speaks
    together, and `together` how many; `started`: they are this lease's.

    What a slot says of its progress does not count: only a clip ends `elapsed_s`. So a slot that loads, waits or hangs
    seems slower with every second, until another slot would be done sooner.
    """

    lease: int
    ahead: int  # characters that its slot has to speak before this lease
    characters: int
    first: int
    started: bool
    elapsed_s: float  # seconds since the last clip of its slot, or since its first lease began
    chars_s: float | None
    together: int = 1

    @property
    def pace(self) -> float:
        """Characters a second, lower than the estimate where what is under way takes longer than it should."""
        known = self.chars_s or UNKNOWN_CHARS_S
        return min(known, self.first / self.elapsed_s) if self.elapsed_s > 0 else known

    def seconds_left(self) -> float:
        """Return the seconds until the slot is through with this lease."""
        return (self.ahead + self.characters) / self.pace

    def seconds_left_of_first(self) -> float:
        """Return an estimate of the seconds until what is under way is spoken."""
        expected_s = self.first / self.pace
        return max(expected_s - self.elapsed_s, MIN_LEFT * expected_s)


class ReelCuts(NamedTuple):
    """Where a lease can be cut so that no reel is spoken by two workers: neither of them could encode it.

    `starts` are the positions among its segments that begin a reel; a cut elsewhere has to save `torn_s`.
    """

    starts: Sequence[int] = ()
    torn_s: float = 0.0


ANYWHERE = ReelCuts()


def tail_to_take(
    load: LeaseLoad,
    chars_s: float | None,
    sizes: Sequence[int],
    batch: int = 1,
    most: int = 1_000_000,
    cuts: ReelCuts = ANYWHERE,
) -> int:
    """Return how many of the last segments of a lease an idle slot of speed `chars_s` takes over.

    The lease is cut so that both ends finish together: between two reels if that is any sooner, else by whole batches
    if that gives one, and to `most` segments; 0 where no cut would finish the book sooner. `sizes` are the characters
    of its segments, in speaking order.
    """
    helper_chars_s = chars_s or load.chars_s or UNKNOWN_CHARS_S
    if segments := _whole_reels(load, helper_chars_s, sizes, cuts.starts):
        return min(most, segments)
    segments = min(most, _fair_tail(load, helper_chars_s, sizes, cuts.torn_s))
    return segments - segments % batch or segments


def _whole_reels(load: LeaseLoad, helper_chars_s: float, sizes: Sequence[int], starts: Sequence[int]) -> int:
    """Return how many segments a helper takes in whole reels so that all is spoken soonest; 0 where none is sooner."""
    best, best_s = 0, load.seconds_left()
    for start in starts:
        if start >= (load.together if load.started else 0):
            both_s = _both_s(load, helper_chars_s, sum(sizes[start:]))
            if both_s < best_s:
                best, best_s = len(sizes) - start, both_s
    return best


def _fair_tail(load: LeaseLoad, helper_chars_s: float, sizes: Sequence[int], least_s: float) -> int:
    """Return how many segments a helper takes so that both finish together; 0 where that saves no more than that."""
    fair_share = (load.ahead + load.characters) * helper_chars_s / (load.pace + helper_chars_s)
    taken = segments = 0
    for size in reversed(sizes[load.together :] if load.started else sizes):
        if segments and taken + size > fair_share:
            break
        taken += size
        segments += 1
    return segments if _both_s(load, helper_chars_s, taken) + least_s < load.seconds_left() else 0


def _both_s(load: LeaseLoad, helper_chars_s: float, taken: int) -> float:
    """Return the seconds until a lease is spoken of which a helper takes so many characters."""
    return max((load.ahead + load.characters - taken) / load.pace, taken / helper_chars_s)


def to_beat(loads: Sequence[LeaseLoad]) -> LeaseLoad:
    """Choose from all slots that speak one segment the one that says whether a further slot would be done sooner.

    It is the soonest of those that have delivered clips before; the others could hold a segment for ever by taking it
    again and again, so if there is no other, it is the one that has been at it for longest.
    """
    proven = [load for load in loads if load.chars_s]
    if proven:
        return min(proven, key=LeaseLoad.seconds_left_of_first)
    return max(loads, key=LeaseLoad.seconds_left_of_first)


def deadline_s(characters: int, chars_s: float | None, expiries: int, unknown_s: float = UNKNOWN_DEADLINE_S) -> float:
    """Return how many seconds segments may take before their lease expires; `unknown_s` while no speed is known."""
    base = unknown_s if chars_s is None else max(MIN_DEADLINE_S, DEADLINE_FACTOR * characters / chars_s)
    return float(base * 2 ** min(expiries, MAX_DOUBLINGS))


@dataclass
class Speed:
    """Characters and audio seconds a second of work, weighted towards the latest clips."""

    characters: float = 0.0
    audio_s: float = 0.0
    work_s: float = 0.0
    clips: int = 0

    def add_clip(self, characters: int, audio_s: float, work_s: float) -> None:
        """Add a clip to the estimate."""
        self.characters = self.characters * _KEEP + characters
        self.audio_s = self.audio_s * _KEEP + audio_s
        self.work_s = self.work_s * _KEEP + max(work_s, 1e-6)
        self.clips += 1

    @property
    def chars_s(self) -> float | None:
        """Characters a second; None while nothing is known."""
        return self.characters / self.work_s if self.characters else None  # an empty text tells no speed

    @property
    def realtime(self) -> float:
        """Seconds of audio a second of work; 0 while nothing is known."""
        return self.audio_s / self.work_s if self.work_s else 0.0


LINE_CHARACTERS = 120  # characters a segment is taken to have for the first lease of a slot
LONG_SHARE = 2  # a lease is at most one part in so many of what a slot's share of the rest would be
LAST_SHARE = 4  # a slot takes up to so many times its share of the last segments at once


def batch_size(offers: Iterable[EngineOffer], recipe: Recipe) -> int:
    """Return how many segments of a recipe a worker with these offers speaks together."""
    sizes = (min(max(offer.batch, 1), MAX_BATCH) for offer in offers if offer.name == recipe.engine)
    return max(sizes, default=1)


def lease_lines(left: int, slots: int, waiting: int, batch: int) -> int:
    """Return the most segments of a lease for a slot that speaks `batch` of them together.

    `left` segments are under way nowhere, `slots` slots work, and `waiting` of them have nothing to speak. Leases are
    whole batches, and fewer of them towards the end. The last batches are smaller, so that all slots end together: a
    slot that takes n segments out of so few is busy for less than n times as long as with one, so it takes more than
    its share, unless others wait. Where segments are spoken one by one, no lease has to be short: its tail can be taken
    at any segment.
    """
    if batch == 1:
        return max(1, left)
    together = min(batch, -(-LAST_SHARE * left // max(1, slots)), -(-left // max(1, waiting)))
    if together < batch:
        return max(1, together)
    return max(1, left // (LONG_SHARE * max(1, slots)) // batch) * batch
