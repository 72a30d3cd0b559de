"""The requests to the child processes that encode and assemble, and their replies."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from swarm.audiobook.sound.format import Coding, Family, Level
from swarm.audiobook.sound.tags import Tags
from swarm.errors import EnvironmentFault, Remedy
from swarm.job.clip_info import ClipInfo

Value = TypeVar("Value")

MAX_COVER_BYTES = 16 << 20


class ReelClip(Struct, frozen=True):
    """A clip of a reel, as journaled."""

    path: Path
    info: ClipInfo


class ReelRequest(Struct, frozen=True):
    """Clips to encode, each followed by its pause; None stands for a missing clip, of which only the pause remains."""

    clips: tuple[ReelClip | None, ...]
    pauses_s: tuple[float, ...]
    sample_rate: int  # Hz, of the clips
    gain_db: float
    target: Path
    coding: Coding = Coding()
    level: Level = Level()


class ReelDone(Struct, frozen=True):
    """An encoded reel. If there are faults, nothing was written: clips at these positions have to be spoken again."""

    path: Path
    samples: int = 0  # at the coding's rate
    bytes: int = 0
    faults: tuple[tuple[int, str], ...] = ()
    work_s: float = 0.0
    misfit: str = ""  # nothing was written, since a reel that came is not what is made of these clips here


class MeasuredGain(Struct, frozen=True):
    """The gain in dB that a voice needs, and its loudness with it; None if it is silent.

    If clips are damaged, nothing is measured, and `faults` names them by position, with the reason.
    """

    gain_db: float
    heard_lufs: float | None
    faults: tuple[tuple[int, str], ...] = ()


class AudiobookRequest(Struct, frozen=True):
    """A file to put together. It grows as `part`, in the folder of the finished file."""

    part: Path
    tags: Tags
    family: Family = "mp4"
    coding: Coding = Coding()
    cover: bytes | None = None
    titles: tuple[str, ...] = ()  # titles of chapters; room for them is kept at the front
    expected_s: float = 3600.0  # a guess of the length, for the room of the index; a wrong one costs seconds


class Mark(Struct, frozen=True):
    """A chapter of the finished book, which begins with a reel: its number in the order of appending.

    A chapter without sound has the reel that the next one begins with; it is not marked in the file.
    """

    title: str
    reel: int


class AudiobookDone(Struct, frozen=True):
    """The audiobook as it lies on disk."""

    path: Path
    duration_s: float
    bytes: int
    notes: tuple[str, ...] = ()  # messages for the user, such as that the cover could not be used


def to_message(value: Struct) -> dict[str, Any]:
    """Return a value in the form that is sent to a child process."""
    message: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(bytes,), enc_hook=str)
    return message


def from_message(message: object, kind: type[Value]) -> Value:
    """Return the value in a message. Raises msgspec.ValidationError."""
    return msgspec.convert(message, kind, dec_hook=lambda wanted, found: wanted(found))


def fault_message(fault: EnvironmentFault) -> dict[str, Any]:
    """Return the reply of a child process for a fault of the machine."""
    return {"fault": fault.fact, "remedy": msgspec.to_builtins(fault.remedy)}


def fault_in(reply: dict[str, Any]) -> EnvironmentFault | None:
    """Return the fault in a reply, if it has one."""
    if "fault" not in reply:
        return None
    return EnvironmentFault(reply["fault"], msgspec.convert(reply["remedy"], Remedy | None))
