"""Bytes in pieces: how far a file has come, how far it has gone, and what others asked for. Pure: the shell has the
bytes, or `Incoming` keeps those of a small file.

One pair of messages serves all: a `Piece` brings bytes, and a `Fetch` asks for what follows an offset.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from swarm.job.job_asset import PIECE_BYTES, piece_size
from swarm.lease.file_transfer import Fetch, Moved, Piece

Took = Literal["more", "whole", "spoilt", "unasked"]


@dataclass
class Incoming:
    """A file that comes in order; `have` and `asked` are bytes from its beginning."""

    digest: str
    size: int
    piece: int = PIECE_BYTES  # bytes of each piece but the last; 0 if the sender decides
    kind: Moved = "file"
    job: str = ""
    have: int = 0
    asked: int = 0
    keeps: bool = True  # whether the bytes are kept here
    hashes: bool = True  # whether they are held against the digest here
    data: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._found = hashlib.sha256()

    @property
    def is_whole(self) -> bool:
        """Whether all came, whatever its digest."""
        return self.have >= self.size

    @property
    def next_fetch(self) -> Fetch:
        """The question for the piece that comes next."""
        return Fetch(self.digest, self.have, self.kind, self.job)

    def fetches(self, end: int) -> Iterator[Fetch]:
        """Yield the questions for the pieces that were not asked for and begin before `end`."""
        while self.asked < min(self.size, end):
            yield Fetch(self.digest, self.asked, self.kind, self.job)
            self.asked += piece_size(self.size, self.asked, self.piece)

    def go_on_from(self, offset: int) -> None:
        """Take only what lies before `offset` for here, and nothing behind it for asked."""
        self.have = self.asked = offset
        if self.hashes and not offset:
            self.data.clear()
            self._found = hashlib.sha256()

    def take_piece(self, piece: Piece, frame: bytes) -> Took:
        """Take a piece, and return whether more is to come, or whether the whole file has its digest.

        One that is not the next, or that has another size than the next, is not taken.
        """
        most = piece_size(self.size, self.have, self.piece or self.size)
        fits = 0 < len(frame) <= most and (not self.piece or len(frame) == most)
        if not fits or piece != Piece(self.digest, self.have, self.size, self.kind, self.job):
            return "unasked"
        self.have += len(frame)
        self.asked = max(self.asked, self.have)
        if self.hashes:
            self._found.update(frame)
        if self.keeps:
            self.data += frame
        if self.have < self.size:
            return "more"
        return "whole" if not self.hashes or self._found.hexdigest() == self.digest else "spoilt"


@dataclass
class Outgoing:
    """A file that is sent ahead of what is asked for; `sent` and `received` are bytes from its beginning."""

    digest: str
    size: int
    kind: Moved
    sent: int = 0
    received: int = 0
    sent_s: deque[tuple[int, float]] = field(default_factory=deque)  # the end of each piece, and when it left

    @property
    def under_way(self) -> int:
        """The bytes that left and have not arrived, as far as is known."""
        return self.sent - self.received

    def next_piece(self, piece: int, now: float) -> tuple[Piece, int]:
        """Return the next piece and its length, at most `piece` bytes, and count it as sent."""
        offset, length = self.sent, piece_size(self.size, self.sent, piece)
        self.sent += length
        self.sent_s.append((self.sent, now))
        return Piece(self.digest, offset, self.size, self.kind), length

    def rewind(self, offset: int) -> None:
        """Count what lies from `offset` on as not sent."""
        self.sent = min(self.sent, offset)
        while self.sent_s and self.sent_s[-1][0] > self.sent:
            self.sent_s.pop()

    def note_received(self, have: int, now: float) -> tuple[float, int]:
        """Note that the first `have` bytes came; return how long the oldest news took, in seconds, and its bytes."""
        news = min(have, self.sent) - self.received
        if news <= 0 or not self.sent_s:
            return 0.0, 0
        age_s = now - self.sent_s[0][1]
        while self.sent_s and self.sent_s[0][0] <= have:
            self.sent_s.popleft()
        self.received += news
        return age_s, news


Asked = TypeVar("Asked")


@dataclass
class Questions(Generic[Asked]):
    """What peers asked for and was not answered yet: each peer has its turn, and `most` questions at the most."""

    most: int
    waiting: dict[bytes, deque[Asked]] = field(default_factory=dict)  # the order of peers is that of their turns

    def ask(self, peer: bytes, asked: Asked) -> None:
        """Add a question of a peer, unless it has too many: it asks again."""
        questions = self.waiting.setdefault(peer, deque())
        if len(questions) < self.most:
            questions.append(asked)

    def take_next(self, is_here: Callable[[Asked], bool]) -> tuple[bytes, Asked] | None:
        """Take the question of the peer whose turn it is, and let the others come before its next one.

        A peer whose piece is not here yet waits, and so do its other questions.
        """
        peer = next((peer for peer, questions in self.waiting.items() if is_here(questions[0])), None)
        if peer is None:
            return None
        questions = self.waiting.pop(peer)
        asked = questions.popleft()
        if questions:
            self.waiting[peer] = questions
        return peer, asked
