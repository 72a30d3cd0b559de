"""Sends the pieces of files that workers ask for: read one after the other in a thread, beside the clips."""

import asyncio

from swarm.lease.message import Asset
from swarm.lease.outcome import Serve
from swarm.node.store import Store
from swarm.node.transport import Router

MOST_WAITING = 4096  # pieces asked for; beyond that they are dropped and asked for again


class Feed:
    """What waits to be read and sent, first come, first served."""

    def __init__(self, store: Store, router: Router) -> None:
        self._store, self._router = store, router
        self._waiting: asyncio.Queue[Serve] = asyncio.Queue(MOST_WAITING)

    def add(self, serve: Serve) -> None:
        """One more piece."""
        if not self._waiting.full():
            self._waiting.put_nowait(serve)

    async def run(self) -> None:
        """Send, for ever. What does not leave is asked for again. Raises StoreError."""
        while True:
            serve = await self._waiting.get()
            frame = await asyncio.to_thread(self._store.read_asset, serve.job, serve.digest, serve.offset)
            self._router.send(serve.peer, Asset(serve.digest, serve.offset, serve.total), frame)
