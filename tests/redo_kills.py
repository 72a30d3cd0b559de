"""Kills a queue at each step of a redo, and tells what its next start finds; run by test_redo_kills.py."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from listen_bench import ListenBench, tone

import swarm.server.queue as queue_file
from swarm.book.language.detection import detect
from swarm.job.store.journal import Journal

WORDS = "Quite other words."


async def prepare(folder: Path) -> None:
    """Make a queue with a finished book of two sentences."""
    bench = ListenBench(folder)
    await bench.add("Emma", "The first sentence is here. The second one follows")
    await bench.settle()
    for index in range(2):
        bench.speak(1, 0, index, tone(300))
    bench.finish(1, "/out/Emma.m4b")
    await bench.settle()
    bench.stop()


async def redo(folder: Path, last: int) -> None:
    """Have the first sentence spoken again, and die at a step: before or after one of the writes, or at the end."""
    bench = ListenBench(folder)
    await bench.resident.reopen()
    steps = 0

    def step() -> None:
        nonlocal steps
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1

    def between(write: Callable[..., Any]) -> Callable[..., Any]:
        def writing(*arguments: Any) -> None:
            step()
            write(*arguments)
            step()

        return writing

    queue_file.replace_file = between(queue_file.replace_file)  # type: ignore[attr-defined]
    Journal.append_records = between(Journal.append_records)  # type: ignore[method-assign]
    running = asyncio.create_task(bench.resident.serve_books())
    await bench.listening.library.redo(1, 1, 1, WORDS)
    (folder / "told").touch()
    step()
    running.cancel()


async def look(folder: Path) -> dict[str, object]:
    """Start again, and tell what is there."""
    bench = ListenBench(folder)
    await bench.settle()
    opened = await bench.listening.library.open(1)
    found = {
        "told": (folder / "told").exists(),
        "reworded": "other words" in opened.state.engine_text((0, 0)),
        "spoken": [index for _, index in sorted(opened.state.accepted)],
        "served": bench.server.titles == ["Emma"],
        "state": bench.queue.find_book(1).state.value,
    }
    bench.stop()
    return found


def in_a_fork(deed: Callable[[], None]) -> bool:
    """Run something in a process of its own; return whether it was killed."""
    sys.stdout.flush()
    if child := os.fork():
        status = os.waitpid(child, 0)[1]
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
        return os.WIFSIGNALED(status)
    try:
        deed()
        sys.stdout.flush()
        os._exit(0)
    finally:
        os._exit(1)


def main() -> None:
    """Print what is found after each kill, a line for each."""
    detect("Each of the processes below would load what tells the language of this English sentence.")
    place = Path(sys.argv[1])
    made = place / "made"
    made.mkdir()
    in_a_fork(lambda: asyncio.run(prepare(made)))
    last, killed = 0, True
    while killed:
        folder = place / f"killed-{last}"
        shutil.copytree(made, folder)
        killed = in_a_fork(lambda: asyncio.run(redo(folder, last)))  # noqa: B023
        in_a_fork(lambda: print(json.dumps(asyncio.run(look(folder)))))  # noqa: B023
        last += 1


if __name__ == "__main__":
    main()
