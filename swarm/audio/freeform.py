"""Tags that an MP4 has no atom of its own for (subtitle, series, publisher): iTunes' "----" atoms, added at the end.

FFmpeg does not write them. The index lies at the front of our files with a `free` atom behind it, whose room they take;
nothing else moves.
"""

from collections.abc import Iterator
from io import SEEK_SET
from typing import IO

MEAN = b"com.apple.iTunes"
HEAD_BYTES = 8
SHORTEST_FREE = 8
UTF8 = b"\0\0\0\x01\0\0\0\0"
PATH = (b"moov", b"udta", b"meta", b"ilst")


def freeform_bytes(tags: dict[str, str]) -> int:
    """The room they take."""
    return len(_atoms(tags))


def add_freeform(file: IO[bytes], tags: dict[str, str]) -> None:
    """Add tags to a finished MP4 that is open for reading and writing. Raises OSError.

    A file without a list of tags, or without room behind its index, stays as it is.
    """
    added = _atoms(tags)
    found = _index(file) if added else None
    if found is None:
        return
    start, moov, free_bytes = found
    path = _path(moov)
    if path is None or free_bytes < len(added) + SHORTEST_FREE:
        return
    for place, size in path:
        moov[place : place + 4] = (size + len(added)).to_bytes(4, "big")
    place, size = path[-1]
    moov[place + size : place + size] = added
    file.seek(start, SEEK_SET)
    file.write(moov + (free_bytes - len(added)).to_bytes(4, "big") + b"free")


def _atoms(tags: dict[str, str]) -> bytes:
    return b"".join(
        _atom(
            b"----",
            _atom(b"mean", bytes(4) + MEAN)
            + _atom(b"name", bytes(4) + name.encode())
            + _atom(b"data", UTF8 + value.encode()),
        )
        for name, value in tags.items()
    )


def _atom(kind: bytes, body: bytes) -> bytes:
    return (HEAD_BYTES + len(body)).to_bytes(4, "big") + kind + body


def _index(file: IO[bytes]) -> tuple[int, bytearray, int] | None:
    """Where the index begins, the index, and the size of the `free` atom behind it."""
    position = 0
    while True:
        file.seek(position)
        head = file.read(HEAD_BYTES)
        size = int.from_bytes(head[:4], "big")
        if len(head) < HEAD_BYTES or size < HEAD_BYTES:  # the sound itself is the only one that may be larger
            return None
        if head[4:] == b"moov":
            moov = bytearray(head + file.read(size - HEAD_BYTES))
            after = file.read(HEAD_BYTES)
            return (position, moov, int.from_bytes(after[:4], "big")) if after[4:] == b"free" else None
        position += size


def _path(moov: bytearray) -> list[tuple[int, int]] | None:
    """Where the atoms on the way to the list of tags begin, and their sizes."""
    found = [(0, len(moov))]
    for kind in PATH[1:]:
        place, size = found[-1]
        inside = place + HEAD_BYTES + (4 if kind == b"ilst" else 0)  # `meta` has four bytes of flags
        step = next(((at, n) for at, n, what in _children(moov, inside, place + size) if what == kind), None)
        if step is None:
            return None
        found.append(step)
    return found


def _children(data: bytearray, start: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    while start + HEAD_BYTES <= end:
        size = int.from_bytes(data[start : start + 4], "big")
        if size < HEAD_BYTES:
            return
        yield start, size, bytes(data[start + 4 : start + 8])
        start += size
