"""What all kinds of files have in common: streams that are never encoded to, packets, chapters as FFmpeg takes them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

import av
from av.stream import Disposition, Stream

from swarm.audio.cover import Picture
from swarm.audio.order import AudiobookOrder
from swarm.audio.reel_file import ReelSound

if TYPE_CHECKING:
    from av.container.core import Chapter  # of the stubs only

FRONT_COVER = "Cover (front)"  # what a picture is of, in FFmpeg's words
MAX_TITLE_BYTES = 255  # a chapter's title in the lists that older players read


class SoundFile(Protocol):
    """A file in the making. Its methods may raise OSError."""

    samples: int  # where the next reel begins: below 0 is what players leave out

    @property
    def extradata(self) -> bytes:
        """The configuration that decoders are told: every reel's has to be the same."""

    def write(self, reel: ReelSound) -> None:
        """Append a reel."""

    def has_room(self, chapters: "Sequence[Chapter] | None") -> bool:
        """Whether what belongs at the front will fit there, as far as is known; the chapters are known at the end."""

    def close(self, chapters: "Sequence[Chapter]") -> None:
        """Write chapters and index; all is on the disk then."""

    def abandon(self) -> None:
        """Let go of an unfinished file."""


def open_container(
    file: Any, name: str, order: AudiobookOrder, tags: dict[str, str], options: dict[str, str]
) -> "tuple[av.container.OutputContainer, av.AudioStream]":
    """A container of FFmpeg's on a file, with its tags and one stream of sound."""
    container = av.open(
        file, "w", format=name, metadata_errors="replace", container_options={"fflags": "+bitexact", **options}
    )
    container.metadata.update(tags)
    coding = order.coding
    # A stream with an encoder that is never used: it brings the decoder's configuration with it.
    kind = "pcm_s16le" if name == "wav" else coding.kind.coder
    coder_options = {} if name == "wav" else dict(coding.kind.options)
    sound = container.add_stream(kind, rate=coding.sample_rate, layout=coding.layout, options=coder_options)
    assert isinstance(sound, av.AudioStream)
    if coding.bitrate:
        sound.bit_rate = coding.bitrate
    sound.metadata["language"] = order.tags.language
    return container, sound


def add_picture(container: "av.container.OutputContainer", picture: Picture) -> "av.VideoStream":
    """The cover's stream; its packet follows when the container has begun."""
    # The size is not written for an attached picture, but the muxer insists on one.
    stream = container.add_mux_stream(picture.codec, width=1, height=1)
    stream.disposition = Disposition.attached_pic
    stream.metadata["comment"] = FRONT_COVER
    return stream  # type: ignore[return-value]


def picture_packet(picture: Picture, stream: Stream) -> "av.Packet[Stream]":
    """The cover as a packet."""
    return make_packet(picture.data, stream, 0, 0, Fraction(1))


def make_packet(data: bytes, stream: Stream, position: int, duration: int, time_base: Fraction) -> "av.Packet[Stream]":
    """A packet that needs none before it."""
    packet: av.Packet[Stream] = av.Packet(data)
    packet.stream, packet.pts, packet.dts, packet.duration = stream, position, position, duration
    packet.time_base, packet.is_keyframe = time_base, True
    return packet


def make_chapter(number: int, start: int, end: int, sample_rate: int, title: str) -> "Chapter":
    """A chapter as FFmpeg takes it; its title is cut where a character ends."""
    bounded = title.replace("\0", "").encode(errors="replace")[:MAX_TITLE_BYTES].decode(errors="ignore")
    return {
        "id": number,
        "start": start,
        "end": end,
        "time_base": Fraction(1, sample_rate),
        "metadata": {"title": bounded},
    }
