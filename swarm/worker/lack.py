"""A file of a model that is missing here: what is known of where to fetch it, and its way from another worker."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from swarm.config import may_download
from swarm.errors import EnvironmentFault
from swarm.job.job_file import MAX_BYTES, PIECE_BYTES, WINDOW, piece_size
from swarm.lease.file_transfer import Fault, Fetch, FilePiece, LackedFile, ModelSource, SetAside
from swarm.lease.worker.source import PEER
from swarm.system.machine import Clock
from swarm.voice.download import PART, RemoteFile
from swarm.worker.neighbour import Neighbour
from swarm.worker.sockets import WorkerSockets

LOST_WORD_S = 30.0  # without a further word of the coordinator before the engine downloads
SILENT_S = 10.0  # without a piece from another worker
AGAIN_S = 2.0  # without a piece before it is asked for again: a door drops what is not read
LEAST_BYTES_S = 128 * 1024  # a slower worker is left


@dataclass(eq=False)
class Lack:
    """A file that is missing, and what is known of where to fetch it."""

    link: str
    folder: Path
    file: RemoteFile
    measure: Callable[[], int] | None = None  # returns the bytes of a download, if the file itself does not tell
    word: ModelSource | None = None
    until_s: float = 0.0  # without a word until then, the engine downloads
    have: int = 0
    door: str = ""
    downloads: bool = False
    aside: dict[str, Fault] = field(default_factory=dict)

    def hear(self, word: ModelSource, now: float) -> None:
        """Take in where the coordinator says that the file is to be fetched."""
        self.word, self.until_s = word, now + LOST_WORD_S

    @property
    def is_here(self) -> bool:
        """Whether the file is here by now."""
        return self.file.is_in(self.folder)

    def report(self) -> LackedFile:
        """Return how far it is, for a heartbeat."""
        have = self._downloaded() if self.downloads else self.have
        aside = tuple(SetAside(door, fault) for door, fault in self.aside.items())
        return LackedFile(self.file.handle, min(have, MAX_BYTES), self.door, self.downloads, not may_download(), aside)

    def _downloaded(self) -> int:
        if self.measure is not None:
            return self.measure()
        return min(_size(self.folder / (self.file.name + PART)), self.file.size)

    def known(self, word: ModelSource) -> RemoteFile | None:
        """Return what the bytes have to be, by the engine's table or by a word; None if the word cannot be right."""
        if self.file.digest:
            return self.file
        told = word.told
        if told is None or not 0 < told.size <= self.file.size:
            return None
        return RemoteFile(self.file.name, self.file.url, told.size, told.digest)


@dataclass
class Fetcher:
    """Fetches a missing file at a door, and holds the whole against its digest."""

    sockets: WorkerSockets
    clock: Clock

    async def fetch(self, lack: Lack, known: RemoteFile, output: BinaryIO, tell: Callable[[int], None]) -> Fault | None:
        """Write a file that comes from the door in use; return why that one is to be left. Raises OSError."""
        try:
            neighbour = Neighbour(PEER + lack.door, self.sockets, lambda name: None)
        except EnvironmentFault:  # its address is none
            return "away"
        try:
            async with asyncio.timeout(SILENT_S + known.size / LEAST_BYTES_S):
                return await self._pieces(lack, known, neighbour, output, tell)
        except TimeoutError:
            return "silent"
        finally:
            neighbour.socket.close()

    async def _pieces(
        self, lack: Lack, known: RemoteFile, neighbour: Neighbour, output: BinaryIO, tell: Callable[[int], None]
    ) -> Fault | None:
        handle, size, asked, digest = lack.file.handle, known.size, 0, hashlib.new(known.algorithm)
        moved_s = asked_s = self.clock.now()

        def write(data: bytes) -> None:
            output.write(data)
            digest.update(data)

        while lack.have < size:
            now = self.clock.now()
            if now - moved_s > SILENT_S:
                return "silent"
            if now - max(moved_s, asked_s) > AGAIN_S:
                asked, asked_s = lack.have, now
            while asked < size and asked - lack.have < WINDOW * PIECE_BYTES:
                neighbour.send(Fetch(handle, asked))
                asked += piece_size(size, asked)
            piece, frame = await _next_piece(neighbour)
            if piece is None or (piece.digest, piece.offset) != (handle, lack.have):
                continue
            if not piece.total:
                return "without it"
            if not frame:  # its disk has not read the piece yet
                continue
            if piece.total != size or len(frame) != piece_size(size, lack.have):
                return "lying"
            await asyncio.to_thread(write, frame)
            lack.have, moved_s = lack.have + len(frame), self.clock.now()
            tell(min(99, 100 * lack.have // size))
        output.flush()
        return None if digest.hexdigest() == known.digest else "lying"


async def _next_piece(neighbour: Neighbour) -> tuple[FilePiece | None, bytes]:
    """Return what another worker sends next; None if that is no piece, or if nothing comes for a while."""
    try:
        async with asyncio.timeout(AGAIN_S):
            piece, frame = await neighbour.socket.receive()
    except TimeoutError:
        return None, b""
    return (piece if isinstance(piece, FilePiece) else None), frame


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
