"""Puts an audiobook together from encoded reels as they come; nothing is encoded again.

Memory: FFmpeg's muxer keeps some 85 bytes a packet, 7 MB an hour of sound at 24 kHz, so this runs in a child process.
"""

import gc
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.stream import Disposition, Stream

from swarm.audio.cover import fit_cover
from swarm.audio.encoder import BITRATE, CODER
from swarm.audio.order import AudiobookOrder, FinishedBook, Mark
from swarm.audio.reel import FRAME_SAMPLES, LEAD_SAMPLES
from swarm.audio.reel_file import ReelDamaged, read_reel
from swarm.node.platform import sync_file, sync_folder

if TYPE_CHECKING:
    from av.container.core import Chapter  # of the stubs only

MAX_TITLE_BYTES = 255  # a chapter's title in the list that older players read
MAX_OLD_LIST = 255  # chapters in that list; beyond, it would show a wrong number of them
MAX_TAG_CHARACTERS = 4000
SYNC_BYTES = 16 << 20  # written through as we go, so that little is left to write at the end

# Room for the index at the front of the file, so that it plays while it is still being fetched.
INDEX_PACKET_BYTES = 5
INDEX_CHAPTER_BYTES = 700
INDEX_BASE_BYTES = 64 << 10
GUESS_MARGIN = 1.5


