"""The files of simulated jobs: what they are, and a worker's disk that keeps them through crashes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from faults import LOST_DISK
from small_tensors import small_tensors
from story import Violation

from swarm.job.job_asset import BLOCK_PIECES, DIGEST_BYTES, LATENTS, MODEL, VOICE, JobAsset, piece_size
from swarm.lease.file_transfer import Fetch, Piece

if TYPE_CHECKING:
    from worker import SimWorker
    from world import World

PIECE = 50  # bytes
BLOCK = BLOCK_PIECES * PIECE
WRITE_S = 0.01


def block_list(data: bytes) -> bytes:
    """Return the digests of the blocks of a file."""
    return b"".join(hashlib.sha256(data[at : at + BLOCK]).digest() for at in range(0, len(data), BLOCK))


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def made(name: str, data: bytes) -> JobAsset:
    return JobAsset(name, digest_of(data), len(data))


def files_of(world: World, number: int) -> dict[JobAsset, bytes]:
    """Return the job files of a book: a reference, a model, both, or none."""
    random = world.files_random
    if not (random.random() < 0.4 or "files" in world.faults):
        return {}
    shared = 0 if random.random() < 0.5 else number  # two books may have the same model
    files = {}
    for name, who in ((VOICE, number), (MODEL + "model.pth", shared), (MODEL + "config.json", shared)):
        if random.random() < 0.7 or (name == VOICE and "files" in world.faults):
            data = f"{name} of {who} ".encode() * random.randint(1, 60)
            files[made(name, data)] = data
    return files


class FileDisk:
    """A worker's disk: whole contents, and parts that a crash leaves where they were."""

    def __init__(self, worker: SimWorker) -> None:
        self.worker = worker
        self.whole: dict[str, bytes] = {}
        self.parts: dict[str, bytearray] = {}
        self.sizes: dict[str, int] = {}
        self.expected: dict[str, dict[int, bytes]] = {}  # file -> its blocks
        self.free_s = 0.0

    def seek(self, digest: str, size: int) -> None:
        """Look how much is here."""
        self.sizes[digest] = size
        self._later(self._sought, digest, size)

    def expect(self, digest: str, first: int, digests: bytes) -> None:
        """Hold blocks against their digests as they come."""
        found = range(0, len(digests), DIGEST_BYTES)
        blocks = {first + at // DIGEST_BYTES: digests[at : at + DIGEST_BYTES] for at in found}
        self.expected.setdefault(digest, {}).update(blocks)

    def _sought(self, digest: str, size: int) -> None:
        self.expected.pop(digest, None)
        if digest in self.parts:  # a part goes on from its last whole block
            del self.parts[digest][len(self.parts[digest]) // BLOCK * BLOCK :]
        have = size if digest in self.whole else len(self.parts.setdefault(digest, bytearray()))
        self._kept(digest, have)

    def write(self, digest: str, offset: int, data: bytes) -> None:
        """Write a piece after those before it."""
        self._later(self._written, digest, offset, data)

    def _written(self, digest: str, offset: int, data: bytes) -> None:
        part = self.parts.setdefault(digest, bytearray())
        if offset != len(part) or digest in self.whole:
            return
        part.extend(data)
        start = (len(part) - 1) // BLOCK * BLOCK
        known = self.expected.get(digest, {}).get(start // BLOCK)
        if len(part) in (start + BLOCK, self.sizes[digest]) and known not in (
            None,
            hashlib.sha256(part[start:]).digest(),
        ):
            del part[start:]
            worker = self.worker
            worker.carry_out(worker.core.kept(digest, start, worker.clock(), "a block does not fit", unfit=True))
            return
        if len(part) < self.sizes[digest]:
            self._kept(digest, len(part))
            return
        del self.parts[digest]
        if digest_of(part) == digest:
            self.whole[digest] = bytes(part)
            self._kept(digest, len(part))
        else:
            self._kept(digest, 0, "what came does not fit its digest")

    def _kept(self, digest: str, have: int, note: str = "") -> None:
        worker = self.worker
        worker.carry_out(worker.core.kept(digest, have, worker.clock(), note))

    def _later(self, act: object, *args: object) -> None:
        now = self.worker.world.heap.now
        self.free_s = max(self.free_s, now) + WRITE_S
        self.worker.later(self.free_s - now, act, *args)  # type: ignore[arg-type]

    def serve(self, name: str, fetch: Fetch) -> None:
        """Send a piece of latents up."""
        data = self.whole.get(fetch.digest)
        if data is None:
            self._later(self._missed, fetch.digest)
        else:
            frame = data[fetch.offset : fetch.offset + piece_size(len(data), fetch.offset, PIECE)]
            frame = self.worker.liar.piece(frame) if self.worker.liar else frame
            self.worker.send(name, Piece(fetch.digest, fetch.offset, len(data)), frame)

    def _missed(self, digest: str) -> None:
        self.worker.carry_out(self.worker.core.lost(digest, self.worker.clock()))

    def has(self, job_files: tuple[JobAsset, ...]) -> bool:
        """Tell whether an engine can be given these files."""
        return all(job_file.digest in self.whole for job_file in job_files)

    def lose(self) -> None:
        """Delete a file at random."""
        if self.whole:
            self.whole.pop(self.worker.world.random.choice(sorted(self.whole)))


def latents_made(worker: SimWorker) -> JobAsset | None:
    """Return the latents that an engine computes: never the same twice."""
    if worker.world.no_latents:
        return None
    worker.computed += 1
    said = f"latents {worker.name} {worker.computed} ".encode() * worker.world.files_random.randint(1, 20)
    data = worker.liar.latents(said) if worker.liar else small_tensors(said)
    info = made(LATENTS, data)
    worker.disk.whole[info.digest] = data
    return info


def check_latents(worker: SimWorker, spot: tuple[str, int, int], used: str, link: str) -> None:
    """Check that nothing is spoken with latents that are not in the journal, unless that was lost with its disk."""
    if LOST_DISK in worker.world.faults.began:
        return
    for coordinator in worker.world.coordinators:
        state = coordinator.disk.durable.get(spot[0])
        if coordinator.name != link or state is None or not state.spec.has_latents or worker.liar:
            continue
        if state.latents is None:
            raise Violation("spoken before its latents were journaled", spot)
        if state.latents.digest != used:
            raise Violation("spoken with other latents than the journal's", spot)
