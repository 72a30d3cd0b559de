"""Reads and writes reels on the disk: packets, and what is needed to join them to others. A damaged reel is refused.

The file is magic, SHA-256 of all that follows, length of the head, head, packet sizes (two bytes each), packets.
"""

import hashlib
import os
import struct
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import msgspec
from msgspec import Struct

from swarm.audiobook.sound.format import Coding
from swarm.system.disk import write_synced

MAGIC = b"E2AREEL2"
MAX_REEL_BYTES = 256 << 20
MAX_PACKET_BYTES = 0xFFFF
_PREFIX = struct.Struct(">8s32sH")


class ReelDamaged(Exception):
    """A reel file is missing, cut short or changed; it has to be encoded again from its clips."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} {why}")
        self.path = path
        self.why = why


class ReelHead(Struct, frozen=True):
    """The description at the beginning of a reel file."""

    coding: Coding
    samples: int  # whole frames
    packets: int  # one for each frame
    extradata: bytes  # the decoder's configuration, the same in all reels of a book
    name: str = ""  # the file's own name shows whether a reel lies under another's name


class ReelSound(Struct, frozen=True):
    """A reel as it was read."""

    head: ReelHead
    packets: tuple[bytes, ...]


def pack_reel(head: ReelHead, packets: Sequence[bytes]) -> bytes:
    """Return the file of a reel."""
    packed = msgspec.msgpack.encode(head)
    sizes = struct.pack(f">{len(packets)}H", *map(len, packets))
    body = b"".join((packed, sizes, *packets))
    return _PREFIX.pack(MAGIC, hashlib.sha256(body).digest(), len(packed)) + body


def write_reel(path: Path, data: bytes) -> int:
    """Write the file of a reel whole or not at all and return its size in bytes. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    write_synced(part, data)
    part.replace(path)
    return len(data)


def read_reel(path: Path) -> ReelSound:
    """Read a reel and check all of it. Raises ReelDamaged."""
    try:
        if path.stat().st_size > MAX_REEL_BYTES:
            raise ReelDamaged(path, "is far too large")
        data = path.read_bytes()
    except OSError as error:
        raise ReelDamaged(path, f"cannot be read: {error.strerror}") from error
    return unpack_reel(path, data)


def unpack_reel(path: Path, data: bytes) -> ReelSound:
    """Read the file of a reel and check all of it. Raises ReelDamaged."""
    if len(data) < _PREFIX.size:
        raise ReelDamaged(path, "is cut short")
    magic, digest, head_bytes = _PREFIX.unpack_from(data)
    body = memoryview(data)[_PREFIX.size :]
    if magic != MAGIC or hashlib.sha256(body).digest() != digest:
        raise ReelDamaged(path, "is not a whole reel")
    return _unpack(path, body, head_bytes)


def _unpack(path: Path, body: memoryview, head_bytes: int) -> ReelSound:
    try:
        head = msgspec.msgpack.decode(body[:head_bytes], type=ReelHead)
        sizes = struct.unpack_from(f">{head.packets}H", body, head_bytes)
    except (msgspec.MsgspecError, struct.error) as error:
        raise ReelDamaged(path, "is of another version") from error
    if head.name != path.name:
        raise ReelDamaged(path, "is another reel")
    ends = list(accumulate(sizes, initial=head_bytes + 2 * head.packets))
    if ends[-1] != len(body):
        raise ReelDamaged(path, "is of another version")
    return ReelSound(head, tuple(bytes(body[start:end]) for start, end in pairwise(ends)))
