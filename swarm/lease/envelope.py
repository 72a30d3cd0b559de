"""The base of every message, the bounds of the values that messages carry, and reasons: why something waits or
what happened, as a code with facts. `watch/words.py` makes the sentences."""

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from swarm.job.job_asset import MAX_BYTES, MAX_JOB_FILES, Digest


class Message(Struct, frozen=True, tag_field="type", omit_defaults=True):
    """One message; its type is its class name."""


MAX_CLIP_BYTES = 8 * 1024 * 1024
CLIP_PIECE_BYTES = 64 * 1024
MAX_MODELS = 500  # models that one engine may name in a greeting
MAX_CAST = 64  # voices of characters that a worker is told
MAX_BATCH = 64  # segments that one slot speaks together
MAX_FACTS = 20_000  # bytes of the cards of one engine, in a greeting
MAX_HELD_FILES = 400  # a control message has room for no more digests

Name = Annotated[str, Meta(max_length=200)]
Note = Annotated[str, Meta(max_length=2000)]
Text = Annotated[str, Meta(max_length=20_000)]
Count = Annotated[int, Meta(ge=0, lt=2**53)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Share = Annotated[float, Meta(ge=0, le=1)]
Key = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Offset = Annotated[int, Meta(ge=0, le=MAX_BYTES)]
HeldFiles = Annotated[tuple[Digest, ...], Meta(max_length=MAX_HELD_FILES)]  # whole and verified
Clips = Annotated[tuple[tuple[Count, Count, Key], ...], Meta(max_length=1000)]  # chapter, index, key: a text may recur


MAX_NOTE = 1000  # characters of what others reported


class NotLeasing(Enum):
    """Why a slot takes no lease for now. `watch/words.py` has the sentence of each."""

    MEMORY = "memory"  # a model did not fit on the device, and the slot steps back from it for a while
    LOST = "lost"  # the device is gone, and the slot steps back for a while
    ENGINE = "engine"  # the engine fails at every text, and the slot steps back for a while
    ASLEEP = "asleep"  # the machine goes to sleep, or just woke up
    HOURS = "hours"  # the operator lets it work at other hours
    BATTERY = "battery"  # the machine runs on its battery
    KEYBOARD = "keyboard"  # somebody uses the machine, or just did
    HOT = "hot"  # the device is hotter than the operator allows
    IN_USE = "in use"  # another program uses the device
    SOUND = "sound"  # other machines speak its sentences otherwise
    UNREAD = "unread"  # the driver does not tell what the operator's limits need
    PAUSED = "paused"  # a user's order
    LIMITED = "limited"  # a user ordered that fewer slots work
    DRAINED = "drained"  # the worker leaves, by an order or since it was stopped
    LIFETIME = "lifetime"  # the worker leaves, since its time is over
    OTHER = "other"  # a newer peer has a reason that is not known here

    @classmethod
    def _missing_(cls, value: object) -> "NotLeasing":
        return cls.OTHER


DEVICE_TROUBLE = frozenset({NotLeasing.MEMORY, NotLeasing.LOST, NotLeasing.ENGINE})
LEAVING = frozenset({NotLeasing.DRAINED, NotLeasing.LIFETIME})


class Hindrance(Struct, frozen=True, omit_defaults=True):
    """What keeps a slot from taking leases, with the facts that its sentence needs."""

    cause: NotLeasing
    note: Note = ""  # the device or the engine chose these words
    device: Name = ""
    by: Name = ""  # the user's machine that ordered it
    clock: Name = ""  # the time of day at which it ends
    count: Count = 0  # slots that may work, or degrees
    seconds: Seconds = 0.0  # it is tried again after so long


class Resting(Struct, frozen=True, omit_defaults=True):
    """A slot that takes no lease for now, and why; with an engine, it only takes none for this model of it."""

    slot: Count
    why: Hindrance
    engine: Name = ""
    model: Name = ""


class Reason(Struct, frozen=True, omit_defaults=True):
    """A code with the facts that its sentence needs; a reader that does not know the code says nothing."""

    code: Name
    worker: Name = ""  # a name for people
    coordinator: Name = ""  # a name for people
    kind: Name = ""  # a kind of failure
    title: Note = ""  # the book's title
    engine: Name = ""
    model: Name = ""
    language: Name = ""
    files: Annotated[tuple[Name, ...], Meta(max_length=MAX_JOB_FILES)] = ()  # names of job files
    command: Note = ""  # the line that a user runs to mend it
    text: Note = ""  # the sentence
    note: Note = ""  # the worker, engine or device that reported it chose these words
    slot: Count = 0
    count: Count = 0
    expected: Count = 0  # the right value of `count`
    percent: Count = 0
    seconds: Seconds = 0.0
    least_s: Seconds = 0.0  # the bounds of `seconds`
    most_s: Seconds = 0.0
    resting: Annotated[tuple[Resting, ...], Meta(max_length=1024)] = ()
