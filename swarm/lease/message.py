"""The table of messages (docs/design/protocol.md): what travels between worker and coordinator.

Each is a frozen value with bounds. Readers ignore unknown types and fields."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Annotated, Literal, TypeGuard

from msgspec import Meta, Struct, field

from swarm.job.clip_info import ClipInfo
from swarm.job.job_asset import MAX_JOB_FILES, Digest, JobAsset, check_places
from swarm.job.spec import Recipe
from swarm.lease.envelope import (
    MAX_CAST,
    MAX_CLIP_BYTES,
    MAX_FACTS,
    MAX_MODELS,
    Clips,
    Count,
    HeldFiles,
    Key,
    Message,
    Name,
    Note,
    Offset,
    Reason,
    Resting,
    Seconds,
    Share,
    Text,
)
from swarm.lease.file_transfer import (
    AnyDigest,
    Fetch,
    Fetching,
    ModelReport,
    ModelSource,
    OfferedLatents,
    PeerAddress,
    Piece,
    Source,
)
from swarm.lease.member_message import (
    MAX_STANDBYS,
    ApplicantRow,
    Copied,
    Copy,
    Enrol,
    Epochs,
    Instruct,
    Members,
    NewBook,
    Obeyed,
    Opinion,
    Order,
    QueuedStatus,
    Silent,
    StandbyStatus,
)

ANY = "any"  # kind of a device: a slot or an engine that is not bound to one kind
CPU, GPU = "cpu", "gpu"
BORROWED = "+"  # among the models of an offer it means any that another worker passes on
MAX_ENCODERS = 32  # reels that a worker encodes at a time
MAX_REELS = 64  # reels that one heartbeat may name
MAX_REEL_CLIPS = 500  # a control message has room for no more keys
FINGERPRINT_DIGITS = 16  # people compare so many digits of a key


class EngineOffer(Struct, frozen=True, omit_defaults=True):
    """An engine that this worker can open, the languages it speaks with it, and its models.

    Of the models, "*" means that any can be had, "+" that any can be had that another worker passes on.
    `facts` are the cards of an engine that does not come with e2a-swarm, encoded (`voice/host/foreign.py`). They are
    bytes, so that a card of another version cannot keep the greeting from being read.
    """

    name: Name
    languages: Annotated[tuple[Name, ...], Meta(max_length=1000)]
    models: Annotated[tuple[Name, ...], Meta(max_length=MAX_MODELS)] = ("*",)
    batch: Count = 1  # segments that it speaks together; the coordinator counts MAX_BATCH at most
    facts: Annotated[bytes, Meta(max_length=MAX_FACTS)] = b""
    lacks: Annotated[tuple[Name, ...], Meta(max_length=1000)] = ()  # languages without a voice here, model or not
    device: Name = ""  # the kind that it computes on here, such as "any"; "": the card of the job's model says it


class Device(Struct, frozen=True, omit_defaults=True):
    """A device of a worker, proved at start."""

    name: Name  # "cpu", "cuda:0"
    about: Note = ""
    slots: Count = 0  # slots are numbered in the order of devices; 0: not told

    @property
    def kind(self) -> str:
        """Its kind: all that is no CPU is a GPU."""
        return CPU if self.name.startswith(CPU) else GPU


def slot_kinds(devices: Sequence[Device], slots: int) -> tuple[str, ...]:
    """Return the kind of each of a worker's slots; `ANY` for slots of which it does not tell the device."""
    told: list[str] = []
    for device in devices:
        told += [device.kind] * min(device.slots, slots - len(told))
    return (*told, *[ANY] * (slots - len(told)))


def fitting(kinds: Sequence[str], wanted: str) -> frozenset[int]:
    """Return the slots that a job for a kind of device is for: those of that kind, or all where there is none."""
    every = frozenset(range(len(kinds)))
    found = frozenset(slot for slot in every if wanted == ANY or kinds[slot] in (wanted, ANY))
    return found or every


