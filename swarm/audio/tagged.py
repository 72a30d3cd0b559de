"""MP3, Ogg, FLAC and WAV: tags and chapters stand before the sound, so they are written twice.

First with the chapters' titles and no times, to keep the room; at the end over that with the times: as many bytes.
A WAV has its few tags there, and all of them behind the sound, with chapters and cover, as an MP3 has them.
"""

import io
import re
from base64 import b64encode
from collections.abc import Sequence
from fractions import Fraction
from io import SEEK_END
from typing import IO, TYPE_CHECKING

import av
import soundfile
from msgspec import structs

from swarm.audio.container import add_picture, make_chapter, make_packet, open_container, picture_packet
from swarm.audio.cover import Picture
from swarm.audio.format import head_samples, make_coding
from swarm.audio.order import AudiobookOrder
from swarm.audio.reel_file import ReelSound
from swarm.audio.tags import comment_language, written_tags
from swarm.system.platform import sync_file

if TYPE_CHECKING:
    from av.container.core import Chapter  # of the stubs only

OPTIONS = {
    "mp3": {"write_xing": "0"},  # a constant bit rate needs no table, and nothing may be cut from the first reel
    "ogg": {},
    "flac": {},
    "wav": {"rf64": "auto"},  # over 4 GiB
}
SHOWS_STREAM_PICTURES = ("mp3", "flac")
STREAMINFO_END = 42  # of a FLAC: what comes before is right only in the file itself
OPUS_SKIP = 312  # samples at 48 kHz that players leave out, as every stream of this encoder says
MAX_TOC = 255
SYNC_BYTES = 16 << 20
ID3 = b"id3 "

RIFF, RF64 = b"RIFF", b"RF64"  # the second where more than 4 GiB do not fit into the first's size

HEAD_BYTES = 8

MAX_RIFF_BYTES = 0xFFFFFFFF

LONG_SIZE_AT = 20  # in an RF64: behind the heads of the file and of its first chunk


