"""The files of engines' models that workers share: one downloads them from the hub, the others have them from it.

Before an engine opens a model, the worker asks the coordinator of the job where to fetch what is missing. The engine
itself downloads what does not come from another worker, and all of it if the coordinator does not answer.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from swarm.config import may_download
from swarm.errors import EnvironmentFault
from swarm.job.job_file import PIECE_BYTES, WINDOW, piece_size
from swarm.job.recipe import Recipe
from swarm.lease.file_transfer import (
    MAX_ASIDE,
    MAX_MODEL_FILES,
    Fault,
    Fetch,
    FilePiece,
    LackedFile,
    ModelReport,
    ModelSource,
    SetAside,
    is_door,
)
from swarm.lease.worker.source import PEER
from swarm.system.machine import Clock
from swarm.voice.download import LOCK, PART, RemoteFile, RemoteModel, try_download_lock
from swarm.voice.engine import OnProgress
from swarm.voice.host.registry import find_engine
from swarm.worker.neighbour import Neighbour
from swarm.worker.sockets import WorkerSockets

NEIGHBOURS_PART = ".from-neighbour"  # ends the name of a file that comes from another worker
NO_WORD_S = 4.0  # without any word of the coordinator before the engine downloads; one of 0.1 never says any
LOST_WORD_S = 30.0  # without a further word
MAX_WAIT_S = 3600.0  # for another machine's download
SILENT_S = 10.0  # without a piece from another worker
AGAIN_S = 2.0  # without a piece before it is asked for again: a door drops what is not read
LEAST_BYTES_S = 128 * 1024  # a slower worker is left
LOOK_S = 0.1  # between two looks for a word
SAY_AGAIN_S = 60.0  # a slot without any progress would be taken for dead


@dataclass(eq=False)
class Lack:
    """A file that is missing, and what is known of where to fetch it."""

    link: str
    folder: Path
    file: RemoteFile
    word: ModelSource | None = None
    until_s: float = 0.0  # without a word until then, the engine downloads
    have: int = 0
    door: str = ""
    downloads: bool = False
    aside: dict[str, Fault] = field(default_factory=dict)

    def hear(self, word: ModelSource, now: float) -> None:
        """Take in where the coordinator says that the file is to be fetched."""
        self.word, self.until_s = word, now + LOST_WORD_S

    def report(self) -> LackedFile:
        """Return how far it is, for a heartbeat."""
        have = _size(self.folder / (self.file.name + PART)) if self.downloads else self.have
        aside = tuple(SetAside(door, fault) for door, fault in self.aside.items())
        return LackedFile(
            self.file.handle, min(have, self.file.size), self.door, self.downloads, not may_download(), aside
        )


def model_of(recipe: Recipe) -> RemoteModel | None:
    """Return the files that the engine of a recipe needs; None if it needs none or is not here."""
    try:
        return find_engine(recipe.engine).remote_model(recipe)
    except Exception:  # opening the engine says what is wrong; a third-party package may raise anything
        return None


class ModelExchange:
    """Fetches files of models from other workers, and tells which of them others may have from here.

    `passed_on` gets the path of each of these by its handle.
    """

    def __init__(
        self,
        sockets: WorkerSockets,
        clock: Clock,
        passed_on: dict[str, Path],
        find_model: Callable[[Recipe], RemoteModel | None] = model_of,
    ) -> None:
        self._sockets, self._clock, self.here, self.find_model = sockets, clock, passed_on, find_model
        self._lacks: list[Lack] = []
        self._sizes: dict[str, int] = {}  # of the files here, by their handles
        self._locks: dict[Path, asyncio.Lock] = {}

    @property
    def is_needed(self) -> bool:
        """Whether others may have files from here, or files are missing here."""
        return bool(self.here or self._lacks)

    def size_of(self, handle: str) -> int:
        """Return the size of a file that others may have from here; 0 for another."""
        return self._sizes.get(handle, 0)

    def report(self, link: str) -> ModelReport:
        """Return, for a heartbeat, what is here and what a coordinator is asked for."""
        lacked: dict[str, Lack] = {}
        for lack in sorted(self._lacks, key=lambda each: not each.downloads):  # two slots may lack one file
            self._pass_on(lack.folder, lack.file)
            if not lack.file.is_in(lack.folder) and lack.link == link:
                lacked.setdefault(lack.file.handle, lack)
        files = tuple(lack.report() for lack in lacked.values())
        return ModelReport(tuple(self.here)[-MAX_MODEL_FILES:], files[:MAX_MODEL_FILES])

    def told(self, link: str, word: ModelSource) -> None:
        """Take in where a coordinator says that a file is to be fetched."""
        for lack in self._lacks:
            if (lack.link, lack.file.handle) == (link, word.handle):
                lack.hear(word, self._clock.now())

    @asynccontextmanager
    async def at_hand(self, link: str, recipe: Recipe, tell: OnProgress) -> AsyncIterator[None]:
        """Bring the files of a recipe's model here before its engine opens, as far as other workers have them.

        Within the context the engine downloads the rest, and the coordinator hears of that.
        """
        model = await asyncio.to_thread(self.find_model, recipe)
        if model is None:
            yield
            return
        lacks = [Lack(link, model.folder, file) for file in model.files if not file.is_in(model.folder)]
        self._lacks += lacks
        try:
            async with self._locks.setdefault(model.folder, asyncio.Lock()):
                for lack in lacks:
                    if not await self._bring(lack, model.title, tell):
                        break
            for lack in lacks:
                lack.downloads = not lack.file.is_in(lack.folder)
            yield
        finally:
            for lack in lacks:
                self._lacks.remove(lack)
            for file in model.files:
                self._pass_on(model.folder, file)

    def _pass_on(self, folder: Path, file: RemoteFile) -> None:
        """Let others have a file, if it is here."""
        if file.is_in(folder):
            self.here[file.handle], self._sizes[file.handle] = folder / file.name, file.size
        for handle in list(self.here)[:-MAX_MODEL_FILES]:
            del self.here[handle], self._sizes[handle]

    async def _bring(self, lack: Lack, title: str, tell: OnProgress) -> bool:
        """Fetch a file from another worker; return False if the engine shall download it."""
        begun_s = self._clock.now()
        lack.until_s, said_s = begun_s + NO_WORD_S, begun_s - SAY_AGAIN_S
        while not lack.file.is_in(lack.folder):
            now = self._clock.now()
            is_here = any(other.downloads and other.file == lack.file for other in self._lacks)
            if is_here or now > lack.until_s or now - begun_s > MAX_WAIT_S or len(lack.aside) >= MAX_ASIDE:
                return False
            word, lack.word = lack.word, None
            if word is not None and word.door:
                if not await self._try(lack, word.door, title, tell):
                    return False
                lack.until_s = self._clock.now() + LOST_WORD_S
            elif word is not None and not word.wait:
                return False
            elif word is not None and now - said_s >= SAY_AGAIN_S:
                said_s = now
                tell(f"waiting for {title}, which another machine downloads")
            else:
                await asyncio.sleep(LOOK_S)
        return True

    async def _try(self, lack: Lack, door: str, title: str, tell: OnProgress) -> bool:
        """Try to fetch a file at a door; return False if this machine's disk or another process stands against it."""
        if not is_door(door) or door in lack.aside:
            return True
        place = lack.folder / lack.file.name
        part = place.with_name(place.name + NEIGHBOURS_PART)
        try:
            lock = try_download_lock(lack.folder / LOCK)
            if lock is None:
                return False
            try:
                lack.door = door
                part.parent.mkdir(parents=True, exist_ok=True)
                with part.open("wb") as output:
                    fault = await self._fetch(lack, output, title, tell)
                if fault is None:
                    part.replace(place)
                    place.with_name(place.name + PART).unlink(missing_ok=True)  # of an earlier try from the hub
                else:
                    lack.aside[door] = fault
            finally:
                lack.door, lack.have = "", 0
                part.unlink(missing_ok=True)
                lock.release()
        except OSError:
            return False
        return True

    async def _fetch(self, lack: Lack, output: BinaryIO, title: str, tell: OnProgress) -> Fault | None:
        """Fetch a file at the door in use; return why that one is to be left. Raises OSError."""
        try:
            neighbour = Neighbour(PEER + lack.door, self._sockets, lambda name: None)
        except EnvironmentFault:  # its address is none
            return "away"
        try:
            async with asyncio.timeout(SILENT_S + lack.file.size / LEAST_BYTES_S):
                return await self._pieces(
                    lack, neighbour, output, lambda percent: tell(f"fetching {title}, {percent} %")
                )
        except TimeoutError:
            return "silent"
        finally:
            neighbour.socket.close()

    async def _pieces(
        self, lack: Lack, neighbour: Neighbour, output: BinaryIO, tell: Callable[[int], None]
    ) -> Fault | None:
        """Write a file piece by piece, and hold the whole against its digest."""
        handle, size, asked, digest = lack.file.handle, lack.file.size, 0, hashlib.new(lack.file.algorithm)
        moved_s = asked_s = self._clock.now()

        def write(data: bytes) -> None:
            output.write(data)
            digest.update(data)

        while lack.have < size:
            now = self._clock.now()
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
            lack.have, moved_s = lack.have + len(frame), self._clock.now()
            tell(min(99, 100 * lack.have // size))
        output.flush()
        return None if digest.hexdigest() == lack.file.digest else "lying"


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
