"""The outcomes of both cores. A coordinator's: facts to persist first, then messages to send, and events for the
user. A worker's: commands for engines, messages and clips for coordinators."""

from dataclasses import dataclass, field

from swarm.job.job_asset import JobAsset
from swarm.job.record import AnyRecord
from swarm.job.spec import Recipe
from swarm.job.state import Place
from swarm.lease.envelope import Message, Reason
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import Clip, Encode


@dataclass(frozen=True)
class JournalEntry:
    """One record of one job; a `ClipAccepted` or `LatentsKept` carries its bytes with it."""

    job: str
    record: AnyRecord
    frame: bytes = b""


@dataclass(frozen=True)
class Send:
    """One message to one peer, and the bytes that follow it."""

    peer: bytes
    message: Message
    frame: bytes = b""


@dataclass(frozen=True)
class Serve:
    """A piece of a job's file of `size` bytes, or of its block list, to be read and sent to a peer."""

    peer: bytes
    job: str
    asked: Fetch
    size: int


@dataclass(frozen=True)
class ReelArrival:
    """The file of a reel that a worker encoded; the shell checks it."""

    job: str
    reel: str
    worker: str  # its id
    data: bytes


@dataclass(frozen=True)
class Comparison:
    """A worker's sound of a sentence, to be compared with the accepted clip of this key, and with other sounds."""

    job: str
    chapter: int
    index: int
    key: str
    session: str
    frame: bytes
    others: tuple[bytes, ...]


@dataclass
class Outcome:
    """The outcome of one call of the core: persist all `entries` before anything of `sends` leaves.

    `serves` may be late: a worker asks again. `events` are for the user. `overruled` are jobs that another coordinator
    has taken over, or the queue: they are to be ended here.
    """

    entries: list[JournalEntry] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    serves: list[Serve] = field(default_factory=list)
    events: list[Reason] = field(default_factory=list)
    overruled: dict[str, int] = field(default_factory=dict)
    encodes: list[tuple[str, str]] = field(default_factory=list)  # reels to encode here: job, reel
    reels: list[ReelArrival] = field(default_factory=list)  # reels that came
    comparisons: list[Comparison] = field(default_factory=list)
    reopened: list[tuple[str, Place, str]] = field(default_factory=list)  # clips not to be used again: job, place, key

    @property
    def is_receipt(self) -> bool:
        """Whether it says no more than that pieces came: it need not wait for earlier outcomes to reach the disk."""
        return not self.entries and all(isinstance(send.message, Fetch) for send in self.sends)

    @property
    def is_of_use(self) -> bool:
        """Whether the bytes that came with a message are kept, or more of them were asked for."""
        asks = any(isinstance(send.message, Fetch) for send in self.sends)
        return asks or bool(self.reels or self.comparisons) or any(entry.frame for entry in self.entries)

    def send(self, peer: bytes, message: Message, frame: bytes = b"") -> None:
        """Add a message."""
        self.sends.append(Send(peer, message, frame))


@dataclass(frozen=True)
class Load:
    """Open the engine of a recipe in a slot, with the files of a job; `voices` of characters may speak later."""

    slot: int
    turn: int
    recipe: Recipe
    job_files: tuple[JobAsset, ...] = ()
    voices: tuple[str, ...] = ()


Words = tuple[str, *tuple[int, ...]]  # a text, the seed of its take, and those of the next takes if it is doubtful


@dataclass(frozen=True)
class Speak:
    """Speak some texts together in a slot; often that is only one."""

    slot: int
    turn: int
    batch: tuple[Words, ...]


@dataclass(frozen=True)
class Prefetch:
    """Have the engine of a slot speak a batch as soon as it is through with the one under way, and keep its clips.

    A `Speak` of the same texts and seeds collects the clips. A slot has one prefetched batch at the most.
    """

    slot: int
    batch: tuple[Words, ...]


@dataclass(frozen=True)
class CancelPrefetch:
    """Withdraw the prefetched batch of a slot, and drop its clips if it is spoken already."""

    slot: int


@dataclass(frozen=True)
class Kill:
    """End the engine of a slot, which hangs."""

    slot: int


@dataclass(frozen=True)
class Unload:
    """End the engine of a slot, which is not needed for now; `at_once`: whatever it is at."""

    slot: int
    at_once: bool = False


@dataclass(frozen=True)
class Seek:
    """Look how much of a job file lies on the disk, make room for the rest, and report it."""

    digest: str
    size: int


@dataclass(frozen=True)
class Expect:
    """Hold the blocks of a job file that come from now on against these digests."""

    digest: str
    first: int  # the first of these blocks, which are counted from 0
    digests: bytes


@dataclass(frozen=True)
class Abandon:
    """Close a job file that no job needs any more; of one that had not begun to come, nothing stays."""

    digest: str


@dataclass(frozen=True)
class EncodeReel:
    """Encode a reel of these clips, whose bytes are kept, for a coordinator."""

    link: str
    order: Encode
    clips: tuple[Clip, ...]


@dataclass(frozen=True)
class DropReel:
    """Drop the file of a reel that a coordinator has, or does not want."""

    digest: str


Command = Load | Speak | Prefetch | CancelPrefetch | Kill | Unload | Seek | Expect | Abandon | EncodeReel | DropReel


@dataclass(frozen=True)
class ClipPart:
    """A piece of a clip to be sent: the message, and where its bytes lie in the clip's frame."""

    clip: Clip
    message: Clip | Piece
    offset: int
    length: int


@dataclass
class WorkerOutcome:
    """Carry it out in this order: keep clips, drop clips, run commands, send messages, send clips, send parts.

    `pieces` are to be written to the disk in their order, after the commands; `serves` read from it and sent.
    """

    kept: list[tuple[Clip, bytes]] = field(default_factory=list)  # new clips with their frames
    dropped: list[Clip] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    messages: list[tuple[str, Message]] = field(default_factory=list)
    clips: list[tuple[str, Clip]] = field(default_factory=list)  # they are sent whole
    parts: list[tuple[str, ClipPart]] = field(default_factory=list)  # if one does not leave, later ones must wait
    pieces: list[tuple[str, int, bytes]] = field(default_factory=list)  # digest, offset, bytes
    serves: list[tuple[str, Fetch]] = field(default_factory=list)  # link that asks for latents or a block list
    beats: dict[str, None] = field(default_factory=dict)  # links that are due a heartbeat, in order

    def send(self, link: str, message: Message) -> None:
        """Add a message."""
        self.messages.append((link, message))

    def beat(self, link: str) -> None:
        """Have a heartbeat sent once everything else is decided."""
        self.beats[link] = None

    def keep(self, clip: Clip, frame: bytes) -> None:
        """Have a new clip's frame kept."""
        self.kept.append((clip, frame))

    def forget(self, clips: list[Clip]) -> None:
        """Have the frames of these clips dropped."""
        self.dropped.extend(clips)
