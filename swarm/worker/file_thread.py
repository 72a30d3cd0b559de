"""Runs the operations of a worker's file cache one at a time, in a thread of its own."""

import asyncio
from collections.abc import Callable, Container
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from swarm.errors import StoreError
from swarm.job.job_file import JobFile
from swarm.lease.message import Fetch, FilePiece
from swarm.worker.file_cache import FileCache, Kept

Report = Callable[[str, Kept], None]
Reply = Callable[[str, FilePiece, bytes], None]
Lost = Callable[[str], None]


class FileThread:
    """A worker's file cache for an event loop, which it never blocks.

    It calls `kept` with the state of a file on the disk, `reply` to send a piece that a coordinator asked for, and
    `lost` with the digest of latents that cannot be read.
    """

    def __init__(self, folder: FileCache, kept: Report, reply: Reply, lost: Lost) -> None:
        self._folder, self._kept, self._reply, self._lost = folder, kept, reply, lost
        self.root = folder.root
        self._queue: asyncio.Queue[tuple[Callable[[], Any], Callable[[Any], None]]] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="job-files")

    def seek(self, digest: str, size: int, needed: Container[str]) -> None:
        """Queue the search for a job file; `kept` gets the result."""
        self._enqueue(partial(self._folder.seek, digest, size, needed), partial(self._kept, digest))

    def write(self, digest: str, offset: int, data: bytes) -> None:
        """Queue the writing of a piece; `kept` gets the result."""

        def report(kept: Kept | None) -> None:
            if kept is not None:
                self._kept(digest, kept)

        self._enqueue(partial(self._folder.write, digest, offset, data), report)

    def expect(self, digest: str, number: int, digests: bytes) -> None:
        """Queue what the blocks of a job file are held against."""
        self._enqueue(partial(self._folder.expect, digest, number, digests), lambda nothing: None)

    def pass_on(self, digest: str, offset: int, reply: Callable[[bytes, int], None]) -> None:
        """Queue the reading of a piece for another worker; `reply` gets it, and the size of the whole file."""

        def read() -> tuple[bytes, int]:
            try:
                return self._folder.passed_on(digest, offset)
            except StoreError:
                return b"", 0

        self._enqueue(read, lambda found: reply(*found))

    def serve(self, link: str, fetch: Fetch) -> None:
        """Queue the reading of a piece of latents or of a block list; `reply` or `lost` gets the result."""

        def read() -> tuple[bytes, int]:
            try:
                return self._folder.read(fetch.digest, fetch.offset)
            except StoreError:
                return b"", 0

        def reply(found: tuple[bytes, int]) -> None:
            if found[0]:
                self._reply(link, FilePiece(fetch.digest, fetch.offset, found[1]), found[0])
            elif not found[1]:
                self._lost(fetch.digest)

        self._enqueue(read, reply)

    def _enqueue(self, act: Callable[[], Any], report: Callable[[Any], None]) -> None:
        self._queue.put_nowait((act, report))

    async def gather(self, job_files: tuple[JobFile, ...], slot: int) -> Path | None:
        """Return the folder with a job's files for a slot; None if it needs none. Raises StoreError."""
        if not job_files:
            return None
        folder: Path = await self._do(partial(self._folder.gather, job_files, f"slot-{slot}"))
        return folder

    async def put(self, latents: bytes) -> JobFile | None:
        """Keep the latents of an engine; return None if they are empty. Raises StoreError."""
        kept: JobFile | None = await self._do(partial(self._folder.put, latents)) if latents else None
        return kept

    async def share(self, path: Path) -> tuple[str, int]:
        """Let others have a file of a model; return the digest of its block list, and its size. Raises OSError."""
        shared: tuple[str, int] = await asyncio.to_thread(self._folder.share, path)  # a large file takes seconds
        return shared

    async def settle(self, digest: str, place: Path) -> None:
        """Give a model's file that came from other workers its place. Raises OSError."""
        await self._do(partial(self._folder.settle, digest, place))

    async def move(self, act: Callable[[], None], places: dict[str, Path]) -> None:
        """Move files of a model that others have from here, and read them at their new places. Raises OSError."""
        await self._do(act)
        self._folder.models.update(places)

    def abandon(self, digest: str) -> None:
        """Queue the closing of a partial file that is not fetched any more."""
        self._enqueue(partial(self._folder.abandon, digest), lambda nothing: None)

    def discard(self, digest: str) -> None:
        """Queue the removal of a file that is not the one that was sought."""
        self._enqueue(partial(self._folder.discard, digest), lambda nothing: None)

    def withhold(self, digest: str) -> None:
        """Let others have a file of a model no more."""
        self._folder.withhold(digest)

    async def _do(self, act: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)

    async def run(self) -> None:
        """Run the queued operations, for ever."""
        while True:
            act, report = await self._queue.get()
            report(await self._do(act))

    def close(self) -> None:
        """Release the locks and end the thread."""
        self._thread.submit(self._folder.close)  # the thread that took the locks must release them
        self._thread.shutdown()
