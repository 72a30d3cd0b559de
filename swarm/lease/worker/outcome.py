"""What the worker's core wants done: commands for engines, messages and clips for coordinators."""

from dataclasses import dataclass, field

from swarm.job.job_file import JobFile
from swarm.job.recipe import Recipe
from swarm.lease.message import Clip, Fetch, Message


@dataclass(frozen=True)
class Load:
    """Open the engine of a recipe in a slot, with the files of a job."""

    slot: int
    turn: int
    recipe: Recipe
    job_files: tuple[JobFile, ...] = ()


@dataclass(frozen=True)
class Speak:
    """Speak a text in a slot; `others` are the seeds of the next takes, for where this one is doubtful."""

    slot: int
    turn: int
    text: str
    seed: int
    others: tuple[int, ...] = ()


@dataclass(frozen=True)
class Kill:
    """End the engine of a slot; it hangs."""

    slot: int


@dataclass(frozen=True)
class Unload:
    """End the engine of a slot; it is not needed for now."""

    slot: int


@dataclass(frozen=True)
class Seek:
    """Look how much of a content lies on the disk, make room for the rest, and report it."""

    digest: str
    size: int


Command = Load | Speak | Kill | Unload | Seek


@dataclass
class WorkerOutcome:
    """In this order: put clips on the shelf, drop those not needed, run commands, send messages, send clips.

    `pieces` are to be written to the disk in their order, after the commands; `serves` read from it and sent.
    """

    kept: list[tuple[Clip, bytes]] = field(default_factory=list)  # new clips with their frames
    dropped: list[Clip] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    messages: list[tuple[str, Message]] = field(default_factory=list)
    clips: list[tuple[str, Clip]] = field(default_factory=list)
    pieces: list[tuple[str, int, bytes]] = field(default_factory=list)  # digest, offset, bytes
    serves: list[tuple[str, Fetch]] = field(default_factory=list)  # link that asks for a piece of latents made here
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
        """These clips' bytes are needed no more."""
        self.dropped.extend(clips)
