"""Messages between a process and its child: msgpack maps over pipes, the same on both ends.

A frame is a big-endian length of four bytes and a map. Each call carries an `id`, and a `lane` if calls may overlap:
calls of one lane are answered in order, lanes run side by side. `{"cancel": id}` cancels a call that has not begun.
"""

import hashlib
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import msgpack  # type: ignore[import-untyped]  # it ships no types
import msgspec

Frame = dict[str, Any]
Handler = Callable[[Frame], Frame]
OnNews = Callable[[str], None]

MAX_FRAME_BYTES = 64 << 20
ENV_CODE = "E2A_SWARM_CODE"  # tells a child which version of the program its parent runs
_LENGTH = struct.Struct(">I")


def code_digest(package: Path) -> str:
    """Return a digest of the sizes and times of a package's files: it changes when another version is installed."""
    facts = []
    for folder, _, names in os.walk(package):
        for name in names:
            if name.endswith(".py"):
                found = os.stat(os.path.join(folder, name))
                facts.append((folder.removeprefix(str(package)), name, found.st_size, found.st_mtime_ns))
    return hashlib.sha256(repr(sorted(facts)).encode()).hexdigest()[:16]


PACKAGE = Path(__file__).parents[1]
CODE = code_digest(PACKAGE)  # when this process began: a later upgrade changes the files, and not this process


def pack_frame(message: Frame) -> bytes:
    """Encode a message for a pipe. Raises ValueError over 64 MiB."""
    body: bytes = msgpack.packb(message, default=msgspec.to_builtins)
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"a message of {len(body)} bytes is over the bound of {MAX_FRAME_BYTES}")
    return _LENGTH.pack(len(body)) + body


def read_frame(stream: IO[bytes]) -> Frame | None:
    """Read the next message; None at the end of the stream. Raises ValueError over 64 MiB."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME_BYTES:
        raise ValueError(f"a message of {length} bytes is over the bound of {MAX_FRAME_BYTES}")
    body = stream.read(length)
    return cast(Frame, msgpack.unpackb(body)) if len(body) == length else None
