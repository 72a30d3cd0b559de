"""A worker's cache of job files, <state>/assets/<digest>: fetched in pieces and verified, bounded in size.

Several workers of one machine may share it: a lock for each file keeps two of them from fetching it. Each cache is used
from one thread at a time.

Its operations run one at a time, in a thread of their own.
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Container, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from swarm.errors import StoreError
from swarm.job.job_asset import BLOCK_PIECES, DIGEST_BYTES, LATENTS, PIECE_BYTES, JobAsset, piece_size
from swarm.job.store.store import digest_of
from swarm.lease.file_transfer import Fetch, Piece
from swarm.system.disk import Lock, Scratch, guarded, link_or_copy, replace_file
from swarm.system.platform import sync_file
from swarm.system.text import bytes_text

ARRIVING = ".from-neighbour"  # ends the name of a model's file while it is copied to its place
MIN_FREE_BYTES = 256 * 1024 * 1024  # the disk keeps this much free
SPOILT = "the file that arrived does not match its digest"
UNFIT = "a block of the file does not match its digest"
ELSEWHERE = "another worker of this machine is fetching it"


class Kept(NamedTuple):
    """The part of a job file that is here; the whole file only once verified. `note` says what went wrong.

    `unfit`: the block that begins there came and did not fit its digest.
    """

    have: int
    note: str = ""
    unfit: bool = False


@dataclass
class PartialFile:
    """A job file that is being fetched, in blocks; those whose digests are known are held against them."""

    file: IO[bytes]
    size: int
    have: int
    digest: "hashlib._Hash"
    lock: Lock
    block: int  # bytes of a whole block
    expected: Mapping[int, bytes]  # digests of blocks, which are counted from 0
    sure: int = 0  # bytes of the whole blocks that are here
    sure_digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    block_digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    block_list: bytearray = field(default_factory=bytearray)  # digests of the whole blocks that are here

    def append(self, data: bytes) -> bool:
        """Append bytes; return False if a block does not fit, which is taken off again with all behind it."""
        while data:
            room = self.block - self.have % self.block
            head, data = data[:room], data[room:]
            self.file.write(head)
            self.digest.update(head)
            self.block_digest.update(head)
            self.have += len(head)
            if (self.have % self.block == 0 or self.have == self.size) and not self._close_block():
                return False
        return True

    def _close_block(self) -> bool:
        fits = self.expected.get(self.sure // self.block) in (None, self.block_digest.digest())
        self.file.flush()  # others read it through another handle
        if fits:
            self.sure, self.sure_digest = self.have, self.digest.copy()
            self.block_list += self.block_digest.digest()
        else:
            self.file.truncate(self.sure)
            self.have, self.digest = self.sure, self.sure_digest.copy()
        self.block_digest = hashlib.sha256()
        return fits

    def is_named_by_blocks(self, digest: str) -> bool:
        """Tell whether a digest is that of the block list of what came, as it is of a model's file."""
        return self.size != DIGEST_BYTES and hashlib.sha256(self.block_list).hexdigest() == digest