class Figures(Struct, frozen=True, omit_defaults=True):
    """The readings of a device, from its driver; None and 0 stand for unknown ones."""

    device: Name
    busy: Annotated[int, Meta(ge=0, le=100)] | None = None  # percent of its time, by all programs
    memory_used: Count = 0  # bytes, by all programs
    memory_total: Count = 0
    temperature_c: Annotated[int, Meta(ge=-273, le=1000)] | None = None
    watts: Annotated[float, Meta(ge=0, le=100_000)] | None = None  # what all programs draw


PROTOCOL = 2  # a peer of another one is refused; each change of the golden messages in tests/net makes a new one


def other_protocol(machine: str, protocol: int, coordinator: str, expected: int) -> str:
    """Say that a machine and a coordinator speak different protocols, and where e2a-swarm has to be updated."""
    behind = machine if protocol < expected else coordinator
    return (
        f"{machine} speaks protocol {protocol} of e2a-swarm, and the coordinator {coordinator} speaks {expected}: "
        f"update e2a-swarm on {behind}"
    )


# --- worker -> coordinator


class Hello(Message, frozen=True, tag=True):
    """A worker introduces itself. `nonce` is new for each process: two machines with one copied id are told apart."""

    worker: Name
    nonce: Name
    name: Name
    version: Name
    engines: Annotated[tuple[EngineOffer, ...], Meta(max_length=100)]
    devices: Annotated[tuple[Device, ...], Meta(max_length=64)]
    slots: Annotated[int, Meta(ge=1, le=1024)]
    protocol: int = 1  # protocol 1 did not always say it
    tag: Name = ""  # a word of its user's that tells apart workers of one kind
    key: Annotated[bytes, Meta(max_length=32)] = b""  # the machine's own key, which may order it
    encoders: Annotated[int, Meta(ge=0, le=MAX_ENCODERS)] = 0  # reels that it encodes at a time

    @property
    def run(self) -> str:
        """What orders call this process: all may know it, unlike the nonce."""
        return sha256(self.nonce.encode()).hexdigest()[:16]

    def is_called(self, target: str) -> bool:
        """Tell whether a user means this worker by a name, its id or the fingerprint of its machine."""
        named, digits = target.lower(), self.fingerprint
        return named in (self.name.lower(), self.worker) or bool(digits and named.startswith(digits))

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the machine's own key."""
        return self.key.hex()[:FINGERPRINT_DIGITS]


class Held(Message, frozen=True, tag=True):
    """Clips spoken for a job but not known to be journaled; sent in pieces after `Welcome`."""

    job: Name
    clips: Clips


ReportedState = Literal["idle", "loading", "speaking", "waiting"]  # a waiting slot has no credit


class SlotReport(Struct, frozen=True, omit_defaults=True):
    """The state of one slot, as this coordinator sees it."""

    slot: Count
    state: ReportedState
    lease: Count = 0
    index: Count = 0  # the segment being spoken
    since_s: Seconds = 0.0  # seconds at this segment; while it loads, seconds since it last got on
    note: Note = ""  # the progress of the load
    lines: Count = 1  # segments being spoken together, `index` and those after it


# The name of a reel's file: a worker makes one of this name.
ReelName = Annotated[str, Meta(pattern=r"\A[0-9a-z-]{1,80}(\.reel)?\Z")]
Hertz = Annotated[int, Meta(ge=8000, le=192_000)]


class EncodedReel(Struct, frozen=True, omit_defaults=True):
    """A reel that a worker was asked to encode: made, if it has a digest, or declined, if it has a note."""

    job: Name
    reel: ReelName
    digest: AnyDigest = ""  # the digest of the reel's file, which is here
    size: Offset = 0  # bytes
    work_s: Seconds = 0.0  # what it cost the encoder
    note: Note = ""  # why this worker does not encode it


HardwareAddress = Annotated[str, Meta(pattern=r"\A[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")]
MAX_HARDWARE = 8  # one machine has at most so many addresses of network cards
MAX_WOKEN = 64  # addresses that one message names


class Wakeable(Struct, frozen=True, omit_defaults=True):
    """The addresses by which a machine is woken, since its owner allows it."""

    hardware: Annotated[tuple[HardwareAddress, ...], Meta(max_length=MAX_HARDWARE)]
    by_hand: bool = False  # a user puts it to sleep just now


