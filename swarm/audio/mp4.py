"""M4B and M4A: packets as they come, the index at the front where room is kept for it.

Memory: FFmpeg's muxer keeps some 85 bytes a packet, 7 MB an hour of sound at 24 kHz, so this runs in a child process.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from io import SEEK_SET
from typing import IO, TYPE_CHECKING

from swarm.audio.container import add_picture, make_packet, open_container, picture_packet
from swarm.audio.cover import Picture
from swarm.audio.format import head_samples
from swarm.audio.order import AudiobookOrder
from swarm.audio.reel_file import ReelSound
from swarm.audio.tags import free_tags, written_tags
from swarm.system.platform import sync_file

if TYPE_CHECKING:
    from av.container.core import Chapter  # of the stubs only

MAX_OLD_LIST = 255  # chapters in the list that older players read; beyond, it would show a wrong number of them
SYNC_BYTES = 16 << 20  # written through as we go, so that little is left to write at the end

# Room for the index at the front of the file, so that it plays while it is still being fetched.
INDEX_PACKET_BYTES = 5
INDEX_CHAPTER_BYTES = 700
INDEX_BASE_BYTES = 64 << 10
MEAN = b"com.apple.iTunes"

HEAD_BYTES = 8

MIN_FREE = 8

UTF8 = b"\0\0\0\x01\0\0\0\0"

PATH = (b"moov", b"udta", b"meta", b"ilst")


class Mp4File:
    """One M4B in the making, with room for so many packets and chapters."""

    def __init__(self, order: AudiobookOrder, picture: Picture | None, packets: int, chapters: int) -> None:
        """Start the file. Raises OSError."""
        self._order = order
        self._room_packets, self._room_chapters = packets, chapters
        self.samples = head_samples("mp4", order.coding)  # the first lead primes the decoder
        self._packets = self._unsynced_bytes = 0
        tags = written_tags(order.tags, "mp4")
        self._file = order.part.open("w+b")
        options = {
            "brand": "M4B ",
            "movflags": "+disable_chpl" if chapters > MAX_OLD_LIST else "-disable_chpl",
            "moov_size": str(self._index_bytes(tags, picture)),
        }
        self._container, self._sound = open_container(self._file, "mp4", order, tags, options)
        cover = add_picture(self._container, picture) if picture else None
        self._container.start_encoding()
        if picture and cover:
            self._container.mux_one(picture_packet(picture, cover))

    @property
    def extradata(self) -> bytes:
        """The configuration that decoders are told."""
        return bytes(self._sound.codec_context.extradata or b"")

    def _index_bytes(self, tags: dict[str, str], picture: Picture | None) -> int:
        cover_bytes = len(picture.data) if picture else 0
        tag_bytes = sum(len(value.encode()) for value in tags.values()) + freeform_bytes(free_tags(self._order.tags))
        variable = self._room_packets * INDEX_PACKET_BYTES + self._room_chapters * INDEX_CHAPTER_BYTES
        return INDEX_BASE_BYTES + variable + cover_bytes + 2 * tag_bytes

    def write(self, reel: ReelSound) -> None:
        """Append a reel."""
        frame, time_base = self._order.coding.frame_samples, Fraction(1, self._order.coding.sample_rate)
        for data in reel.packets:
            self._container.mux_one(make_packet(data, self._sound, self.samples, frame, time_base))
            self.samples += frame
        self._packets += len(reel.packets)
        self._sync(sum(map(len, reel.packets)))

    def _sync(self, size: int) -> None:
        self._unsynced_bytes += size
        if self._unsynced_bytes >= SYNC_BYTES:
            self._file.flush()
            sync_file(self._file.fileno())
            self._unsynced_bytes = 0

    def has_room(self, chapters: "Sequence[Chapter] | None") -> bool:
        """Whether the index will fit: packets so far, and the chapters once they are known."""
        return self._packets <= self._room_packets and (chapters is None or len(chapters) <= self._room_chapters)

    def close(self, chapters: "Sequence[Chapter]") -> None:
        """Write chapters and index; all is on the disk then. Raises OSError."""
        self._container.set_chapters(list(chapters))
        self._container.close()
        add_freeform(self._file, free_tags(self._order.tags))
        self._file.flush()
        sync_file(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Let go of an unfinished file: closed first, since the muxer would write its end into it."""
        self._file.close()


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
    if path is None or free_bytes < len(added) + MIN_FREE:
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