class Audiobook:
    """One M4B in the making: append reels in reading order, then finish."""

    def __init__(self, order: AudiobookOrder) -> None:
        """Start the file. Raises OSError."""
        self._order = order
        self._picture = fit_cover(order.cover) if order.cover else None
        self._reels: list[Path] = []
        expected_packets = int(GUESS_MARGIN * order.expected_s * order.sample_rate / FRAME_SAMPLES)
        self._start(expected_packets, order.chapters)

    def append(self, path: Path) -> None:
        """Append a reel.

        Raises ReelDamaged: of this reel, and the book is as before; of an earlier one: start again. Raises OSError.
        """
        self._append(path)
        self._reels.append(path)
        if self._packets > self._room_packets:
            self._restart(2 * self._packets, self._room_chapters)  # now rather than when everybody waits for the end

    def finish(self, marks: Sequence[Mark], target: Path) -> FinishedBook:
        """Write chapters and index, and give the file its name. Raises OSError, ReelDamaged."""
        if len(marks) > self._room_chapters:
            self._restart(self._packets, len(marks))
        self._container.set_chapters(list(self._chapters(marks)))
        self._container.close()
        self._file.flush()
        sync_file(self._file.fileno())
        self._file.close()
        self._order.part.replace(target)
        sync_folder(target.parent)
        coverless = self._order.cover is not None and not self._picture
        note = "its cover is of a kind that cannot be shown" if coverless else ""
        return FinishedBook(target, self._samples / self._order.sample_rate, target.stat().st_size, note)

    def abandon(self) -> None:
        """Stop and remove the unfinished file."""
        try:
            self._file.close()  # first: the muxer would write its end into it
        finally:
            self._order.part.unlink(missing_ok=True)

    @property
    def _packets(self) -> int:
        return self._samples // FRAME_SAMPLES + 1

    def _start(self, packets: int, chapters: int) -> None:
        self._room_packets, self._room_chapters = packets, chapters
        self._order.part.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._order.part.open("w+b")
        self._container = av.open(
            self._file,
            "w",
            format="mp4",
            metadata_errors="replace",
            container_options={
                "brand": "M4B ",
                "fflags": "+bitexact",
                "movflags": "+disable_chpl" if chapters > MAX_OLD_LIST else "-disable_chpl",
                "moov_size": str(self._index_bytes(packets, chapters)),
            },
        )
        self._container.metadata.update(tags(self._order))
        self._samples = -LEAD_SAMPLES  # the first lead primes the decoder, and players leave it out
        self._unsynced_bytes = 0
        self._starts: list[int] = []
        self._open_streams()

    def _index_bytes(self, packets: int, chapters: int) -> int:
        cover_bytes = len(self._picture.data) if self._picture else 0
        tag_bytes = sum(len(value.encode(errors="replace")) for value in tags(self._order).values())
        variable = packets * INDEX_PACKET_BYTES + chapters * INDEX_CHAPTER_BYTES
        return INDEX_BASE_BYTES + variable + cover_bytes + 2 * tag_bytes

    def _open_streams(self) -> None:
        # A stream with an encoder that is never used: it brings the decoder's configuration with it.
        self._audio = self._container.add_stream(
            "aac", rate=self._order.sample_rate, layout="mono", bit_rate=BITRATE, options=CODER
        )
        self._audio.metadata["language"] = self._order.language
        if self._picture:
            # The size is not written for an attached picture, but the muxer insists on one.
            cover = self._container.add_mux_stream(self._picture.codec, width=1, height=1)
            cover.disposition = Disposition.attached_pic
        self._container.start_encoding()
        if self._picture:
            self._container.mux_one(_packet(self._picture.data, cover, 0, 0, Fraction(1)))

    def _append(self, path: Path) -> None:
        reel = read_reel(path)
        expected = (self._order.sample_rate, self._audio.codec_context.extradata)
        if (reel.head.sample_rate, reel.head.extradata) != expected:
            raise ReelDamaged(path, "is of another sample rate or version")
        self._starts.append(self._samples)
        time_base = Fraction(1, self._order.sample_rate)
        for data in reel.packets:
            self._container.mux_one(_packet(data, self._audio, self._samples, FRAME_SAMPLES, time_base))
            self._samples += FRAME_SAMPLES
        self._sync(sum(map(len, reel.packets)))

    def _sync(self, size: int) -> None:
        self._unsynced_bytes += size
        if self._unsynced_bytes >= SYNC_BYTES:
            self._file.flush()
            sync_file(self._file.fileno())
            self._unsynced_bytes = 0

    def _restart(self, packets: int, chapters: int) -> None:
        """Write the file again with enough room for its index."""
        self._file.close()
        del self._container, self._audio
        gc.collect()  # they refer to each other, and their index is large
        self._start(packets, chapters)
        for path in self._reels:
            self._append(path)

    def _chapters(self, marks: Sequence[Mark]) -> Iterator["Chapter"]:
        # Half of a reel's silent lead before its first sound: a player that jumps there decodes the silence first.
        places = [max(0, start + LEAD_SAMPLES // 2) for start in self._starts] + [self._samples]
        starts = [places[mark.reel] for mark in marks]
        spans = zip(marks, pairwise([*starts, self._samples]), strict=True)
        heard = [(mark, start, end) for mark, (start, end) in spans if end > start]  # not a chapter without sound
        for number, (mark, start, end) in enumerate(heard):
            yield {
                "id": number,
                "start": start,
                "end": end,
                "time_base": Fraction(1, self._order.sample_rate),
                "metadata": {"title": _bounded(mark.title)},
            }


def _packet(data: bytes, stream: Stream, position: int, duration: int, time_base: Fraction) -> "av.Packet[Stream]":
    packet: av.Packet[Stream] = av.Packet(data)
    packet.stream, packet.pts, packet.dts, packet.duration = stream, position, position, duration
    packet.time_base, packet.is_keyframe = time_base, True
    return packet


def tags(order: AudiobookOrder) -> dict[str, str]:
    """The tags of the finished file, by FFmpeg's names."""
    authors = ", ".join(order.authors)
    found = {
        "title": order.title,
        "album": order.title,
        "artist": authors,
        "album_artist": authors,
        "date": order.year,
        "genre": "Audiobook",
        "description": order.description,
        "media_type": "2",  # an audiobook, to Apple's players
    }
    return {name: value.replace("\0", "")[:MAX_TAG_CHARACTERS] for name, value in found.items() if value}


def _bounded(title: str) -> str:
    """A chapter's title, cut where a character ends."""
    return title.replace("\0", "").encode(errors="replace")[:MAX_TITLE_BYTES].decode(errors="ignore")