class Heartbeat(Message, frozen=True, tag=True):
    """The whole state, so that a lost one costs nothing. `offers` are the slots that want a lease from here."""

    slots: Annotated[tuple[SlotReport, ...], Meta(max_length=1024)]
    offers: Annotated[tuple[Count, ...], Meta(max_length=1024)] = ()
    leases: Annotated[tuple[Count, ...], Meta(max_length=4096)] = ()  # queued leases are here too
    job_files: HeldFiles = field(name="assets", default=())
    fetching: Annotated[tuple[Fetching, ...], Meta(max_length=MAX_JOB_FILES)] = ()
    made: Annotated[tuple[OfferedLatents, ...], Meta(max_length=64)] = ()  # latents not yet known to be journaled
    figures: Annotated[tuple[Figures, ...], Meta(max_length=64)] = ()
    resting: Annotated[tuple[Resting, ...], Meta(max_length=1024)] = ()
    peer_address: PeerAddress = ""  # other workers may ask for its files there
    models: ModelReport | None = None
    reels: Annotated[tuple[EncodedReel, ...], Meta(max_length=MAX_REELS)] = ()  # all that were asked for and not taken
    wake: Wakeable | None = None


class Clip(ClipInfo, Message, frozen=True, tag=True):
    """One clip, with the facts of `ClipInfo`; its FLAC bytes are the frame that follows, or begin there."""

    job: Name
    chapter: Count
    index: Count
    take: Count
    key: Key
    lease: Count = 0
    slot: Count = 0
    size: Count = 0  # bytes of a clip in pieces, of which the frame is the first; 0: the frame is the whole clip


def is_part_of_clip(message: Message, frame: bytes) -> TypeGuard[Clip | Piece]:
    """Tell whether a message brings a part of a clip: the first, with its facts, or a further one."""
    if isinstance(message, Piece):
        return message.kind == "clip"
    return isinstance(message, Clip) and len(frame) < message.size


class Failed(Message, frozen=True, tag=True):
    """A segment that this worker could not speak."""

    job: Name
    chapter: Count
    index: Count
    take: Count
    kind: Name  # a swarm.voice.engine.FaultKind
    note: Note
    lease: Count = 0
    slot: Count = 0


class Release(Message, frozen=True, tag=True):
    """Give a lease back: what of it is not yet accepted may go to others."""

    lease: Count
    note: Note = ""
    unable: bool = False  # this worker cannot serve this job at all (the engine does not open)


class Bye(Message, frozen=True, tag=True):
    """The worker leaves; everything it holds may go to others at once."""


class Status(Message, frozen=True, tag=True):
    """Any member of the swarm asks what is going on."""


# --- coordinator -> worker


class Welcome(Message, frozen=True, tag=True):
    """The worker is in."""

    coordinator: Name
    epoch: Count  # grows with every start of the coordinator
    name: Name
    heartbeat_s: Seconds
    credit: Count  # bytes of unacknowledged audio
    clip_piece: Annotated[int, Meta(ge=1, le=MAX_CLIP_BYTES)]  # bytes of a clip's largest piece
    queue: Name = ""  # the queue of a resident coordinator; `epoch` counts its runs


class Refused(Message, frozen=True, tag=True):
    """The worker is not let in. Every protocol keeps this form, so that the worker can say why."""

    reason: Reason | None = None


class Wanted(Message, frozen=True, tag=True):
    """The held clips that the worker shall send, and those that it may forget."""

    job: Name
    wanted: Clips
    forget: Clips


class Job(Message, frozen=True, tag=True):
    """The recipe and the files of a job; sent before its first grant to a worker, and earlier if it needs files.

    `latents`: none are known yet. Who loads the voice computes them and speaks once they are journaled.
    `voices`: of characters, which speak some of its segments.
    `epoch`: counts the runs of the job, so that a worker notices that the coordinator lost clips that it once accepted.
    """

    job: Name
    title: Note
    recipe: Recipe
    job_files: Annotated[tuple[JobAsset, ...], Meta(max_length=MAX_JOB_FILES)] = field(name="assets", default=())
    latents: bool = False
    epoch: Count = 0
    voices: Annotated[tuple[Name, ...], Meta(max_length=MAX_CAST)] = ()

    def __post_init__(self) -> None:
        check_places(self.job_files)


