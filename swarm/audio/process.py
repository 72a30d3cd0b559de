"""The child processes of a studio: started when first needed, kept while idle, and asked with a timeout."""

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

from swarm.audio.reel_file import ReelDamaged
from swarm.errors import EnvironmentFault
from swarm.system.child import ONE_THREAD, Child, ChildDied


class Processes:
    """Child processes by their module. Each one that is taken is given back, or ended."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self.running: dict[Child, str] = {}
        self._idle: defaultdict[str, list[Child]] = defaultdict(list)

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
        return child

    def give_back(self, child: Child) -> None:
        """Keep a process until it is taken again."""
        if module := self.running.get(child):  # not after end() or close()
            self._idle[module].append(child)

    async def end(self, child: Child) -> None:
        """End a process that was taken."""
        self.running.pop(child, None)
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
