"""What `inspect` and `voices` tell of a book and of voices, as the page needs it. Pure."""

import msgspec
from msgspec import Struct

from swarm.errors import UsageError
from swarm.lease.message import StatusReply, WorkerStatus
from swarm.watch.guests import GuestRow, guests_line

SILENT_S = 5.0


class ChapterRow(Struct, frozen=True):
    """A chapter that would be spoken."""

    number: int
    title: str
    opening: str
    words: int
    estimated_s: float
    characters: int = 0


class LeftOut(Struct, frozen=True):
    """A part that would not be spoken, and why."""

    title: str
    reason: str
    grounds: str
    words: int


class Totals(Struct, frozen=True):
    """The whole of a book."""

    words: int
    estimated_s: float


class BookContents(Struct, frozen=True):
    """What is in a book."""

    title: str
    authors: tuple[str, ...]
    language: str
    engine: str
    chapters: tuple[ChapterRow, ...]
    left_out: tuple[LeftOut, ...]
    totals: Totals
    cautions: tuple[str, ...] = ()
    oddities: tuple[str, ...] = ()
    guests: tuple[GuestRow, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user may want to know before the book is added, in words of the command line."""
        guests = guests_line(self.guests, self.engine)
        return (*self.cautions, *self.oddities, *([guests] if guests else ()))


class VoiceRow(Struct, frozen=True):
    """A voice of an engine."""

    name: str
    description: str = ""
    gender: str = ""


class EngineRow(Struct, frozen=True):
    """An engine and its voices."""

    engine: str
    about: str
    voices: tuple[VoiceRow, ...]
    licence: str = ""
    quality: str = ""
    default: bool = False
    first: str = ""  # this command has to run before the engine speaks
    realtime: float | None = None  # the speed of one slot, as measured on this swarm


class _Voices(Struct, frozen=True):
    engines: tuple[EngineRow, ...]


def read_contents(answer: bytes) -> BookContents:
    """Return what `inspect --json` told. Raises UsageError."""
    try:
        return msgspec.json.decode(answer, type=BookContents, strict=False)
    except msgspec.MsgspecError as fault:
        raise UsageError(f"The book was read, but its contents make no sense: {fault}.") from fault


def read_voices(answer: bytes) -> tuple[EngineRow, ...]:
    """Return what `voices --json` told. Raises UsageError."""
    try:
        return msgspec.json.decode(answer, type=_Voices, strict=False).engines
    except msgspec.MsgspecError as fault:
        raise UsageError(f"The voices were listed, but the list makes no sense: {fault}.") from fault


def work_s(sound_s: float, reply: StatusReply, realtime: float) -> float | None:
    """Return the seconds that the swarm takes for a book; None if nothing is known of its speed.

    `realtime` is the measured speed of one slot, 0 if there is none. Machines that are silent do not count.
    """
    here = [worker for worker in reply.workers if worker.silent_s <= SILENT_S]
    speed = sum(max(_measured(worker), realtime * len(worker.slots)) for worker in here)
    return sound_s / speed if speed > 0 else None


def _measured(worker: WorkerStatus) -> float:
    speaking = [slot.realtime for slot in worker.slots if slot.realtime > 0]
    return sum(speaking) / len(speaking) * len(worker.slots) if speaking else 0.0


def waiting_s(reply: StatusReply) -> float:
    """Return the seconds until the books that are served are done."""
    return max((job.eta_s or 0.0 for job in reply.jobs), default=0.0)
