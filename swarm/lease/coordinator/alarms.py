"""The earliest of many deadlines, without a look at all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush, heapreplace
from math import inf
from typing import Generic, TypeVar

Key = TypeVar("Key", int, str)


@dataclass
class Alarms(Generic[Key]):
    """Deadlines that mostly move later, again and again. So each is looked at anew only when it would come first.

    `due` tells the deadline of a key; infinity where there is none, or none any more.
    """

    due: Callable[[Key], float]
    _heap: list[tuple[float, Key]] = field(default_factory=list)
    _noted: dict[Key, float] = field(default_factory=dict)  # no later than the deadline really is

    def note(self, key: Key) -> None:
        """Look at a deadline that is new, or may have come nearer."""
        due_s = self.due(key)
        if due_s < self._noted.get(key, inf):
            self._noted[key] = due_s
            heappush(self._heap, (due_s, key))

    def earliest_s(self) -> float:
        """Return the earliest deadline; infinity if there is none."""
        while self._heap:
            noted_s, key = self._heap[0]
            if noted_s != self._noted.get(key):  # the deadline came nearer since, and is noted twice
                heappop(self._heap)
                continue
            due_s = self.due(key)
            if due_s <= noted_s:
                return due_s
            if due_s == inf:
                heappop(self._heap)
                del self._noted[key]
            else:
                self._noted[key] = due_s
                heapreplace(self._heap, (due_s, key))
        return inf

    def take(self, now: float) -> Iterator[Key]:
        """Yield the keys whose deadline has passed; each has to be dealt with before the next."""
        while self.earliest_s() <= now:
            yield self._heap[0][1]
