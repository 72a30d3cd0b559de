"""The common part of coordinators and workers: a process that crashes, and a machine that sleeps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from world import World


class Machine:
    """Runs one process at a time; what was under way for an earlier one never happens."""

    def __init__(self, world: World, number: int, name: str) -> None:
        self.world, self.number, self.name = world, number, name
        self.run = 0
        self.alive = False
        self.asleep_since_s: float | None = None
        self.clock_stands = False  # whether its clock stands still while it sleeps
        self._lost_s = self._slept_s = 0.0
        self._waiting: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()

    @property
    def awake(self) -> bool:
        """Whether its process runs and advances."""
        return self.alive and self.asleep_since_s is None

    def clock(self) -> float:
        """Return the time as this machine sees it."""
        return self.world.heap.now - self._lost_s

    def awake_s(self) -> float:
        """Return how long this machine has been awake in all, for the judge."""
        until_s = self.world.heap.now if self.asleep_since_s is None else self.asleep_since_s
        return until_s - self._slept_s

    @property
    def ever_slept(self) -> bool:
        """Whether it has slept since the world began."""
        return self._slept_s > 0

    @property
    def clock_stood(self) -> bool:
        """Whether its clock has stood still in a sleep: a link that went on meanwhile seemed quick."""
        return self._lost_s > 0

    def later(self, delay_s: float, act: Callable[..., None], *args: Any) -> None:
        """Have this process do something later: after its sleep if it sleeps then, never if it ended."""
        self.world.heap.after(delay_s, self._due, self.run, act, args)

    def _due(self, run: int, act: Callable[..., None], args: tuple[Any, ...]) -> None:
        if run != self.run or not self.alive:
            return
        if self.asleep_since_s is None:
            act(*args)
        else:
            self._waiting.append((act, args))

    def now_or_awake(self, act: Callable[..., None], *args: Any) -> None:
        """Have this process do something as soon as it is awake."""
        self._due(self.run, act, args)

    def fall_asleep(self, clock_stands: bool) -> None:
        """Close the lid of this machine."""
        if self.awake:
            self.asleep_since_s, self.clock_stands = self.world.heap.now, clock_stands
            self.world.network.slept(self)

    def wake(self) -> None:
        """Open the lid of this machine, and do first what waits."""
        if self.asleep_since_s is None:
            return
        self._slept_s += self.world.heap.now - self.asleep_since_s
        if self.clock_stands:
            self._lost_s += self.world.heap.now - self.asleep_since_s
        self.asleep_since_s = None
        while self._waiting and self.awake:
            act, args = self._waiting.popleft()
            act(*args)

    def start(self) -> None:
        """Start a new process."""
        self.run += 1
        self.alive, self.asleep_since_s = True, None
        self._waiting.clear()

    def end(self) -> None:
        """End the process in the middle of its work."""
        self.alive, self.asleep_since_s = False, None
        self._waiting.clear()
        self.world.network.died(self)
