"""What is journaled: only facts that cost work. Leases are soft state and are never written."""

from msgspec import Struct


class Record(Struct, frozen=True, tag_field="type"):
    """One journaled fact of one job; its type is its class name. Times are seconds since the epoch."""


class RunStarted(Record, frozen=True, tag=True):
    """A coordinator opened the job. `epoch` grows by one each time."""

    epoch: int
    at_s: float


class ClipAccepted(Record, frozen=True, tag=True):
    """The first valid clip of a place. `reused`: it lay in the clip folder already, nobody spoke it now."""

    chapter: int
    index: int
    take: int
    key: str
    samples: int
    sample_rate: int
    digest: str
    bytes: int
    worker: str
    work_s: float
    started_s: float
    accepted_s: float
    reused: bool = False
    takes: int = 1  # spoken at once, of which this is the best
    doubt: str = ""  # what may be wrong with it all the same


class ClipDiscarded(Record, frozen=True, tag=True):
    """An accepted clip is lost, damaged on disk, or not to the user's liking: the place is open again."""

    chapter: int
    index: int
    why: str
    retake: int = 0  # the take to go on with: earlier ones are not wanted again


class SegmentFailed(Record, frozen=True, tag=True):
    """A worker could not speak a place; the next attempt uses the next take."""

    chapter: int
    index: int
    worker: str
    kind: str
    note: str


class SegmentQuarantined(Record, frozen=True, tag=True):
    """Set aside after failures on several workers; the book is finished without it and says so."""

    chapter: int
    index: int
    why: str


class WorkerSeen(Record, frozen=True, tag=True):
    """Who stands behind a worker id in this job's report."""

    worker: str
    name: str
    device: str


class GainFixed(Record, frozen=True, tag=True):
    """The gain that brings the voice to a level, measured once, so that no chapter is louder than another."""

    gain_db: float
    level: str = ""  # which: loudness, peak and format
    heard_lufs: float | None = None  # with it, after its peaks were limited


class LatentsKept(Record, frozen=True, tag=True):
    """What one worker computed from the reference recording, for all to use; `digest` "" where nothing is computed."""

    digest: str
    size: int
    worker: str


class LatentsLost(Record, frozen=True, tag=True):
    """The file of the latents is gone or damaged: another worker's takes its place, or they are computed anew."""

    digest: str


class JobFinished(Record, frozen=True, tag=True):
    """The audiobook was written."""

    at_s: float
    files: tuple[str, ...]
    bytes: int = 0  # of the audiobook
    style: str = ""  # a digest of how it was to be


AnyRecord = (
    RunStarted
    | ClipAccepted
    | ClipDiscarded
    | SegmentFailed
    | SegmentQuarantined
    | WorkerSeen
    | GainFixed
    | LatentsKept
    | LatentsLost
    | JobFinished
)

COSTLY = (ClipAccepted, SegmentQuarantined, LatentsKept)  # a job without any of these can be made anew for nothing