class Line(Struct, frozen=True, array_like=True):
    """One segment of a grant."""

    index: Count
    text: Text
    take: Count


class Grant(Message, frozen=True, tag=True):
    """A lease: speak these segments of one chapter, in order. It ends when the coordinator says so."""

    lease: Count
    job: Name
    slot: Count
    chapter: Count
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=4096)]


class ReelCoding(Struct, frozen=True, array_like=True):
    """How a reel is encoded."""

    codec: Name
    sample_rate: Hertz
    channels: Annotated[int, Meta(ge=1, le=2)]
    bitrate: Count  # bit/s; 0 lets the codec decide


class Encode(Message, frozen=True, tag=True):
    """Encode a reel of clips that this worker spoke and still has, with what no engine needs, and offer the file.

    `digest` is that of the clips' digests, one after the other, as they are journaled: no other sound is encoded.
    `encoder` is what the coordinator's own encoder makes of a known sound; a worker of which it makes anything else
    declines, since its reels would be other bytes.
    """

    job: Name
    reel: ReelName
    keys: Annotated[tuple[Key, ...], Meta(min_length=1, max_length=MAX_REEL_CLIPS)]
    digest: Digest
    pauses_s: Annotated[tuple[Annotated[float, Meta(ge=0, le=60)], ...], Meta(max_length=MAX_REEL_CLIPS)]  # after each
    sample_rate: Hertz  # the clips have this rate
    gain_db: Annotated[float, Meta(ge=-200, le=200)]
    peak_db: Annotated[float, Meta(ge=-200, le=0)]
    coding: ReelCoding
    encoder: Name


class Accepted(Message, frozen=True, tag=True):
    """These clips are journaled, or were not needed any more; either way forget them and take the credit back."""

    job: Name
    clips: Clips
    credit: Count = 0  # bytes the worker may have under way from now on, less as others join; 0: no change


class Rejected(Message, frozen=True, tag=True):
    """This clip is not valid; forget it, take its credit back."""

    job: Name
    chapter: Count
    index: Count
    key: Key
    reason: Reason | None = None


class Trim(Message, frozen=True, tag=True):
    """Shorten a lease: speak nothing from index `end` on."""

    lease: Count
    end: Count


class Skip(Message, frozen=True, tag=True):
    """Leave out these indices of a lease: they need no clip any more."""

    lease: Count
    indices: Annotated[tuple[Count, ...], Meta(max_length=1000)]


class Revoke(Message, frozen=True, tag=True):
    """Withdraw a lease: stop speaking it. What is spoken may still be sent.

    `expired`: no progress before the deadline, so the engine is thought to hang and should be started afresh.
    """

    lease: Count
    expired: bool = False


class Done(Message, frozen=True, tag=True):
    """Nothing is left here for the slots offered. `final`: the coordinator ends, expect it no more.

    `failed`: it ends for a fault, such as a full disk; its user will mend that and start it again.
    `missing`: what this worker lacks, if that is why.
    `kinds`: of the slots that it has nothing for; (): all that were offered.
    """

    final: bool = False
    failed: bool = False
    missing: Reason | None = None
    kinds: Annotated[tuple[Name, ...], Meta(max_length=8)] = ()


class Wake(Message, frozen=True, tag=True):
    """Wake the machines with these addresses, from the networks of this one. One that has an address was woken so."""

    hardware: Annotated[tuple[HardwareAddress, ...], Meta(max_length=MAX_WOKEN)]


class WhoAreYou(Message, frozen=True, tag=True):
    """The coordinator does not know this peer (it restarted, or the worker was thought dead): say Hello again."""


# --- what `Status` is answered with


class SlotStatus(Struct, frozen=True):
    """One slot as the coordinator sees it."""

    slot: Count
    state: Name
    job: Name = ""
    chapter: Count = 0
    index: Count = 0
    remaining: Count = 0  # segments of its lease not yet accepted
    speed_chars_s: Seconds = 0.0
    realtime: Seconds = 0.0  # seconds of audio a second of work
    note: Note = ""  # the progress of its load, or the words for `rest`
    rest: Resting | None = None


