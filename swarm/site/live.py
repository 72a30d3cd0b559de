"""Pages that stay up to date: pieces of HTML are made anew for all readers together, and only changed ones are sent."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping

import msgspec

TURN_S = 1.0
REST = 30.0  # a look that took long is followed by a rest of so many times its length
QUIET_S = 15.0  # a comment is sent after so long, so that no proxy takes the stream for dead
MAX_REST_S = 10.0
MAX_READERS = 100

Pieces = Mapping[str, str]  # HTML by the id of its element, in order


class LiveView:
    """One view that pages follow. `render` makes its pieces."""

    def __init__(self, render: Callable[[], Pieces]) -> None:
        self._render = render
        self._pieces: Pieces = {}
        self._changed: dict[str, int] = {}  # the version in which a piece was last changed
        self._ordered = 0  # the version in which the order was last changed
        self._news: dict[int, bytes] = {}  # news of the present version; keys are the versions that readers have
        self.version = 0

    def look(self) -> None:
        """Render the view anew."""
        pieces = self._render()
        changed = [name for name, text in pieces.items() if self._pieces.get(name) != text]
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
        if since in self._news:
            return self._news[since]
        pieces = {name: self._pieces[name] for name, version in self._changed.items() if version > since}
        order = list(self._pieces) if self._ordered > since else None
        told = msgspec.json.encode({"order": order, "pieces": pieces})
        self._news[since] = b"event: pieces\ndata: " + told + b"\n\n"
        return self._news[since]


class Live:
    """The views that are followed at the moment. Nothing is rendered while no page is open."""

    def __init__(self) -> None:
        self._views: dict[str, LiveView] = {}
        self._readers: dict[str, int] = {}
        self._rest_s = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def readers(self) -> int:
        """How many pages are open."""
        return sum(self._readers.values())

    async def follow(self, name: str, render: Callable[[], Pieces]) -> AsyncIterator[bytes]:
        """Yield the events of a view: all of it at once, then what changes."""
        view = self._views.setdefault(name, LiveView(render))
        self._readers[name] = self._readers.get(name, 0) + 1
        try:
            view.look()
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
            view.look()
        self._rest_s = min(REST * (time.monotonic() - began_s), MAX_REST_S)
