"""Handles Ctrl-C, SIGTERM and a closed terminal: the first signal drains a command, the second ends it at once.

SIGUSR1, which batch systems such as Slurm send some time before they end a job, drains too. It counts as no signal of a
user: the SIGTERM that follows at the end of the time must not end the sentences under way.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], None]


@contextmanager
def draining(drain: Callable[[], object]) -> Iterator[None]:
    """Call `drain` on the event loop at the first signal; a second signal raises KeyboardInterrupt as usual."""
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores it
        numbers.append(signal.SIGHUP)

    def first(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.default_int_handler)
        loop.call_soon_threadsafe(drain)

    def warned(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(drain)

    handlers: dict[int, Handler] = dict.fromkeys(numbers, first)
    if hasattr(signal, "SIGUSR1"):
        handlers[signal.SIGUSR1] = warned
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
