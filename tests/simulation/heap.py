"""Simulated time: what is to happen, in the order of (time, order of arrival)."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any


class Heap:
    """Events of one world. Nothing happens at the same time as anything else."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = count()

    def after(self, delay_s: float, act: Callable[..., None], *args: Any) -> None:
        """Have something happen later."""
        heappush(self._events, (self.now + delay_s, next(self._numbers), act, args))

    def step(self) -> None:
        """Let the next event happen."""
        self.now, _, act, args = heappop(self._events)
        act(*args)
