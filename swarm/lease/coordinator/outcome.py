"""The outcome of a coordinator's core: facts to persist first, then messages to send, and events for the user."""

from dataclasses import dataclass, field

from swarm.job.record import AnyRecord
from swarm.lease.envelope import Message
from swarm.lease.message import Fetch, Received
from swarm.lease.reason import Reason


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
    """One piece of a job's file, to be read and sent to a peer; or, with `blocks`, the digests of a list of blocks."""

    peer: bytes
    job: str
    digest: str
    offset: int
    total: int
    blocks: int | None = None  # the number of the list


@dataclass
class Outcome:
    """The outcome of one call of the core: persist all `entries` before anything of `sends` leaves.

    `serves` may be late: a worker asks again. `events` are for the user. `overruled` are jobs that another coordinator
    has taken over: they are to be ended here.
    """

    entries: list[JournalEntry] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    serves: list[Serve] = field(default_factory=list)
    events: list[Reason] = field(default_factory=list)
    overruled: dict[str, int] = field(default_factory=dict)

    @property
    def is_receipt(self) -> bool:
        """Whether it says no more than that pieces came: it need not wait for earlier outcomes to reach the disk."""
        return not self.entries and all(isinstance(send.message, Received) for send in self.sends)

    @property
    def is_of_use(self) -> bool:
        """Whether the bytes that came with a message are kept, or more of them were asked for."""
        return any(entry.frame for entry in self.entries) or any(
            isinstance(send.message, Received | Fetch) for send in self.sends
        )

    def send(self, peer: bytes, message: Message) -> None:
        """Add a message."""
        self.sends.append(Send(peer, message))
