"""The pulse of a command: a file that its event loop touches while it turns, by which a container's health is told.

`python -m swarm.system.pulse` is the health check; it runs every half minute, so it imports the standard library only.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

ENV_PULSE = "E2A_SWARM_PULSE"  # the file to be touched; nothing is touched without it
INTERVAL_S = 5.0
MAX_AGE_S = 60.0  # reading a large book may hold a loop for some seconds


async def with_pulse(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, and touch the pulse file meanwhile if one is named."""
    path = os.environ.pop(ENV_PULSE, "")  # child processes must not show that this one lives
    beating = asyncio.create_task(_beat(Path(path))) if path else None
    try:
        return await main
    finally:
        if beating:
            beating.cancel()


async def _beat(path: Path) -> None:
    while True:
        with contextlib.suppress(OSError):  # a full disk is no reason to stop speaking
            path.touch()
        await asyncio.sleep(INTERVAL_S)


def ailment(path: Path, now: float) -> str:
    """Return what is wrong with a pulse file at a time, in seconds since the epoch; "" if nothing is."""
    try:
        age_s = now - path.stat().st_mtime
    except OSError:
        return f"no command of e2a-swarm has touched {path}: it has not started, or it cannot write there."
    if age_s > MAX_AGE_S:
        return f"e2a-swarm hangs: nothing has touched {path} for {age_s:.0f} seconds. Restart the container."
    return ""


def main() -> int:
    """Print what is wrong with the pulse of this container; return 1 if something is."""
    wrong = ailment(Path(os.environ.get(ENV_PULSE, "")), time.time())
    sys.stdout.write(f"{wrong or 'ok'}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
