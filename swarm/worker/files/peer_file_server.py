"""The port of a worker for others: workers of the swarm fetch the files of its jobs there, and nothing else.

It has the swarm's keys, authenticator and bounds, as a coordinator's listener has. A piece that is on its way here
waits, and the one who asked hears once a second that it is not yet here.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from swarm.errors import EnvironmentFault
from swarm.job.job_asset import BLOCK_BYTES, PIECE_BYTES, WINDOW
from swarm.lease.file_transfer import Fetch, Piece
from swarm.net.transport import RouterSocket
from swarm.worker.files.file_cache import FileThread

MAX_ASKERS = 8
MAX_WAITING = 2 * WINDOW  # pieces that one asker may wait for
MAX_UNREAD_BYTES = 4 * WINDOW * PIECE_BYTES  # further pieces are dropped while an asker has so much to read


@dataclass
class Asker:
    """Another worker, and the pieces that it asked for, which are sent in that order."""

    peer: bytes
    fetches: deque[Fetch] = field(default_factory=deque)
    is_reading: bool = False  # whether the first of the pieces is being read
    moved: bool = False  # whether more of a file came meanwhile


class PeerFileServer:
    """Passes files on while it is open. `size_of` tells the size of a file that may be passed on, 0 for others."""

    def __init__(self, router: RouterSocket, address: str, files: FileThread, size_of: Callable[[str], int]) -> None:
        self._files = files
        self._size_of = size_of
        self._askers: dict[bytes, Asker] = {}  # only askers that wait are here
        self.served = 0  # bytes
        self._router = router
        try:
            self.port = self._router.bind(address, 0)
        except EnvironmentFault:
            self._router.close()
            raise

    async def listen(self) -> None:
        """Serve others, until cancelled."""
        while True:
            peer, message, _ = await self._router.receive()
            if isinstance(message, Fetch):
                self._ask(peer, message)

    def _ask(self, peer: bytes, fetch: Fetch) -> None:
        asker = self._askers.get(peer)
        if fetch.offset >= self._size_of(fetch.digest) or (asker is None and len(self._askers) >= MAX_ASKERS):
            self._router.send(peer, Piece(fetch.digest, fetch.offset, 0))
            return
        if asker is None:
            asker = self._askers[peer] = Asker(peer)
        if len(asker.fetches) < MAX_WAITING:
            asker.fetches.append(fetch)
            self._read(asker)

    def _read(self, asker: Asker) -> None:
        """Have the first of the pieces read, if it is not already."""
        if not asker.is_reading:
            asker.is_reading, asker.moved = True, False
            first = asker.fetches[0]
            self._files.pass_on(first.digest, first.offset, partial(self._reply, asker, first))

    def _reply(self, asker: Asker, fetch: Fetch, data: bytes, size: int) -> None:
        asker.is_reading = False
        if not data and size and fetch.offset < self._size_of(fetch.digest):
            if asker.moved:
                self._read(asker)
            return
        asker.fetches.popleft()
        if self._router.unread(asker.peer) <= MAX_UNREAD_BYTES:
            self._router.send(asker.peer, Piece(fetch.digest, fetch.offset, size), data)
            self.served += len(data)
        if asker.fetches:
            self._read(asker)
        elif self._askers.get(asker.peer) is asker:
            del self._askers[asker.peer]

    def moved(self, digest: str, have: int) -> None:
        """Take in that so many bytes of a file are on the disk: pieces of its whole blocks can go."""
        sure = have if have >= self._size_of(digest) else have - have % BLOCK_BYTES
        for asker in list(self._askers.values()):
            if asker.fetches[0].digest == digest and asker.fetches[0].offset < sure:
                asker.moved = True
                self._read(asker)

    def remind(self) -> None:
        """Tell those that wait that their pieces are not here yet; forget those that are gone."""
        for asker in list(self._askers.values()):
            first = asker.fetches[0]
            size = self._size_of(first.digest)  # 0 if no job needs the file any more
            if not self._router.send(asker.peer, Piece(first.digest, first.offset, size)) or not size:
                del self._askers[asker.peer]

    def close(self) -> None:
        """Close the port and all connections."""
        self._router.close()
