"""Writes M4B and M4A: packets as they come, and the index into room that is kept for it at the front.

FFmpeg's muxer keeps some 85 bytes a packet in memory, 7 MB an hour of sound at 24 kHz: this runs in a child process.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from swarm.audio.container import make_packet, open_container
from swarm.audio.cover import Picture
from swarm.audio.format import head_samples
from swarm.audio.mp4_tags import HOLDER, room_for, write_mp4_tags
from swarm.audio.order import AudiobookOrder
from swarm.audio.reel_file import ReelSound
from swarm.system.platform import sync_file

if TYPE_CHECKING:
    from av.container.core import Chapter  # only the stubs of PyAV have it

MAX_OLD_LIST = 255  # chapters in the list that older players read; a longer one would be wrong, so it is left out
SYNC_BYTES = 16 << 20  # the file is synced this often, so that little is left to write at the end

# Room for the index at the front of the file, so that it plays while it is still being fetched.
INDEX_PACKET_BYTES = 5
INDEX_CHAPTER_BYTES = 700
INDEX_BASE_BYTES = 64 << 10


class Mp4File:
    """An unfinished M4B, with room for a number of packets and chapters."""

    def __init__(self, order: AudiobookOrder, picture: Picture | None, packets: int, chapters: int) -> None:
        """Start the file. Raises OSError."""
        self._order = order
        self._room_packets, self._room_chapters = packets, chapters
        self.samples = head_samples("mp4", order.coding)  # the first lead primes the decoder
        self._packets = self._unsynced_bytes = 0
        self._picture = picture
        self._file = order.part.open("w+b")
        holder = room_for(order.tags, picture)
        options = {
            "brand": "M4B ",
            "movflags": "+disable_chpl" if chapters > MAX_OLD_LIST else "-disable_chpl",
            "moov_size": str(self._index_bytes(len(holder))),
        }
        self._container, self._sound = open_container(self._file, "mp4", order, {HOLDER: holder}, options)
        self._container.start_encoding()

    @property
    def extradata(self) -> bytes:
        """The configuration for decoders."""
        return bytes(self._sound.codec_context.extradata or b"")

    def _index_bytes(self, tag_bytes: int) -> int:
        variable = self._room_packets * INDEX_PACKET_BYTES + self._room_chapters * INDEX_CHAPTER_BYTES
        return INDEX_BASE_BYTES + variable + tag_bytes

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
        """Return whether the index of all packets so far will fit, and the chapters if they are known."""
        return self._packets <= self._room_packets and (chapters is None or len(chapters) <= self._room_chapters)

    def close(self, chapters: "Sequence[Chapter]") -> None:
        """Write chapters, index and tags, and sync the file. Raises OSError."""
        self._container.set_chapters(list(chapters))
        self._container.close()
        write_mp4_tags(self._file, self._order.tags, self._picture)
        self._file.flush()
        sync_file(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Close the unfinished file, so that the muxer cannot write its end into it."""
        self._file.close()
