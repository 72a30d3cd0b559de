"""The block lists of models' files, which the coordinator has from workers that have such a file.

A block list is named by its digest, and so is the file on its way: a list that does not fit is no list.
"""

import hashlib
from dataclasses import dataclass, field

from swarm.job.job_file import BLOCKS_IN_LIST, DIGEST_BYTES, block_list_size, piece_size
from swarm.lease.coordinator.chain import Chain
from swarm.lease.coordinator.outcome import Outcome
from swarm.lease.coordinator.roster import Session
from swarm.lease.file_transfer import BlockDigests, Blocks, Fetch, FilePiece
from swarm.lease.reason import Reason

MAX_LISTS = 64  # a list has up to 512 KiB
ANSWER_S = 3.0  # a worker that sends no piece of a list for so long is left for another one


@dataclass
class Coming:
    """A block list on its way here, and those that wait for a part of it."""

    size: int
    session: str = ""
    asked_s: float = 0.0
    data: bytearray = field(default_factory=bytearray)
    tried: set[str] = field(default_factory=set)
    waiting: set[tuple[bytes, int]] = field(default_factory=set)  # peers, and the part that each asked for


@dataclass
class BlockLists:
    """The block lists that are here or on their way, by digest."""

    sessions: dict[str, Session]
    piece: int
    known: dict[str, bytes] = field(default_factory=dict)
    coming: dict[str, Coming] = field(default_factory=dict)

    def answer(self, session: Session, asked: Blocks, chain: Chain, now: float, out: Outcome) -> None:
        """Tell a worker the digests of blocks that it asks for, now or once they are here."""
        if asked.digest in self.known:
            self._tell(session.peer, asked.digest, asked.number, out)
            return
        coming = self.coming.setdefault(asked.digest, Coming(block_list_size(chain.size, self.piece)))
        coming.waiting.add((session.peer, asked.number))
        if coming.session not in self.sessions or now - coming.asked_s >= ANSWER_S:
            self._ask_another(asked.digest, coming, chain, now, out)

    def _ask_another(self, digest: str, coming: Coming, chain: Chain, now: float, out: Outcome) -> None:
        having = [key for key, other in self.sessions.items() if other.has_file(digest) and key not in chain.liars]
        coming.session = min(having, key=lambda key: (key in coming.tried, key), default="")
        coming.tried.add(coming.session)
        coming.data.clear()
        if coming.session:
            self._ask(digest, coming, now, out)

    def _ask(self, digest: str, coming: Coming, now: float, out: Outcome) -> None:
        coming.asked_s = now
        out.send(self.sessions[coming.session].peer, Fetch(digest, len(coming.data)))

    def take(self, session: Session, piece: FilePiece, frame: bytes, chain: Chain, now: float, out: Outcome) -> None:
        """Take in a piece of a list; set a worker aside whose list does not fit its digest."""
        coming = self.coming.get(piece.digest)
        if coming is None or coming.session != session.key or piece.offset != len(coming.data):
            return
        if len(frame) == piece_size(coming.size, piece.offset, self.piece) and piece.total == coming.size:
            coming.data.extend(frame)
            if len(coming.data) < coming.size:
                self._ask(piece.digest, coming, now, out)
                return
            if hashlib.sha256(coming.data).hexdigest() == piece.digest:
                self._keep(piece.digest, self.coming.pop(piece.digest), out)
                return
        chain.liars.add(session.key)
        out.events.append(Reason("file not as it was", worker=session.hello.name, note="the coordinator"))
        self._ask_another(piece.digest, coming, chain, now, out)

    def _keep(self, digest: str, coming: Coming, out: Outcome) -> None:
        while len(self.known) >= MAX_LISTS:
            del self.known[next(iter(self.known))]
        self.known[digest] = bytes(coming.data)
        for peer, number in sorted(coming.waiting):
            self._tell(peer, digest, number, out)

    def _tell(self, peer: bytes, digest: str, number: int, out: Outcome) -> None:
        span = BLOCKS_IN_LIST * DIGEST_BYTES
        if part := self.known[digest][number * span : (number + 1) * span]:
            out.send(peer, BlockDigests(digest, number, part))

    def keep(self, needed: set[str]) -> None:
        """Forget the lists of files that do not travel any more."""
        self.known = {digest: data for digest, data in self.known.items() if digest in needed}
        self.coming = {digest: coming for digest, coming in self.coming.items() if digest in needed}
