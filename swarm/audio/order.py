"""What is asked of the child processes that encode and assemble, and what they answer."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from swarm.audio.format import Coding, Family
from swarm.audio.level import Level
from swarm.audio.tags import Tags
from swarm.job.clip_info import ClipInfo

Value = TypeVar("Value")

MAX_COVER_BYTES = 16 << 20


class ReelClip(Struct, frozen=True):
    """A clip of a reel, as journaled."""

    path: Path
    info: ClipInfo


class ReelOrder(Struct, frozen=True):
    """Encode these clips, each followed by its pause; None is a clip that is missing: only its pause remains."""

    clips: tuple[ReelClip | None, ...]
    pauses_s: tuple[float, ...]
    sample_rate: int  # Hz, of the clips
    gain_db: float
    target: Path
    coding: Coding = Coding()
    level: Level = Level()


class ReelDone(Struct, frozen=True):
    """An encoded reel; with faults nothing was written, and the clips at these positions must be spoken again."""

    path: Path
    samples: int = 0  # at the coding's rate
    bytes: int = 0
    faults: tuple[tuple[int, str], ...] = ()


class Found(Struct, frozen=True):
    """What was found by measuring a voice: the gain in dB that it needs, and how loud it is then; None: silent."""

    gain_db: float
    heard_lufs: float | None


class AudiobookOrder(Struct, frozen=True):
    """A file to put together. `part` is where it grows: in the folder of the finished file."""

    part: Path
    tags: Tags
    family: Family = "mp4"
    coding: Coding = Coding()
    cover: bytes | None = None
    titles: tuple[str, ...] = ()  # of the chapters: the file's index gets room at its front
    expected_s: float = 3600.0  # a guess, for the same; a wrong one costs seconds


class Mark(Struct, frozen=True):
    """A chapter of the finished book, which begins with a reel: its number in the order of appending.

    A chapter without sound has the reel that the next one begins with; it is not marked in the file.
    """

    title: str
    reel: int


class FinishedBook(Struct, frozen=True):
    """The audiobook as it lies on disk."""

    path: Path
    duration_s: float
    bytes: int
    note: str = ""  # what the user should know: a cover that could not be used


def to_message(value: Struct) -> dict[str, Any]:
    """A value as a child process is sent it."""
    message: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(bytes,), enc_hook=str)
    return message


def from_message(message: object, kind: type[Value]) -> Value:
    """The value in a message. Raises msgspec.ValidationError."""
    return msgspec.convert(message, kind, dec_hook=lambda wanted, found: wanted(found))
