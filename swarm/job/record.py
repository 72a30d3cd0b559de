"""The records of a journal: only facts that cost work. Leases are soft state and are never journaled."""

import hashlib

from msgspec import Struct, msgpack, structs

from swarm.job.clip_info import ClipInfo


class Record(Struct, frozen=True, tag_field="type"):
    """One journaled fact of one job. Its class name is its type. Times are seconds since the epoch."""


class RunStarted(Record, frozen=True, tag=True):
    """A coordinator opened the job. `epoch` grows by one with each run."""

    epoch: int
    at_s: float


class ClipAccepted(ClipInfo, Record, frozen=True, tag=True):
    """The first valid clip of a place, with the facts of `ClipInfo`.

    `reused`: the clip was in the clip folder already, and nothing was spoken.
    """

    chapter: int
    index: int
    take: int
    key: str
    bytes: int
    worker: str
    started_s: float
    accepted_s: float
    reused: bool = False


OTHERWISE = "another machine speaks it otherwise"  # why a clip is doubtful, or discarded for good


class ClipDiscarded(Record, frozen=True, tag=True):
    """An accepted clip is lost, damaged, or not to the user's liking: the place is open again."""

    chapter: int
    index: int
    why: str
    retake: int = 0  # the next take; earlier ones are not wanted again


class ClipDoubted(Record, frozen=True, tag=True):
    """An accepted clip was listened to afterwards, and something may be wrong with it. `key` is the clip's."""

    chapter: int
    index: int
    key: str
    doubt: str


class SegmentReworded(Record, frozen=True, tag=True, omit_defaults=True):
    """The user's own wording of a place, for the engine alone: readers still see the words of the book.

    `said` is engine text, as it was spelled when the user gave it; "" returns to the words of the book. `speaker` is
    the user's name for who says it, NARRATOR for the narrator, "" for the one that it has.
    """

    chapter: int
    index: int
    said: str
    speaker: str = ""
    given: bool = False  # this line was given to that speaker, and not all that another one says

    def after(self, before: "SegmentReworded | None") -> "SegmentReworded":
        """Return what counts of a place by this record and the one before it: a speaker stays until another comes."""
        if before is None:
            return self
        return structs.replace(self, speaker=self.speaker or before.speaker, given=self.given or before.given)


class SegmentFailed(Record, frozen=True, tag=True):
    """A worker could not speak a place; the next attempt uses the next take."""

    chapter: int
    index: int
    worker: str
    kind: str
    note: str


class SegmentQuarantined(Record, frozen=True, tag=True):
    """A place was set aside after failures on several workers; the book is finished without it and says so."""

    chapter: int
    index: int
    why: str  # the kind of the last failure
    note: str = ""


class JobPaused(Record, frozen=True, tag=True):
    """The user paused the job, or lets it go on: while it is paused nothing of it is granted."""

    paused: bool
    at_s: float


class WorkerSeen(Record, frozen=True, tag=True):
    """The name and devices behind a worker id, for the job's report."""

    worker: str
    name: str
    device: str


class GainFixed(Record, frozen=True, tag=True):
    """The gain that brings the voice to a level. It is measured once, so that all chapters are equally loud."""

    gain_db: float
    level: str = ""  # target loudness, peak and codec
    heard_lufs: float | None = None  # loudness with this gain, after the limiter


class LatentsKept(Record, frozen=True, tag=True):
    """The latents that one worker computed for all. `digest` is "" if the engine computes none."""

    digest: str
    size: int
    worker: str


class LatentsLost(Record, frozen=True, tag=True):
    """The file of the latents is gone or damaged: a worker sends its copy, or they are computed again."""

    digest: str


class JobFinished(Record, frozen=True, tag=True):
    """The audiobook was written."""

    at_s: float
    files: tuple[str, ...]
    bytes: int = 0  # the size of all files
    style: str = ""  # the digest of the style that they were made with


AnyRecord = (
    RunStarted
    | ClipAccepted
    | ClipDiscarded
    | ClipDoubted
    | SegmentReworded
    | SegmentFailed
    | SegmentQuarantined
    | JobPaused
    | WorkerSeen
    | GainFixed
    | LatentsKept
    | LatentsLost
    | JobFinished
)

COSTLY = (ClipAccepted, SegmentQuarantined, LatentsKept)  # a job without any of these can be made again at no cost


def journal_digest(before: str, record: AnyRecord) -> str:
    """Return the digest of a journal and one more record; two machines compare journals by it. "" is an empty one."""
    return hashlib.sha256(before.encode() + msgpack.encode(record)).hexdigest()
