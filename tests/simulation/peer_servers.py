"""The peer file servers of simulated workers: each asks others for pieces of files, as its core says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from files import BLOCK, PIECE

from swarm.job.job_asset import piece_size
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.worker.file_source import PEER

if TYPE_CHECKING:
    from worker import SimWorker

LATENCY_S = 0.003
LOOK_S = 0.3  # between two looks of a peer whether what it was asked for has come


def peer_address_of(worker: SimWorker) -> str:
    """Return the address of a worker's peer file server, which stays the same when it starts again."""
    return f"10.0.0.{worker.number}:5000"


class PeerServers:
    """The connections of one process of a worker to the servers of others."""

    def __init__(self, worker: SimWorker) -> None:
        self.worker, self.process = worker, worker.process
        self.asked: dict[str, str] = {}  # name -> the process that answers there

    def ask(self, name: str, message: Message) -> None:
        """Send a question to a peer."""
        assert isinstance(message, Fetch)
        heap = self.worker.world.heap
        heap.after(LATENCY_S, self._arrive, name, message)

    def _arrive(self, name: str, fetch: Fetch) -> None:
        if not self._is_here:
            return
        other = next((each for each in self.worker.world.workers if PEER + peer_address_of(each) == name), None)
        if other is None or not other.alive or self.asked.setdefault(name, other.process) != other.process:
            self.asked.pop(name, None)
            self.worker.carry_out(self.worker.core.disconnect(name, self.worker.clock()))
        elif other.awake:
            self._answer(other, name, fetch)
        else:
            self.worker.world.heap.after(LOOK_S, self._arrive, name, fetch)

    def _answer(self, other: SimWorker, name: str, fetch: Fetch) -> None:
        """Answer as a peer file server does: whole blocks of files that a job there needs."""
        item = other.core.fetched.downloads.passed_on(fetch.digest)
        size = item.size if item else 0
        data = other.disk.whole.get(fetch.digest) or bytes(other.disk.parts.get(fetch.digest, b""))
        sure = len(data) if len(data) == size else len(data) - len(data) % BLOCK
        frame = data[fetch.offset : fetch.offset + piece_size(size, fetch.offset, PIECE)] if size else b""
        if size and fetch.offset + len(frame) > sure:
            frame = b""
        if size and not frame:
            self.worker.world.heap.after(LOOK_S, self._arrive, name, fetch)
        if other.liar:
            frame = other.liar.piece(frame)
        if self.worker.awake:
            piece = Piece(fetch.digest, fetch.offset, size)
            self.worker.carry_out(self.worker.core.receive(name, piece, self.worker.clock(), frame))

    @property
    def _is_here(self) -> bool:
        return self.worker.alive and self.worker.process == self.process
