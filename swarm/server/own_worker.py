"""The worker of the server's own machine: a process beside it, which speaks while a switch is on.

The switch outlives a restart. A worker that an order sent away turns it off; one that fails is started again.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from swarm.config import ENV_HOME, ENV_LOG
from swarm.system.child import variables_of
from swarm.system.disk import guarded
from swarm.system.machine import Say

PROGRAM = (
    "import sys; from swarm.system.serving import die_with_parent; die_with_parent(); "
    "from swarm.commands.main import main; sys.exit(main())"
)
MARK = "speaks-itself"  # a file of the state folder that is there while the page has turned the switch on
RETRY_S = 30.0  # a worker that failed is started again so late
PATIENCE_S = 120.0  # it finishes the sentences under way
MAX_LINE = 500  # characters

Words = Callable[[int], Sequence[str]]


class OwnWorker:
    """The switch, and the process that it starts. `words` are those of the command, given the server's port."""

    def __init__(self, words: Words, state_dir: Path, note: Say, *, is_on: bool) -> None:
        self._words, self._state_dir, self._note = words, state_dir, note
        self._mark = state_dir / MARK
        self.is_on = is_on or self._mark.exists()
        self._turned = asyncio.Event()
        self.pid = 0  # of the process, 0 while there is none

    def turn(self, *, on: bool) -> str:
        """Turn the switch; return what was done, in words. Raises StoreError."""
        with guarded(self._mark):
            if on:
                self._mark.touch()
            else:
                self._mark.unlink(missing_ok=True)
        self.is_on = on
        self._turned.set()
        return "This machine speaks" if on else "This machine finishes its sentences, and speaks no more"

    async def run(self, port: int) -> None:
        """Keep the worker as the switch says, until cancelled."""
        while True:
            self._turned.clear()
            if not self.is_on:
                await self._turned.wait()
                continue
            code = await self._work(port)
            if code == 0 and not self._turned.is_set():  # an order sent it away
                self.turn(on=False)
            elif code is not None and self.is_on:
                self._note(f"the worker of this machine ended with code {code}; it is started again")
                await asyncio.sleep(RETRY_S)

    async def _work(self, port: int) -> int | None:
        """Have the worker speak until it ends or is turned off; return its code, None if it was turned off."""
        # It must not be started in another thread: on Linux it dies with the thread that started it.
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM, *self._words(port)],
            env=variables_of() | {ENV_HOME: str(self._state_dir), ENV_LOG: ""},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.pid, loop = process.pid, asyncio.get_running_loop()

        def follow() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                told = line.decode(errors="replace").strip()[:MAX_LINE]
                loop.call_soon_threadsafe(self._note, f"this machine: {told}")

        following = asyncio.create_task(asyncio.to_thread(follow))
        turned = asyncio.create_task(self._turned.wait())
        try:
            await asyncio.wait([following, turned], return_when=asyncio.FIRST_COMPLETED)
            return await asyncio.to_thread(process.wait) if following.done() else None
        finally:
            turned.cancel()
            if process.poll() is None:
                process.terminate()
                await asyncio.wait([following], timeout=PATIENCE_S)
                process.kill()
                await asyncio.wait([following])
            process.wait()
            self.pid = 0
