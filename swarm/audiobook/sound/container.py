"""Helps to write files of any container with FFmpeg, and reads back the chapters and the cover of a finished file."""

from abc import ABC, abstractmethod
from base64 import b64decode
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.stream import Disposition, Stream

from swarm.audiobook.sound.cover import Picture
from swarm.audiobook.sound.format import head_samples
from swarm.audiobook.sound.reel_file import ReelSound
from swarm.audiobook.sound.studio_request import AudiobookRequest
from swarm.book.model.book import picture_kind
from swarm.system.platform import sync_file

if TYPE_CHECKING:
    from av.container.core import Chapter  # only the stubs of PyAV have it

FRONT_COVER = "Cover (front)"  # FFmpeg's name for the kind of picture
SYNC_BYTES = 16 << 20  # the file is synced this often, so that little is left to write at the end
MAX_TITLE_BYTES = 255  # older players cannot read longer titles in lists of chapters


class SoundFile(ABC):
    """An unfinished file. Its methods may raise OSError."""

    _container: "av.container.OutputContainer"
    _sound: "av.AudioStream"

    def __init__(self, request: AudiobookRequest, picture: Picture | None) -> None:
        self._request, self._picture = request, picture
        self.samples = head_samples(request.family, request.coding)  # the next reel begins here
        self._file = request.part.open("w+b")
        self._unsynced_bytes = 0

    @property
    def extradata(self) -> bytes:
        """The configuration for decoders, which must be the same in every reel."""
        return bytes(self._sound.codec_context.extradata or b"")

    def write_reel(self, reel: ReelSound) -> None:
        """Append a reel."""
        self._write(reel)
        self._unsynced_bytes += sum(map(len, reel.packets))
        if self._unsynced_bytes >= SYNC_BYTES:
            self._sync()

    @abstractmethod
    def has_room(self, chapters: "Sequence[Chapter] | None") -> bool:
        """Return whether index and tags will fit at the front; pass None while the chapters are not known."""

    def finish_file(self, chapters: "Sequence[Chapter]") -> None:
        """Write chapters and index, and sync the file to the disk."""
        self._finish(chapters)
        self._sync()
        self._file.close()

    def abandon_file(self) -> None:
        """Close the unfinished file, so that the muxer cannot write its end into it."""
        self._file.close()

    @abstractmethod
    def _write(self, reel: ReelSound) -> None: ...

    @abstractmethod
    def _finish(self, chapters: "Sequence[Chapter]") -> None: ...

    def _sync(self) -> None:
        self._file.flush()
        sync_file(self._file.fileno())
        self._unsynced_bytes = 0


def open_container(
    file: Any, name: str, request: AudiobookRequest, tags: dict[str, str], options: dict[str, str]
) -> "tuple[av.container.OutputContainer, av.AudioStream]":
    """Open a container on a file, with tags and one stream of sound, and return both."""
    container = av.open(
        file, "w", format=name, metadata_errors="replace", container_options={"fflags": "+bitexact", **options}
    )
    container.metadata.update(tags)
    coding = request.coding
    # The stream's encoder is never used for packets: it is there for the decoder's configuration.
    kind = "pcm_s16le" if name == "wav" else coding.kind.coder
    coder_options = {} if name == "wav" else dict(coding.kind.options)
    sound = container.add_stream(kind, rate=coding.sample_rate, layout=coding.layout, options=coder_options)
    assert isinstance(sound, av.AudioStream)
    if coding.bitrate:
        sound.bit_rate = coding.bitrate
    sound.metadata["language"] = request.tags.language
    return container, sound


def add_picture(container: "av.container.OutputContainer", picture: Picture) -> "av.VideoStream":
    """Add the stream of the cover; write its packet once the container has begun."""
    # The muxer insists on a size, which it does not write for an attached picture.
    stream = container.add_mux_stream(picture.codec, width=1, height=1)
    stream.disposition = Disposition.attached_pic
    stream.metadata["comment"] = FRONT_COVER
    return stream  # type: ignore[return-value]


def picture_packet(picture: Picture, stream: Stream) -> "av.Packet[Stream]":
    """Return the cover as a packet."""
    return make_packet(picture.data, stream, 0, 0, Fraction(1))


def make_packet(data: bytes, stream: Stream, position: int, duration: int, time_base: Fraction) -> "av.Packet[Stream]":
    """Return a packet that can be decoded without those before it; its position is in units of the time base."""
    packet: av.Packet[Stream] = av.Packet(data)
    packet.stream, packet.pts, packet.dts, packet.duration = stream, position, position, duration
    packet.time_base, packet.is_keyframe = time_base, True
    return packet


def make_chapter(number: int, start: int, end: int, sample_rate: int, title: str) -> "Chapter":
    """Return a chapter in FFmpeg's form, from `start` to `end` in samples; a long title is cut between characters."""
    bounded = title.replace("\0", "").encode(errors="replace")[:MAX_TITLE_BYTES].decode(errors="ignore")
    return {
        "id": number,
        "start": start,
        "end": end,
        "time_base": Fraction(1, sample_rate),
        "metadata": {"title": bounded},
    }


def embedded_chapters(path: Path) -> list[tuple[str, float]]:
    """Return title and start in seconds of each chapter. Raises OSError."""
    import av

    with av.open(str(path)) as container:
        return [
            (chapter["metadata"].get("title", ""), float(chapter["start"] * (chapter["time_base"] or 0)))
            for chapter in container.chapters()
        ]


def embedded_cover(path: Path) -> Picture | None:
    """Return the cover; None if the file has none, or is of a kind that mutagen does not read (a WAV over 4 GiB)."""
    import mutagen

    try:
        file = mutagen.File(path)
    except mutagen.MutagenError:
        return None
    data = bytes(_cover_bytes(file)) if file is not None else b""
    kind = picture_kind(data)
    return Picture(kind, data) if kind in ("mjpeg", "png") else None


def _cover_bytes(file: Any) -> bytes:
    """Return the first picture of a file that mutagen opened, wherever its format has it."""
    from mutagen.flac import Picture as FlacPicture

    if hasattr(file, "pictures"):
        return next((picture.data for picture in file.pictures), b"")
    tags = file.tags or {}
    if "covr" in tags:
        return bytes(tags["covr"][0])
    if "metadata_block_picture" in tags:
        return bytes(FlacPicture(b64decode(tags["metadata_block_picture"][0])).data)
    return next((frame.data for key, frame in tags.items() if key.startswith("APIC")), b"")
