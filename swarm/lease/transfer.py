"""Bytes in pieces: how far a file has come or gone. Pure: the shell has the bytes, or `Incoming` keeps a small file's.

One pair of messages serves all: a `Piece` brings bytes, and a `Fetch` asks for what follows an offset.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from swarm.job.job_asset import PIECE_BYTES, piece_size
from swarm.lease.file_transfer import Fetch, Piece

Took = Literal["more", "whole", "spoilt", "unasked"]


@dataclass
class Incoming:
    """A file that comes in order, one piece at a time: each is asked for when the one before is here."""

    digest: str
    size: int
    piece: int = PIECE_BYTES
    have: int = 0
    keeps: bool = True  # whether the bytes are kept here
    data: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._found = hashlib.sha256()

    @property
    def next_fetch(self) -> Fetch:
        """The question for the piece that comes next."""
        return Fetch(self.digest, self.have)

    def begin_again(self) -> None:
        """Forget what came."""
        self.have = 0
        self.data.clear()
        self._found = hashlib.sha256()

    def take_piece(self, piece: Piece, frame: bytes) -> Took:
        """Take a piece, and return whether more is to come, or whether the whole file has its digest.

        One that is not the next, or that has not the size of the next, is not taken.
        """
        is_next = (piece.digest, piece.offset, piece.total) == (self.digest, self.have, self.size)
        if not is_next or not frame or len(frame) != piece_size(self.size, self.have, self.piece):
            return "unasked"
        self.have += len(frame)
        self._found.update(frame)
        if self.keeps:
            self.data += frame
        if self.have < self.size:
            return "more"
        return "whole" if self._found.hexdigest() == self.digest else "spoilt"