class FileCache:
    """A cache of job files by digest, of at most `limit` bytes."""

    def __init__(self, state_dir: Path, limit: int, piece: int = PIECE_BYTES) -> None:
        self.root = state_dir / "assets"
        self.scratch_root = state_dir / "scratch"
        self._state_dir = state_dir
        self._limit = limit
        self._piece = piece
        self._block = BLOCK_PIECES * piece
        self.models: dict[str, Path] = {}  # files of engines' models that other workers may have, by block list
        # Block lists of these files and of those that came from other workers; keys are digests.
        self.block_lists: dict[str, bytes] = {}
        self._parts: dict[str, PartialFile] = {}
        self._expected: dict[str, dict[int, bytes]] = {}  # digests of the blocks of partial files
        self._verified: set[str] = set()
        self._scratch: Scratch | None = None
        self._gathered: dict[str, Path] = {}
        self._count = 0

    def seek(self, digest: str, size: int, needed: Container[str] = ()) -> Kept:
        """Look for a job file; if it is not here, make room for it by removing files that are not `needed`."""
        try:
            with guarded(self.root):
                self._forget(digest)
                self.root.mkdir(parents=True, exist_ok=True)
                self._link_from_jobs(digest, size)
                return Kept(size) if self._is_whole(digest, size) else self._begin(digest, size, needed)
        except StoreError as fault:
            return Kept(0, str(fault))

    def _begin(self, digest: str, size: int, needed: Container[str]) -> Kept:
        lock = Lock(self.root / "locks" / f"{digest}.lock")
        if not lock.try_acquire():
            return Kept(0, ELSEWHERE)
        try:
            if self._is_whole(digest, size):  # another worker may just have fetched it
                lock.release()
                return Kept(size)
            self._make_room(digest, size, needed)
            part = self._open_part(digest, size, lock)
        except BaseException:
            lock.release()
            raise
        self._parts[digest] = part
        return Kept(part.have) if part.have < size else self._finish(digest)

    def _open_part(self, digest: str, size: int, lock: Lock) -> PartialFile:
        """Open a partial file at the end of its last whole block: a part of one might not fit."""
        path = self._part_path(digest)
        have = path.stat().st_size if path.exists() else 0
        with path.open("a+b") as file:
            file.truncate(0 if have > size else have if have == size else have - have % self._block)
        part = PartialFile(
            path.open("ab"), size, 0, hashlib.sha256(), lock, self._block, self._expected.setdefault(digest, {})
        )
        with path.open("rb") as file:
            while chunk := file.read(self._block):
                part.digest.update(chunk)
                part.block_list += hashlib.sha256(chunk).digest()
                part.have += len(chunk)
        part.sure, part.sure_digest = part.have, part.digest.copy()
        return part

    def expect(self, digest: str, first: int, digests: bytes) -> None:
        """Hold the blocks of a partial file, from the block `first` on, against these digests as they come."""
        if digest in self._parts:
            found = range(0, len(digests), DIGEST_BYTES)
            self._expected[digest] |= {first + at // DIGEST_BYTES: digests[at : at + DIGEST_BYTES] for at in found}

    def write(self, digest: str, offset: int, data: bytes) -> Kept | None:
        """Append a piece to a partial file; return None if the piece is not the next one."""
        part = self._parts.get(digest)
        if part is None or offset != part.have or offset + len(data) > part.size:
            return None
        try:
            with guarded(self.root):
                if not part.append(data):
                    return Kept(part.have, UNFIT, unfit=True)
                return self._finish(digest) if part.have == part.size else Kept(part.have)
        except StoreError as fault:
            self._forget(digest)
            return Kept(0, str(fault))

    def passed_on(self, fetch: Fetch) -> tuple[bytes, int]:
        """Return a piece for another worker, and the size of the whole file; b"" if it is not here yet.

        The size is 0 if the file is not here at all. A part is passed on in whole blocks. Raises StoreError.
        """
        digest, offset = fetch.digest, fetch.offset
        part, path = self._parts.get(digest), self.models.get(digest, self.root / digest)
        if part is not None and digest not in self.models:
            wanted = piece_size(part.size, offset, self._piece)
            return self._read_at(
                self._part_path(digest), offset, wanted if offset + wanted <= part.sure else 0
            ), part.size
        if (digest not in self._verified and digest not in self.models) or not path.is_file():
            return b"", 0
        size = path.stat().st_size
        return self._read_at(path, offset, piece_size(size, offset, self._piece)), size

    @staticmethod
    def _read_at(path: Path, offset: int, size: int) -> bytes:
        if not size:
            return b""
        with guarded(path), path.open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def _finish(self, digest: str) -> Kept:
        part, path = self._parts[digest], self._part_path(digest)
        part.file.flush()
        sync_file(part.file.fileno())
        part.file.close()
        is_model = part.is_named_by_blocks(digest)
        fits = is_model or part.digest.hexdigest() == digest
        self._expected.pop(digest, None)
        if fits:
            path.replace(self.root / digest)
            self._verified.add(digest)
            self.block_lists.update({digest: bytes(part.block_list)} if is_model else {})
        else:
            path.unlink()
        self._forget(digest)
        return Kept(part.size) if fits else Kept(0, SPOILT)

    def _forget(self, digest: str) -> None:
        if part := self._parts.pop(digest, None):
            with contextlib.suppress(OSError):  # buffered pieces that are lost here are fetched again
                part.file.close()
            part.lock.release()

    def keep_latents(self, data: bytes) -> JobAsset:
        """Keep latents that an engine computed here. Raises StoreError."""
        info = JobAsset(LATENTS, hashlib.sha256(data).hexdigest(), len(data))
        with guarded(self.root):
            replace_file(self.root / info.digest, data)
        self._verified.add(info.digest)
        return info

    def read(self, fetch: Fetch) -> tuple[bytes, int]:
        """Return a piece of latents or of a model's block list, and the size of the whole. Raises StoreError."""
        path, whole = self.root / fetch.digest, self.block_lists.get(fetch.digest, b"")
        if fetch.kind != "blocks":
            with guarded(path):
                whole = path.read_bytes()
            if hashlib.sha256(whole).hexdigest() != fetch.digest:
                path.unlink()
                raise StoreError(f"{path} is damaged.")
        return whole[fetch.offset : fetch.offset + self._piece], len(whole)

    def share(self, path: Path) -> tuple[str, int]:
        """Let others have a file of a model; return the digest of its block list, and its size. Raises OSError."""
        blocks, size = bytearray(), 0
        with path.open("rb") as file:
            while block := file.read(self._block):
                blocks += hashlib.sha256(block).digest()
                size += len(block)
        digest = hashlib.sha256(blocks).hexdigest()
        self.block_lists[digest], self.models[digest] = bytes(blocks), path
        return digest, size

    def place_model_file(self, digest: str, place: Path) -> None:
        """Give a model's file that came from other workers its place, and let others have it. Raises OSError."""
        path = self.root / digest
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.replace(place)
        except OSError:  # another disk has the models
            part = place.with_name(place.name + ARRIVING)
            shutil.copyfile(path, part)
            part.replace(place)
            path.unlink()
        self._verified.discard(digest)
        self.models[digest] = place

    def discard(self, digest: str) -> None:
        """Remove a file that came and is not the one that was sought."""
        self._verified.discard(digest)
        self.block_lists.pop(digest, None)
        (self.root / digest).unlink(missing_ok=True)

    def abandon(self, digest: str) -> None:
        """Close a partial file that is not fetched any more; what has come of it stays here for a while."""
        part = self._parts.get(digest)
        if part is not None and not part.have:  # others may name files without end, of which nothing is to stay
            part.file.close()
            with contextlib.suppress(OSError):
                self._part_path(digest).unlink()
            part.lock.remove_lock()
        self._expected.pop(digest, None)
        self._forget(digest)

    def withhold(self, digest: str) -> None:
        """Let others have a file of a model no more."""
        self.models.pop(digest, None)
        self.block_lists.pop(digest, None)

    def gather(self, job_files: Iterable[JobAsset], name: str) -> Path:
        """Return a new folder that has these files under their names, as hard links if possible. Raises StoreError."""
        self._scratch = self._scratch or Scratch(self.scratch_root)
        if name in self._gathered:
            # Windows refuses to remove files that an engine has open.
            shutil.rmtree(self._gathered[name], ignore_errors=True)
        self._count += 1
        folder = self._gathered[name] = self._scratch.folder / f"{name}-{self._count}"
        for job_file in job_files:
            source, target = self.root / job_file.digest, folder / job_file.name
            with guarded(source):
                os.utime(source)  # marks the file as used, since the least recently used are removed first
                link_or_copy(source, target)
        return folder

    def close_partial_files(self) -> None:
        """Close the partial files, which the next start resumes."""
        for digest in list(self._parts):
            self._forget(digest)
        if self._scratch is not None:
            self._scratch.remove_scratch()

    # --- the disk

    def _link_from_jobs(self, digest: str, size: int) -> None:
        """Hard-link a file that a coordinator on this machine has, if the disk supports it."""
        if (self.root / digest).exists():
            return
        for twin in self._state_dir.glob(f"jobs/*/assets/{digest}"):
            if twin.stat().st_size == size:
                with contextlib.suppress(OSError):
                    os.link(twin, self.root / digest)
                return

    def _part_path(self, digest: str) -> Path:
        return self.root / f"{digest}.part"

    def _is_whole(self, digest: str, size: int) -> bool:
        path = self.root / digest
        if not path.is_file() or path.stat().st_size != size:
            return False
        if digest not in self._verified:
            if digest_of(path) != digest:
                path.unlink()
                return False
            self._verified.add(digest)
        os.utime(path)
        return True

    def _make_room(self, digest: str, size: int, needed: Container[str]) -> None:
        """Remove the least recently used files until a new one fits. Raises StoreError if it cannot fit."""
        files = [path for path in self.root.iterdir() if path.is_file() and path.stem != digest]
        files.sort(key=lambda path: path.stat().st_mtime)
        total = size + sum(path.stat().st_size for path in files)
        for path in files:
            if total <= self._limit:
                break
            if path.stem not in needed and path.stem not in self._parts:
                total -= path.stat().st_size
                path.unlink()
                self._verified.discard(path.stem)
        if total > self._limit:
            raise StoreError(
                f"{bytes_text(size)} more do not fit the {bytes_text(self._limit)} that this machine keeps of such "
                "files: start its worker with a larger --assets-limit."
            )
        part = self._part_path(digest)
        missing = size - (part.stat().st_size if part.exists() else 0)
        if shutil.disk_usage(self.root).free < missing + MIN_FREE_BYTES:
            raise StoreError(f"{bytes_text(missing)} more do not fit on the disk of {self.root}: free some of it.")


Report = Callable[[str, Kept], None]


class FileThread:
    """A worker's file cache for an event loop, which it never blocks.

    It calls `kept` with the state of a file on the disk.
    """

    def __init__(self, folder: FileCache, kept: Report) -> None:
        self._folder = folder
        self._kept = kept
        self.root = folder.root
        self._acts: asyncio.Queue[tuple[Callable[[], Any], Callable[[Any], None]]] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="job-files")

    def seek(self, digest: str, size: int, needed: Container[str]) -> None:
        """Queue the search for a job file; `kept` gets the result."""
        self._act_later(partial(self._folder.seek, digest, size, needed), partial(self._kept, digest))

    def write(self, digest: str, offset: int, data: bytes) -> None:
        """Queue the writing of a piece; `kept` gets the result."""

        def report(kept: Kept | None) -> None:
            if kept is not None:
                self._kept(digest, kept)

        self._act_later(partial(self._folder.write, digest, offset, data), report)

    def expect(self, digest: str, first: int, digests: bytes) -> None:
        """Queue what the blocks of a job file are held against."""
        self._act_later(partial(self._folder.expect, digest, first, digests), lambda nothing: None)

    async def read_piece(self, fetch: Fetch, *, shared: bool) -> tuple[Piece, bytes]:
        """Read a piece for another worker if `shared`, else of latents or of a block list for a coordinator.

        Its `total` is 0 if what is asked for is not here.
        """
        read, (frame, size) = self._folder.passed_on if shared else self._folder.read, (b"", 0)
        with contextlib.suppress(StoreError):
            frame, size = await self._do(partial(read, fetch))
        return Piece(fetch.digest, fetch.offset, size, fetch.kind), frame

    def _act_later(self, act: Callable[[], Any], report: Callable[[Any], None]) -> None:
        self._acts.put_nowait((act, report))

    async def gather(self, job_files: tuple[JobAsset, ...], slot: int) -> Path | None:
        """Return the folder with a job's files for a slot; None if it needs none. Raises StoreError."""
        if not job_files:
            return None
        folder: Path = await self._do(partial(self._folder.gather, job_files, f"slot-{slot}"))
        return folder

    async def keep_latents(self, latents: bytes) -> JobAsset | None:
        """Keep the latents of an engine; return None if they are empty. Raises StoreError."""
        kept: JobAsset | None = await self._do(partial(self._folder.keep_latents, latents)) if latents else None
        return kept

    async def share(self, path: Path) -> tuple[str, int]:
        """Let others have a file of a model; return the digest of its block list, and its size. Raises OSError."""
        shared: tuple[str, int] = await asyncio.to_thread(self._folder.share, path)  # a large file takes seconds
        return shared

    async def place_model_file(self, digest: str, place: Path) -> None:
        """Give a model's file that came from other workers its place. Raises OSError."""
        await self._do(partial(self._folder.place_model_file, digest, place))

    async def move(self, act: Callable[[], None], places: dict[str, Path]) -> None:
        """Move files of a model that others have from here, and read them at their new places. Raises OSError."""
        await self._do(act)
        self._folder.models.update(places)

    def abandon(self, digest: str) -> None:
        """Queue the closing of a partial file that is not fetched any more."""
        self._act_later(partial(self._folder.abandon, digest), lambda nothing: None)

    def discard(self, digest: str) -> None:
        """Queue the removal of a file that is not the one that was sought."""
        self._act_later(partial(self._folder.discard, digest), lambda nothing: None)

    def withhold(self, digest: str) -> None:
        """Let others have a file of a model no more."""
        self._folder.withhold(digest)

    async def _do(self, act: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)

    async def run(self) -> None:
        """Run the queued operations, for ever."""
        while True:
            act, report = await self._acts.get()
            report(await self._do(act))

    def end_file_thread(self) -> None:
        """Release the locks and end the thread."""
        self._thread.submit(self._folder.close_partial_files)  # the thread that took the locks must release them
        self._thread.shutdown()
