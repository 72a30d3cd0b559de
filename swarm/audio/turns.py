"""Who is next at the processes that several books share."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any


class Turns:
    """A number of seats for the work of many books: a free seat goes to the book that has waited longest for one."""

    def __init__(self, seats: int) -> None:
        self._free = seats
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, book: str) -> AsyncIterator[None]:
        """Hold a seat for a piece of work of this book."""
        if self._free:
            self._free -= 1
        else:
            seat = asyncio.get_running_loop().create_future()
            self._lines.setdefault(book, deque()).append(seat)
            await _wait(seat, self._pass_on)
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._lines:
            book, line = self._lines.popitem(last=False)
            seat = line.popleft()
            if line:
                self._lines[book] = line  # behind all other books
            if not seat.done():
                seat.set_result(None)
                return
        self._free += 1


class Desks:
    """A number of desks for files that take long. A few of them at most are held by files that wait for their parts."""

    def __init__(self, desks: int, early: int) -> None:
        self._desks, self._early = desks, early
        self._taken = 0
        self._line: list[tuple[asyncio.Future[Any], asyncio.Future[None]]] = []

    @asynccontextmanager
    async def desk(self, whole: "asyncio.Future[Any]") -> AsyncIterator[None]:
        """Hold a desk for a file; `whole` is done once all its parts are there."""
        seat = asyncio.get_running_loop().create_future()
        self._line.append((whole, seat))
        whole.add_done_callback(lambda _: self._assign())
        self._assign()
        await _wait(seat, self._leave)
        try:
            yield
        finally:
            self._leave()

    def _assign(self) -> None:
        self._line = [(whole, seat) for whole, seat in self._line if not seat.done()]
        for whole, seat in self._line:
            if self._taken < (self._desks if whole.done() else self._early):
                self._taken += 1
                seat.set_result(None)

    def _leave(self) -> None:
        self._taken -= 1
        self._assign()


async def _wait(seat: "asyncio.Future[None]", give_back: Callable[[], None]) -> None:
    """Wait for a seat, and give it back if it came together with a cancellation."""
    try:
        await seat
    except asyncio.CancelledError:
        if not seat.cancelled():
            give_back()
        raise