class TaggedFile:
    """One file in the making, with room for chapters of these titles."""

    def __init__(self, order: AudiobookOrder, picture: Picture | None, chapters: "Sequence[Chapter]") -> None:
        """Start the file. Raises OSError."""
        self._order, self._picture = order, picture
        self._room = len(_front(order, picture, chapters))
        self.samples = head_samples(order.family, order.coding)
        self._unsynced_bytes = 0
        self._file = order.part.open("w+b")
        self._container, self._sound = _start(order, picture, self._file, chapters)

    @property
    def extradata(self) -> bytes:
        """The configuration that decoders are told; what is encoded here needs none from a reel."""
        return b"" if self._order.family in ("flac", "wav") else bytes(self._sound.codec_context.extradata or b"")

    def write(self, reel: ReelSound) -> None:
        """Append a reel."""
        if self._order.family in ("flac", "wav"):
            self._write_pcm(b"".join(reel.packets))
        else:
            self._write_packets(reel)
        self._unsynced_bytes += sum(map(len, reel.packets))
        if self._unsynced_bytes >= SYNC_BYTES:
            self._file.flush()
            sync_file(self._file.fileno())
            self._unsynced_bytes = 0

    def _write_packets(self, reel: ReelSound) -> None:
        coding = self._order.coding
        clock_rate = coding.kind.clock_rate or coding.sample_rate
        scale, frame, time_base = clock_rate // coding.sample_rate, coding.frame_samples, Fraction(1, clock_rate)
        shift = frame * scale - OPUS_SKIP if self._order.family == "ogg" else 0
        for data in reel.packets:
            place = self.samples * scale + shift
            self._container.mux_one(make_packet(data, self._sound, place, frame * scale, time_base))
            self.samples += frame

    def _write_pcm(self, flac: bytes) -> None:
        pcm, _ = soundfile.read(io.BytesIO(flac), dtype="int16", always_2d=True)
        coding = self._order.coding
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout=coding.layout)
        frame.sample_rate, frame.pts = coding.sample_rate, self.samples
        frame.time_base = Fraction(1, coding.sample_rate)
        self._container.mux(self._sound.encode(frame))
        self.samples += len(pcm)

    def has_room(self, chapters: "Sequence[Chapter] | None") -> bool:
        """Whether the front with these chapters is as long as the one that was written."""
        return (
            chapters is None
            or self._order.family == "wav"
            or len(_front(self._order, self._picture, chapters)) == self._room
        )

    def close(self, chapters: "Sequence[Chapter]") -> None:
        """Write the front anew, with the chapters' times; all is on the disk then. Raises OSError."""
        if self._order.family in ("flac", "wav"):
            self._container.mux(self._sound.encode(None))
        self._container.close()
        if self._order.family == "wav":
            append_chunk(self._file, ID3, _front(_as_mp3(self._order), self._picture, chapters))
        else:
            keep = STREAMINFO_END if self._order.family == "flac" else 0
            self._file.seek(keep)
            self._file.write(_front(self._order, self._picture, chapters)[keep:])
        self._file.flush()
        sync_file(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Let go of an unfinished file: closed first, since the muxer would write its end into it."""
        self._file.close()


def _start(
    order: AudiobookOrder, picture: Picture | None, file: IO[bytes], chapters: "Sequence[Chapter]"
) -> "tuple[av.container.OutputContainer, av.AudioStream]":
    family = order.family
    tags = written_tags(order.tags, family)
    streamed = picture if family in SHOWS_STREAM_PICTURES else None
    if family == "ogg" and picture:
        tags["METADATA_BLOCK_PICTURE"] = _picture_block(picture)
    if family in ("ogg", "flac"):
        tags |= _chapter_comments(chapters)
    container, sound = open_container(file, family, order, tags, OPTIONS[family])
    cover = add_picture(container, streamed) if streamed else None
    if family == "mp3":
        container.set_chapters(list(chapters))
    container.start_encoding()
    if streamed and cover:
        container.mux_one(picture_packet(streamed, cover))
    return container, sound


def _front(order: AudiobookOrder, picture: Picture | None, chapters: "Sequence[Chapter]") -> bytes:
    """What stands before the sound."""
    file = io.BytesIO()
    container, _ = _start(order, picture, file, chapters)
    container.close()
    front = file.getvalue()
    if order.family == "mp3":
        front = _with_comment(front, comment_language(order.tags))
    # A table of contents counts its entries in one byte; without it, readers find the chapters by themselves.
    return front.replace(b"CTOC", b"XTOC", 1) if len(chapters) > MAX_TOC else front


def _with_comment(front: bytes, language: str) -> bytes:
    """FFmpeg writes no ID3 comments. A user's text under the name of a language differs from one by its kind alone."""
    head = re.compile(b"TXXX(......\x03" + language.encode() + b"\0)", re.DOTALL)
    return head.sub(rb"COMM\1", front, count=1)


def _as_mp3(order: AudiobookOrder) -> AudiobookOrder:
    return structs.replace(order, family="mp3", coding=make_coding("mp3", order.coding.sample_rate))


def blank_chapters(titles: Sequence[str], sample_rate: int) -> "list[Chapter]":
    """Chapters of which only the titles are known."""
    return [make_chapter(number, 0, 0, sample_rate, title) for number, title in enumerate(titles)]


def _chapter_comments(chapters: "Sequence[Chapter]") -> dict[str, str]:
    """Chapters as Vorbis comments: FFmpeg reads them, but writes none into a FLAC and wrong ones into an Ogg."""
    found = {}
    for number, chapter in enumerate(chapters):
        milliseconds = int(chapter["start"] * (chapter["time_base"] or 0) * 1000)
        seconds, milliseconds = divmod(milliseconds, 1000)
        found[f"CHAPTER{number:03}"] = (
            f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
        )
        found[f"CHAPTER{number:03}NAME"] = chapter["metadata"]["title"]
    return found


def _picture_block(picture: Picture) -> str:
    """A cover as an Ogg comment holds it: FLAC's picture block in base64."""
    kind = b"image/jpeg" if picture.codec == "mjpeg" else b"image/png"
    front_cover = 3
    numbers = [front_cover, len(kind)]
    head = b"".join(number.to_bytes(4, "big") for number in numbers) + kind
    rest = b"".join(number.to_bytes(4, "big") for number in (0, 0, 0, 0, 0, len(picture.data)))
    return b64encode(head + rest + picture.data).decode()


def append_chunk(file: IO[bytes], kind: bytes, data: bytes) -> None:
    """Add a chunk to a WAV that is open for reading and writing. Raises OSError.

    A file that is none, or that would grow beyond what its size can say, stays as it is.
    """
    end = file.seek(0, SEEK_END)
    file.seek(0)
    kept = file.read(4)
    chunk = bytes(end % 2) + kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
    size = end + len(chunk) - HEAD_BYTES
    if kept == RIFF and size <= MAX_RIFF_BYTES:
        place, said = 4, size.to_bytes(4, "little")
    elif kept == RF64:
        place, said = LONG_SIZE_AT, size.to_bytes(8, "little")
    else:
        return
    file.seek(end)
    file.write(chunk)
    file.seek(place)
    file.write(said)
