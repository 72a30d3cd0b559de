"""Encodes reels of clips that this worker spoke, with what its engines leave of the processors, and keeps them until
they are fetched."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import structs

from swarm.audiobook.sound.format import Coding, Level
from swarm.audiobook.sound.frame import with_key
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.studio_request import ReelClip, ReelRequest
from swarm.errors import SwarmError
from swarm.job.job_asset import piece_size
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import Clip, EncodedReel
from swarm.lease.outcome import EncodeReel
from swarm.system.disk import Scratch

OTHER_ENCODER = "its encoder is another"
IDLE_S = 60.0  # a process that encoded nothing for so long ends


class ReelEncoder:
    """Processes that encode reels, and the files of those that were not fetched yet."""

    def __init__(self, root: Path, encoders: int, *, stands_back: bool = False) -> None:
        """`stands_back`: all other programs of the machine come first, and not this worker's engines alone."""
        self._root = root
        self._studio = Studio(root.parent / "log", encoders, priority="last" if stands_back else "low")
        self._scratch: Scratch | None = None
        self._count = 0
        self._made: dict[str, Path] = {}  # the keys are digests
        self._busy, self._idle_since_s = 0, 0.0

    async def encode_reel(self, command: EncodeReel, get: Callable[[Clip], bytes]) -> EncodedReel:
        """Encode a reel; `get` returns the bytes of a clip. What comes says why there is none, if that is so."""
        order = command.order
        declined = EncodedReel(order.job, order.reel)
        self._busy += 1
        try:
            return await self._encode(command, get)
        except (SwarmError, OSError) as fault:
            return structs.replace(declined, note=str(fault)[:500])
        finally:
            self._busy, self._idle_since_s = self._busy - 1, time.monotonic()

    async def _encode(self, command: EncodeReel, get: Callable[[Clip], bytes]) -> EncodedReel:
        """Encode a reel. Raises SwarmError, OSError."""
        order = command.order
        coding = Coding(*structs.astuple(order.coding))
        request = ReelRequest(
            (), order.pauses_s, order.sample_rate, order.gain_db, Path(), coding, Level(None, order.peak_db)
        )
        if await self._studio.probe_encoder(order.job, request) != order.encoder:
            return EncodedReel(order.job, order.reel, note=OTHER_ENCODER)
        kept = [get(clip) for clip in command.clips]
        if not all(kept):
            return EncodedReel(order.job, order.reel, note="its clips are not here any more")
        frames = [with_key(frame, clip.key) for frame, clip in zip(kept, command.clips, strict=True)]
        digests = [hashlib.sha256(frame).hexdigest() for frame in frames]
        if hashlib.sha256("".join(digests).encode()).hexdigest() != order.digest:
            return EncodedReel(order.job, order.reel, note="its clips are not as they were journaled")
        folder = self._folder()
        clips = await asyncio.to_thread(_write, folder, command.clips, frames, digests)
        try:
            done = await self._studio.encode_reel(
                order.job, structs.replace(request, clips=clips, target=folder / order.reel)
            )
        finally:
            await asyncio.to_thread(_remove, [clip.path for clip in clips])
        if done.faults:
            return EncodedReel(order.job, order.reel, note=done.faults[0][1][:500])
        data = await asyncio.to_thread(done.path.read_bytes)
        digest = hashlib.sha256(data).hexdigest()
        self._made[digest] = done.path
        return EncodedReel(order.job, order.reel, digest, len(data), done.work_s)

    def _folder(self) -> Path:
        """Return a new folder for one reel. Raises StoreError, OSError."""
        self._scratch = self._scratch or Scratch(self._root)
        self._count += 1
        folder = self._scratch.folder / f"reel-{self._count}"
        folder.mkdir()
        return folder

    def read_piece(self, fetch: Fetch, most: int) -> tuple[Piece, bytes] | None:
        """Return a piece of a reel and its bytes; None if it is not here."""
        path = self._made.get(fetch.digest)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                total = path.stat().st_size
                file.seek(fetch.offset)
                data = file.read(piece_size(total, fetch.offset, most))
        except OSError:
            return None
        return Piece(fetch.digest, fetch.offset, total, "reel", fetch.job), data

    def drop_reel(self, digest: str) -> None:
        """Remove the file of a reel."""
        if path := self._made.pop(digest, None):
            _remove([path])
            with suppress(OSError):
                path.parent.rmdir()

    async def end_idle(self) -> None:
        """End the processes if they had nothing to do for a while."""
        if not self._busy and time.monotonic() - self._idle_since_s > IDLE_S:
            await self._studio.processes.end_idle()

    async def close_encoder(self) -> None:
        """End the processes and remove the files."""
        await self._studio.close_studio()
        if self._scratch is not None:
            with suppress(SwarmError):
                self._scratch.remove_scratch()


def _write(folder: Path, clips: tuple[Clip, ...], frames: list[bytes], digests: list[str]) -> tuple[ReelClip, ...]:
    """Write the clips of a reel for the process that encodes it. Raises OSError."""
    made = []
    for number, (clip, frame, digest) in enumerate(zip(clips, frames, digests, strict=True)):
        path = folder / f"{number}.flac"
        path.write_bytes(frame)
        made.append(ReelClip(path, structs.replace(clip.info, digest=digest)))
    return tuple(made)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)
