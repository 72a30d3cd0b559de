"""Pieces of job files are shared among the workers that ask for them."""

import asyncio

from swarm.coordinator.file_server import FileServer
from swarm.job.job_asset import PIECE_BYTES
from swarm.lease.file_transfer import Fetch
from swarm.lease.outcome import Serve

PIECES = 100


class Shelf:
    """A store of one large file."""

    def read_asset(self, job: str, digest: str, offset: int) -> bytes:
        return bytes(PIECE_BYTES)


class Wire:
    """Notes which peers were sent a piece."""

    def __init__(self) -> None:
        self.peers: list[bytes] = []
        self.deaf = b""

    def send(self, peer: bytes, message: object, frame: bytes = b"") -> bool:
        self.peers.append(peer)
        return True

    def unread(self, peer: bytes) -> int:
        return 1 << 30 if peer == self.deaf else 0


async def restored(job: str, digest: str) -> bool:
    return False


async def test_a_worker_that_asks_for_thousands_of_pieces_delays_the_others_by_one_each() -> None:
    wire = Wire()
    server = FileServer(Shelf(), wire, restored, lambda job, digest: False)  # type: ignore[arg-type]
    for number in range(PIECES):
        server.ask(b"greedy", Serve(b"greedy", "job", Fetch("d", number * PIECE_BYTES), PIECES * PIECE_BYTES))
    for number in range(4):
        server.ask(b"modest", Serve(b"modest", "job", Fetch("d", number * PIECE_BYTES), PIECES * PIECE_BYTES))
    running = asyncio.create_task(server.send_pieces())
    while len(wire.peers) < FileServer.max_asked + 4:
        await asyncio.sleep(0.001)
    running.cancel()
    assert wire.peers[:8].count(b"modest") == 4
    assert wire.peers.count(b"greedy") == FileServer.max_asked


async def test_a_worker_that_reads_nothing_is_sent_no_more_pieces() -> None:
    wire = Wire()
    wire.deaf = b"deaf"
    server = FileServer(Shelf(), wire, restored, lambda job, digest: False)  # type: ignore[arg-type]
    for peer in (b"deaf", b"modest", b"deaf", b"modest"):
        server.ask(peer, Serve(peer, "job", Fetch("d", 0), PIECES * PIECE_BYTES))
    running = asyncio.create_task(server.send_pieces())
    while len(wire.peers) < 2:
        await asyncio.sleep(0.001)
    running.cancel()
    assert wire.peers == [b"modest", b"modest"]
