"""Messages by which a standby copies jobs, and by which a coordinator hears that another took a job over."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from swarm.lease.bounds import Count, Key, Name, Note, Seconds
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Door

MAX_EPOCHS = 200  # jobs that one message names
MAX_KEYS = 64  # clips that are asked for together
MAX_STANDBYS = 64  # standbys that one coordinator may name
MAX_HEIRS = 15  # heirs that one coordinator may have
PIECE_BYTES = 512 * 1024  # an answer is larger only if it is a single larger clip

Part = Literal["jobs", "spec", "book", "file", "records", "clips"]
AnyDigest = Annotated[str, Meta(pattern=r"\A([0-9a-f]{64})?\Z")]


class Epochs(Message, frozen=True, tag=True):
    """A worker tells which jobs were taken over, with the highest epoch of each: who led one before must end."""

    jobs: Annotated[tuple[tuple[Name, Count], ...], Meta(max_length=MAX_EPOCHS)]


class Heir(Struct, frozen=True):
    """A standby that takes over by itself: its id, the name of its machine, and the door where other heirs ask it."""

    id: Name
    name: Name
    door: Door


class Roll(Struct, frozen=True):
    """The heirs of one run of a coordinator, in the order in which they may take over."""

    run: Name
    revision: Count
    heirs: Annotated[tuple[Heir, ...], Meta(max_length=MAX_HEIRS)] = ()


class Claim(Struct, frozen=True):
    """An heir tells its coordinator that it is there, and which roll it has."""

    heir: Heir
    run: Name = ""
    revision: Count = 0


class Silent(Message, frozen=True, tag=True):
    """An heir has not heard its coordinator for long, and asks another whether it may take over."""

    heir: Name  # the id of the one that asks
    run: Name
    revision: Count
    number: Count


class Opinion(Message, frozen=True, tag=True):
    """An heir's answer: whether it has not heard the coordinator for long either, and lets the other take over."""

    heir: Name  # the id of the one that answers
    run: Name
    number: Count
    agrees: bool


class Copy(Message, frozen=True, tag=True):
    """A standby asks for a part of a job, or which jobs there are. It asks for the next part when it has this one."""

    standby: Name  # the name of its machine
    part: Part
    job: Name = ""
    digest: AnyDigest = ""  # a file's digest; with records, the digest of all that it has
    offset: Count = 0  # bytes; with records, how many it has; with clips, the number of the question
    keys: Annotated[tuple[Key, ...], Meta(max_length=MAX_KEYS)] = ()
    claim: Claim | None = None  # it comes with jobs if the standby takes over by itself


class Copied(Message, frozen=True, tag=True):
    """A part of a job; its bytes are the frame that follows. `offset` is repeated, `total` is the same of the whole."""

    part: Part
    job: Name = ""
    offset: Count = 0
    total: Count = 0
    digest: AnyDigest = ""  # the digest of the whole spec or book
    parted: bool = False  # the records that the standby has are not the beginning of the coordinator's
    sizes: Annotated[tuple[Count, ...], Meta(max_length=MAX_KEYS)] = ()  # bytes of each clip, 0 for one that is gone
    roll: Roll | None = None  # an heir gets it with jobs


class StandbyStatus(Struct, frozen=True):
    """One standby as a coordinator sees it."""

    name: Name
    lag_s: Seconds | None = None  # the age of its copy of the job that is furthest behind; None: not whole yet
    silent_s: Seconds = 0.0
    behind: Count = 0  # records of all jobs that it lacks
    title: Note = ""  # the job that is furthest behind
