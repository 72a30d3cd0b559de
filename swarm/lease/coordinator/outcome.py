"""What a core wants done: facts to persist first, then messages to send, and lines for people."""

from dataclasses import dataclass, field

from swarm.job.record import AnyRecord
from swarm.lease.message import Message


@dataclass(frozen=True)
class JournalEntry:
    """One record of one job; a `ClipAccepted` or `LatentsKept` carries its bytes with it."""

    job: str
    record: AnyRecord
    frame: bytes = b""


@dataclass(frozen=True)
class Send:
    """One message to one peer."""

    peer: bytes
    message: Message


@dataclass(frozen=True)
class Serve:
    """One piece of a job's file, to be read and sent to a peer."""

    peer: bytes
    job: str
    digest: str
    offset: int
    total: int


@dataclass
class Outcome:
    """Persist `entries`, all of them, before anything of `sends` leaves. `notes` are for the user's eyes.

    `serves` may be late: whoever asked asks again.
    """

    entries: list[JournalEntry] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    serves: list[Serve] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def send(self, peer: bytes, message: Message) -> None:
        """Add a message."""
        self.sends.append(Send(peer, message))