class WorkerStatus(Struct, frozen=True):
    """One worker as the coordinator sees it."""

    worker: Name
    name: Name
    device: Note
    slots: tuple[SlotStatus, ...]
    silent_s: Seconds
    failures: Count
    segments: Count = 0
    audio_s: Seconds = 0.0
    note: Note = ""  # the reasons in words, which the reader makes
    figures: tuple[Figures, ...] = ()
    reasons: tuple[Reason, ...] = ()  # each keeps it from speaking
    version: Name = ""
    tag: Name = ""
    run: Name = ""  # orders for this process are signed for it
    fingerprint: Name = ""  # the machine's own key has it


def meant(workers: Iterable[WorkerStatus], target: str) -> list[WorkerStatus]:
    """Return the workers of a machine that a user calls by the fingerprint of its key, else by its name or their id."""
    workers, named = list(workers), target.lower()
    by_key = [each for each in workers if each.fingerprint and named.startswith(each.fingerprint)]
    return by_key or [each for each in workers if named in (each.name.lower(), each.worker)]


class ChapterStatus(Struct, frozen=True, array_like=True):
    """The progress of a chapter."""

    title: Note
    segments: Count
    accepted: Count


JobStage = Literal["waiting", "speaking", "writing", "finished"]


class JobStatus(Struct, frozen=True):
    """One job as the coordinator sees it."""

    job: Name
    title: Note
    engine: Name
    state: JobStage
    segments: Count
    accepted: Count
    missing: Count  # quarantined
    characters: Count
    characters_left: Count
    audio_s: Seconds
    elapsed_s: Seconds
    eta_s: Seconds | None  # seconds until the audiobook is written; None: nothing to judge by yet
    chapters: tuple[ChapterStatus, ...]
    note: Note = ""  # the reason in words, which the reader makes
    reason: Reason | None = None  # it waits for this
    encoded: Share | None = None  # share of its sound; None: not known
    done: Share = 0.0  # so much was done of it before sentences were mended, and no less is told
    unspoken: Count = 0  # texts that its voice cannot speak


class SleeperRow(Struct, frozen=True):
    """A machine that sleeps and may be woken for work, as people see it."""

    name: Name
    state: Name  # "asleep", "by hand" or "waking"
    seconds: Seconds  # since then


class CheckStatus(Struct, frozen=True):
    """What cross-checks showed in this run of a coordinator, and what they cost."""

    share: Share  # the share of the clips that are compared
    sentences: Count  # sentences of which two workers agreed
    outvoted: Count  # sounds of workers that were not that of two others
    open: Count  # sentences that wait for another worker
    work_s: Seconds  # what checks cost the engines


class StatusReply(Message, frozen=True, tag=True):
    """The whole view: jobs and workers."""

    coordinator: Name
    name: Name
    version: Name
    epoch: Count
    jobs: tuple[JobStatus, ...]
    workers: tuple[WorkerStatus, ...]
    queue: tuple[QueuedStatus, ...] | None = None  # books in speaking order; None: the coordinator is not resident
    more_waiting: Count = 0  # books of the queue that wait too, and did not fit
    standbys: Annotated[tuple[StandbyStatus, ...], Meta(max_length=MAX_STANDBYS)] = ()
    waiting: Annotated[tuple[ApplicantRow, ...], Meta(max_length=100)] = ()  # they wait for approval here
    protocol: int = 1  # protocol 1 did not say it
    sleepers: Annotated[tuple[SleeperRow, ...], Meta(max_length=100)] = ()
    checks: CheckStatus | None = None  # None: none are made, or not told


FromUser = Status | Order | NewBook
FromMember = FromUser | Copy | Epochs | Enrol | Silent
FromWorker = Hello | Held | Heartbeat | Clip | Failed | Release | Bye | Fetch | Piece | FromMember
Answer = Welcome | Refused | Wanted | Accepted | Rejected | WhoAreYou | StatusReply | Obeyed
FromCoordinator = (
    Answer
    | Encode
    | Copied
    | Opinion
    | Members
    | Instruct
    | Wake
    | Job
    | Grant
    | Trim
    | Skip
    | Revoke
    | Fetch
    | Piece
    | Source
    | ModelSource
    | Done
)
