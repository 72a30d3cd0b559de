"""Sends the pieces of job files that workers ask for. They are read one after the other, in a thread."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache

from swarm.errors import Remedy, StoreError
from swarm.job.job_asset import (
    BLOCK_BYTES,
    DIGEST_BYTES,
    LIST_PIECE_BYTES,
    MAX_LATENTS,
    PIECE_BYTES,
    block_list_size,
    piece_size,
)
from swarm.job.store.store import DiskStore
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.outcome import Serve
from swarm.net.transport import Answer, PieceServer, RouterSocket

MAX_LISTS = 1024  # pieces of block lists that are kept, 2 KiB each


class FileServer(PieceServer[Serve]):
    """The pieces to be read and sent.

    `restored` puts a job's file back that cannot be served, if it can; `lost` hears of one that stays lost, and says
    whether there is a remedy.
    """

    def __init__(
        self,
        store: DiskStore,
        router: RouterSocket,
        restored: Callable[[str, str], Awaitable[bool]],
        lost: Callable[[str, str], bool],
    ) -> None:
        super().__init__(router)
        self._store = store
        self._restored = restored
        self._lost = lost
        self._digests = lru_cache(MAX_LISTS)(self._compute_digests)

    async def answer(self, peer: bytes, serve: Serve) -> Answer | None:
        """Read a piece. Raises StoreError if the file is lost."""
        fetch = serve.asked
        if fetch.kind == "blocks":
            return await self._list_piece(serve)
        frame = await asyncio.to_thread(self._read, serve)
        if frame is None and await self._restored(serve.job, fetch.digest):
            frame = await asyncio.to_thread(self._read, serve)
        if frame is None and not self._lost(serve.job, fetch.digest):
            path = self._store.asset_path(serve.job, fetch.digest)
            raise StoreError(
                f"{path} is gone or damaged, and its original is not where it was",
                Remedy("put one of them back"),
            )
        return None if frame is None else (Piece(fetch.digest, fetch.offset, serve.size), frame)

    async def _list_piece(self, serve: Serve) -> Answer | None:
        """Return a piece of a block list, which many workers ask for; None if the file is gone."""
        with suppress(StoreError):  # the next piece of the file shows it
            frame = await asyncio.to_thread(self._digests, serve.job, serve.asked, serve.size)
            return Piece(serve.asked.digest, serve.asked.offset, block_list_size(serve.size), "blocks"), frame
        return None

    def _compute_digests(self, job: str, asked: Fetch, size: int) -> bytes:
        """Compute a piece of a block list. Raises StoreError if the file is gone."""
        digests, first = b"", asked.offset // DIGEST_BYTES
        length = piece_size(block_list_size(size), asked.offset, LIST_PIECE_BYTES)
        for block in range(first, first + length // DIGEST_BYTES):
            offsets = range(block * BLOCK_BYTES, min((block + 1) * BLOCK_BYTES, size), PIECE_BYTES)
            pieces = [self._store.read_asset(job, asked.digest, offset) for offset in offsets]
            digests += hashlib.sha256(b"".join(pieces)).digest()
        return digests

    def _read(self, serve: Serve) -> bytes | None:
        """Read a piece; None if the file is gone or, as far as that is cheap to tell, damaged."""
        digest, offset, size = serve.asked.digest, serve.asked.offset, serve.size
        try:
            if size > MAX_LATENTS:
                piece = self._store.read_asset(serve.job, digest, offset)
                return piece if len(piece) == piece_size(size, offset) else None
            pieces = [self._store.read_asset(serve.job, digest, at) for at in range(0, size, PIECE_BYTES)]
        except StoreError:
            return None
        whole = b"".join(pieces)
        return whole[offset : offset + PIECE_BYTES] if hashlib.sha256(whole).hexdigest() == digest else None
