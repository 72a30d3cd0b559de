"""The facts of a clip, in one form for engine processes, messages, journals and reels."""

from typing import Annotated

from msgspec import Meta, Struct

from swarm.job.job_file import Digest
from swarm.job.word_times import MAX_BYTES as MAX_WORD_BYTES

MAX_DOUBT = 500  # characters; the judge of takes cuts longer doubts


class ClipInfo(Struct, frozen=True, kw_only=True):
    """The facts of one clip's sound. The message `Clip` and the record `ClipAccepted` inherit these fields."""

    samples: Annotated[int, Meta(ge=0, lt=2**53)]
    sample_rate: Annotated[int, Meta(ge=8000, le=192_000)]  # Hz
    digest: Digest  # SHA-256 of the frame
    work_s: Annotated[float, Meta(ge=0, le=1e9)]  # seconds in the engine for all takes, without encoding
    takes: Annotated[int, Meta(ge=0, lt=2**53)] = 1  # takes that were spoken, of which this is the best
    doubt: Annotated[str, Meta(max_length=MAX_DOUBT)] = ""  # suspected faults of this take; empty if none
    words: Annotated[bytes, Meta(max_length=MAX_WORD_BYTES)] = b""  # the word times that `word_times.py` packs

    @property
    def length_s(self) -> float:
        """The length in seconds."""
        return self.samples / self.sample_rate

    @property
    def info(self) -> "ClipInfo":
        """These facts alone, without what a message or a record adds to them."""
        return ClipInfo(**{name: getattr(self, name) for name in ClipInfo.__struct_fields__})


class SpokenClip(Struct, frozen=True):
    """A clip as it comes out of an engine's process."""

    frame: bytes  # FLAC, mono, 16 bit
    info: ClipInfo
    further: int = 0  # this take minus the take that was asked for
    packing: str = ""  # the packing for a slow link, as in the message `Clip`
