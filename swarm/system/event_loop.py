"""What a long command does around its event loop: it drains at a signal, cancels tasks, and keeps the machine awake.

The first Ctrl-C, SIGTERM or closed terminal drains a command, the second ends it at once."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], None]


def from_thread(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return a function by which another thread says lines to this one."""
    loop = asyncio.get_running_loop()

    def tell(line: str) -> None:
        loop.call_soon_threadsafe(say, line)

    return tell


@contextmanager
def interruptible() -> Iterator[None]:
    """Have the first Ctrl-C raise KeyboardInterrupt in code that keeps the event loop of the main thread waiting."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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


async def cancel(tasks: "Sequence[asyncio.Future[Any]]") -> None:
    """Cancel tasks, and return when all have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def awake(*, allow_sleep: bool) -> AbstractContextManager[Any]:
    """Return a context that keeps the machine awake, as far as its system lets programs do that."""
    if allow_sleep:
        return nullcontext()
    from wakepy import keep

    logging.getLogger("wakepy").setLevel(logging.CRITICAL)  # a server without a desktop would be warned at each start
    return keep.running(on_fail="pass")


class Wakefulness:
    """A switch that keeps the machine awake only while there is work: a worker may wait for work for months."""

    def __init__(self, *, allow_sleep: bool) -> None:
        self._allow_sleep = allow_sleep
        self._kept: ExitStack | None = None

    def turn(self, working: bool) -> None:
        """Keep the machine awake if it is `working`, let it sleep otherwise."""
        if working and self._kept is None:
            self._kept = ExitStack()
            self._kept.enter_context(awake(allow_sleep=self._allow_sleep))
        elif not working and self._kept is not None:
            self._kept.close()
            self._kept = None
