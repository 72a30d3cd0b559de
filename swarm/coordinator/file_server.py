"""Sends the pieces of job files that workers ask for. They are read one after the other, in a thread."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable

from swarm.errors import Remedy, StoreError
from swarm.job.job_asset import BLOCK_BYTES, BLOCKS_IN_LIST, MAX_LATENTS, PIECE_BYTES, list_size, piece_size
from swarm.job.store.store import DiskStore
from swarm.lease.file_transfer import BlockDigests, Piece
from swarm.lease.outcome import Serve
from swarm.net.transport import Router

MAX_WAITING = 8  # one worker asks for four pieces at a time; more than this are dropped, and it asks again
MAX_UNREAD_BYTES = 2 * MAX_WAITING * PIECE_BYTES  # pieces are dropped while a worker has more to read
MAX_LISTS = 1024  # lists of block digests that are kept, 2 KiB each


class FileServer:
    """The pieces to be read and sent, one for each worker that waits in turn.

    `restored` puts a job's file back that cannot be served, if it can; `lost` hears of one that stays lost, and says
    whether there is a remedy.
    """

    def __init__(
        self,
        store: DiskStore,
        router: Router,
        restored: Callable[[str, str], Awaitable[bool]],
        lost: Callable[[str, str], bool],
    ) -> None:
        self._store = store
        self._router = router
        self._restored = restored
        self._lost = lost
        self._waiting: dict[bytes, deque[Serve]] = {}  # the order of peers is that of their turns
        self._called = asyncio.Event()
        self._lists: dict[tuple[str, int], bytes] = {}  # digests of blocks, by file and number

    def queue_piece(self, serve: Serve) -> None:
        """Add one piece to those of its worker."""
        pieces = self._waiting.setdefault(serve.peer, deque())
        if len(pieces) < MAX_WAITING:
            pieces.append(serve)
        self._called.set()

    async def _next(self) -> Serve:
        """Take one piece of the worker whose turn it is, and let the others come before its next one."""
        while not self._waiting:
            self._called.clear()
            await self._called.wait()
        peer = next(iter(self._waiting))
        pieces = self._waiting.pop(peer)
        serve = pieces.popleft()
        if pieces:
            self._waiting[peer] = pieces
        return serve

    async def send_pieces(self) -> None:
        """Send what is queued, until cancelled; a worker asks again for what does not leave. Raises StoreError."""
        while True:
            serve = await self._next()
            if serve.blocks is not None:
                await self._send_list(serve, serve.blocks)
                continue
            frame = await asyncio.to_thread(self._read, serve)
            if frame is None and await self._restored(serve.job, serve.digest):
                frame = await asyncio.to_thread(self._read, serve)
            if frame is not None and self._router.unread(serve.peer) <= MAX_UNREAD_BYTES:
                self._router.send(serve.peer, Piece(serve.digest, serve.offset, serve.total), frame)
            elif frame is None and not self._lost(serve.job, serve.digest):
                path = self._store.asset_path(serve.job, serve.digest)
                raise StoreError(
                    f"{path} is gone or damaged, and its original is not where it was",
                    Remedy("put one of them back"),
                )

    async def _send_list(self, serve: Serve, number: int) -> None:
        """Send the digests of a list of blocks, which many workers ask for."""
        known = self._lists.get((serve.digest, number))
        digests = known or await asyncio.to_thread(self._list, serve, number)
        if digests:
            if len(self._lists) >= MAX_LISTS:
                self._lists.clear()
            self._lists[serve.digest, number] = digests
            self._router.send(serve.peer, BlockDigests(serve.digest, number, digests))

    def _list(self, serve: Serve, number: int) -> bytes:
        """Compute the digests of a list of blocks; b"" if the file is gone, as the next piece of it shows."""
        digests, first = b"", number * BLOCKS_IN_LIST
        for block in range(first, first + list_size(serve.total, number)):
            found = hashlib.sha256()
            offsets = range(block * BLOCK_BYTES, min((block + 1) * BLOCK_BYTES, serve.total), PIECE_BYTES)
            try:
                for offset in offsets:
                    found.update(self._store.read_asset(serve.job, serve.digest, offset))
            except StoreError:
                return b""
            digests += found.digest()
        return digests

    def _read(self, serve: Serve) -> bytes | None:
        """Read a piece; None if the file is gone or, as far as that is cheap to tell, damaged."""
        try:
            if serve.total > MAX_LATENTS:
                piece = self._store.read_asset(serve.job, serve.digest, serve.offset)
                return piece if len(piece) == piece_size(serve.total, serve.offset) else None
            pieces = [self._store.read_asset(serve.job, serve.digest, at) for at in range(0, serve.total, PIECE_BYTES)]
        except StoreError:
            return None
        whole = b"".join(pieces)
        if hashlib.sha256(whole).hexdigest() != serve.digest:
            return None
        return whole[serve.offset : serve.offset + PIECE_BYTES]
