"""Leases in the order of the time that they still take, for slots that could help. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import inf
from typing import Generic, NamedTuple, TypeVar

from swarm.job.state import Place
from swarm.lease.scheduling import UNKNOWN_CHARS_S, LeaseLoad

Key = TypeVar("Key", int, Place)


class Plight(NamedTuple):
    """How badly a lease needs help."""

    left_s: float
    needed_chars_s: float  # a slower slot is no help
    load: LeaseLoad

    @property
    def usual_chars_s(self) -> float:
        """The speed that is taken for a helper's if that is unknown."""
        return self.load.chars_s or UNKNOWN_CHARS_S


_Entry = tuple[float, Key, float, float]  # minus the seconds left, the key, and the speeds: needed and usual


def _is_helped(entry: _Entry[Key], chars_s: float | None) -> bool:
    _, _, needed_chars_s, usual_chars_s = entry
    return (chars_s or usual_chars_s) > needed_chars_s


@dataclass
class Ranking(Generic[Key]):
    """Who needs help most. Times go by, so each is looked at anew when it comes first; `look` gives None if it is gone.

    One whose time has grown since it was put in keeps its rank until the ranking is made anew.
    """

    look: Callable[[Key], Plight | None]
    _heap: list[_Entry[Key]] = field(default_factory=list)
    _least: float = inf  # characters a second that anyone needs of a helper
    _least_unknown: float = inf  # the speed needed of a helper of unknown speed, as a share of the assumed one

    def fill(self, plights: list[tuple[Key, Plight]]) -> None:
        """Rank these, and no others."""
        self._heap, self._least, self._least_unknown = [], inf, inf
        for key, plight in plights:
            self._heap.append(self._entry(key, plight))
        heapify(self._heap)

    def put(self, key: Key) -> None:
        """Add one more."""
        if plight := self.look(key):
            heappush(self._heap, self._entry(key, plight))

    def _entry(self, key: Key, plight: Plight) -> _Entry[Key]:
        usual, needed = plight.usual_chars_s, plight.needed_chars_s
        self._least = min(self._least, needed)
        self._least_unknown = min(self._least_unknown, needed / usual)
        return -plight.left_s, key, needed, usual

    def worst(self, chars_s: float | None) -> Iterator[tuple[Key, Plight]]:
        """Yield those whom a slot of this speed would help, the one that takes longest first."""
        if not (self._least < chars_s if chars_s else self._least_unknown < 1):
            return
        aside: list[_Entry[Key]] = []
        try:
            while self._heap:
                entry = heappop(self._heap)
                if not _is_helped(entry, chars_s):
                    aside.append(entry)
                    continue
                plight = self.look(entry[1])
                if plight is None:
                    continue
                fresh = self._entry(entry[1], plight)
                if self._heap and fresh > self._heap[0]:
                    heappush(self._heap, fresh)
                    continue
                aside.append(fresh)
                if _is_helped(fresh, chars_s):
                    yield entry[1], plight
        finally:
            for entry in aside:
                heappush(self._heap, entry)
