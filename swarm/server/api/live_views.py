"""Views that many follow at the same time: each is looked at once for all of them, and only what changed is sent.

Events are an answer that does not end, compressed for clients that take that.
"""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import StreamingResponse

from swarm.errors import UsageError

TURN_S = 1.0
REST = 30.0  # a look that took long is followed by a rest of so many times its length
QUIET_S = 15.0  # a comment is sent after so long, so that no proxy takes the stream for dead
MAX_REST_S = 10.0
MAX_READERS = 100
LEVEL = 3  # markup shrinks to a tenth at this level, at little of the processor
GZIP, WINDOW = 16, 13  # bits; 8 KiB of what was sent are remembered, since a hundred streams may be open
MEMORY = 5

Pieces = Mapping[Any, Any]  # the pieces of a view by their names, in order
Tell = Callable[
    [Pieces, Sequence[Any], bool], bytes
]  # makes an event: all pieces, which changed, whether the order did


def tell_pieces(pieces: Pieces, changed: Sequence[Any], is_moved: bool) -> bytes:
    """Return an event with the pieces that changed, and with the order of all if it did."""
    told = {"order": list(pieces) if is_moved else None, "pieces": {name: pieces[name] for name in changed}}
    return b"event: pieces\ndata: " + msgspec.json.encode(told) + b"\n\n"


class LiveView:
    """One view. `render` makes its pieces, `tell` an event of what changed."""

    def __init__(self, render: Callable[[], Pieces], tell: Tell = tell_pieces) -> None:
        self._render, self._tell = render, tell
        self._pieces: Pieces = {}
        self._changed: dict[Any, int] = {}  # the version in which a piece was last changed
        self._ordered = 0  # the version in which the order was last changed
        self._news: dict[int, bytes] = {}  # news of the present version; keys are the versions that readers have
        self.version = 0

    def render(self) -> None:
        """Render the view anew."""
        pieces = self._render()
        changed = [name for name, piece in pieces.items() if self._pieces.get(name) != piece]
        is_moved = list(pieces) != list(self._pieces)
        if not changed and not is_moved:
            return
        self.version += 1
        self._changed = {name: self._changed.get(name, 0) for name in pieces}
        self._changed |= dict.fromkeys(changed, self.version)
        self._ordered = self.version if is_moved else self._ordered
        self._pieces = pieces
        self._news.clear()

    def news(self, since: int) -> bytes:
        """Return what changed after a version, as a server-sent event."""
        if since not in self._news:
            changed = [name for name, version in self._changed.items() if version > since]
            self._news[since] = self._tell(self._pieces, changed, self._ordered > since)
        return self._news[since]


class LiveViews:
    """The views that are followed at the moment. Nothing is rendered without followers."""

    def __init__(self) -> None:
        self._views: dict[str, LiveView] = {}
        self._readers: dict[str, int] = {}
        self._rest_s = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def readers(self) -> int:
        """How many follow."""
        return sum(self._readers.values())

    def stream(self, request: Request, name: str, render: Callable[[], Pieces], tell: Tell) -> StreamingResponse:
        """Return the events of a view as an answer; each arrives whole as soon as it is there. Raises UsageError."""
        if self.readers >= MAX_READERS:
            raise UsageError(f"{MAX_READERS} pages or streams of events are open already.")
        events: AsyncIterator[bytes] = self.follow(name, render, tell)
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding", "X-Accel-Buffering": "no"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"], events = "gzip", _compressed(events)
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    async def follow(self, name: str, render: Callable[[], Pieces], tell: Tell = tell_pieces) -> AsyncIterator[bytes]:
        """Yield the events of a view: all of it at once, then what changes."""
        view = self._views.setdefault(name, LiveView(render, tell))
        self._readers[name] = self._readers.get(name, 0) + 1
        try:
            view.render()
            seen, quiet_s = 0, 0.0
            while True:
                if view.version != seen:
                    yield view.news(seen)
                    seen, quiet_s = view.version, 0.0
                elif quiet_s >= QUIET_S:
                    yield b": still here\n\n"
                    quiet_s = 0.0
                began_s = time.monotonic()
                await self._next_turn()
                quiet_s += time.monotonic() - began_s
        finally:
            self._readers[name] -= 1
            if not self._readers[name]:
                del self._readers[name], self._views[name]
            if not self._readers and self._task:
                self._task.cancel()

    async def _next_turn(self) -> None:
        """Wait until all views were rendered anew."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_in_a_while())
        await asyncio.shield(self._task)

    async def _look_in_a_while(self) -> None:
        await asyncio.sleep(max(TURN_S, self._rest_s))
        began_s = time.monotonic()
        for view in list(self._views.values()):
            view.render()
        self._rest_s = min(REST * (time.monotonic() - began_s), MAX_REST_S)


async def _compressed(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    press = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP + WINDOW, MEMORY)
    async for event in events:
        yield press.compress(event) + press.flush(zlib.Z_SYNC_FLUSH)
