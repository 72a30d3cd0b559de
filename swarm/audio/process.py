"""The child processes of a studio: started when first needed, kept while idle, and asked with a timeout."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

from swarm.audio.reel_file import ReelDamaged
from swarm.errors import EnvironmentFault
from swarm.system.child import ONE_THREAD, Child, ChildDied

MAX_START_S = 10.0  # a first process that takes longer hangs, and is waited for no more


class Processes:
    """Child processes by their module. Each one that is taken is given back, or ended."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self.running: dict[Child, str] = {}
        self._idle: defaultdict[str, list[Child]] = defaultdict(list)
        self._changed = asyncio.Event()  # another one whenever a process is given back or ended
        self._began_s: dict[Child, float] = {}  # only processes that have not yet done their first work are here
        self._first_s: dict[str, float] = {}  # from the start of the first process to the end of its first work
        self._ready_s: dict[str, float] = {}  # when that was
        self._waited_s: defaultdict[str, float] = defaultdict(float)  # since then, or since a process was started

    async def take_soon(self, module: str) -> Child:
        """Return an idle process of this module, or one that is idle soon, or start one. Raises EnvironmentFault.

        Another process is started when callers have since waited, in all, as long as the first one took for its
        start and its first work. So a short book needs one process, and a backlog has several soon.
        """
        while (left_s := self._patience_s(module)) > 0:
            began_s = _now_s()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left_s)
            self._waited_s[module] += _now_s() - max(began_s, self._ready_s.get(module, 0.0))
        return await self.take(module)

    async def take(self, module: str) -> Child:
        """Return an idle process of this module, or start one. Raises EnvironmentFault."""
        idle = self._idle[module]
        while idle:
            child = idle.pop()
            if child.alive:
                return child
            self.running.pop(child, None)
        child = Child()
        await child.start(module, (), self._log_dir / f"{module.rsplit('.', 1)[-1]}.log", ONE_THREAD)
        self.running[child] = module
        self._waited_s[module] = 0.0
        self._began_s[child] = _now_s()
        return child

    def give_back(self, child: Child) -> None:
        """Keep a process until it is taken again."""
        if module := self.running.get(child):  # not after end() or close()
            self._idle[module].append(child)
            began_s = self._began_s.pop(child, 0.0)
            if module not in self._first_s:
                self._first_s[module], self._ready_s[module] = _now_s() - began_s, _now_s()
                self._waited_s[module] = 0.0
        self._tell_change()

    def numbers(self) -> frozenset[int]:
        """Return the numbers that the system gave to those that run."""
        return frozenset(child.pid for child in self.running)

    async def end(self, child: Child) -> None:
        """End a process that was taken."""
        self.running.pop(child, None)
        self._began_s.pop(child, None)
        self._tell_change()
        await child.close()

    async def end_idle(self) -> None:
        """End the processes that have nothing to do."""
        idle = [child for children in self._idle.values() for child in children]
        self._idle.clear()
        await asyncio.gather(*map(self.end, idle))

    async def close(self) -> None:
        """End all processes."""
        self._idle.clear()
        await asyncio.gather(*map(self.end, list(self.running)))

    def _patience_s(self, module: str) -> float:
        """Return how long to wait for a process of this module that is busy, before another one is started."""
        if module not in self.running.values() or any(child.alive for child in self._idle[module]):
            return 0.0
        return self._first_s.get(module, MAX_START_S) - self._waited_s[module]

    def _tell_change(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def ask(child: Child, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    """Call a process, and kill it if it exceeds the timeout.

    Raises ChildDied and ChildRaised, EnvironmentFault if the disk fails, and ReelDamaged if the reply names a reel.
    """
    try:
        reply = await asyncio.wait_for(child.call(message), timeout_s)
    except TimeoutError:
        child.kill()
        raise ChildDied(f"A process of ours did not answer for {timeout_s:g} s.") from None
    if "fault" in reply:
        raise EnvironmentFault(reply["fault"])
    if "damaged" in reply:
        raise ReelDamaged(Path(reply["damaged"]), reply["why"])
    return reply
