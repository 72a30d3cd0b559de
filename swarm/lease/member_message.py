"""Messages of a swarm's members beside the speaking: orders of users and what becomes of them, who is in the
swarm, and how standbys copy jobs and a coordinator hears that another took a job over."""

from collections.abc import Iterable
from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct, msgpack, structs
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from swarm.job.job_asset import Digest, Size
from swarm.lease.envelope import Count, Message, Name, Note, Offset, Seconds
from swarm.lease.file_transfer import AnyDigest, PeerAddress

Action = Literal["pause", "resume", "move", "cancel", "remove", "drain", "limit", "approve", "refuse"]
OF_MACHINES = ("drain", "limit")  # pause and resume are not here, since books have them too


PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
MAX_RUNS = 1000
MAX_TAKEN = 100_000  # orders that one run remembers


class Signature(Struct, frozen=True):
    """A machine's own key, or the owner's, signed an order: for these runs of programs alone, and for one time."""

    key: PublicKey
    to: Annotated[tuple[Name, ...], Meta(max_length=MAX_RUNS)]  # runs of a coordinator, and of the workers meant
    number: Annotated[str, Meta(max_length=32)]  # random
    value: Annotated[bytes, Meta(min_length=64, max_length=64)] = bytes(64)


class Order(Message, frozen=True, tag=True, omit_defaults=True):
    """A user wants something of a book of the queue or of a machine, from any machine of the swarm.

    A machine that is approved or refused is one that waits to come in.
    """

    action: Action
    target: Note  # the number or title of a book, or the name of a machine or its fingerprint
    count: Count = 0  # the new place of a book, or how many slots of a machine may speak
    protocol: int = 1  # protocol 1 did not say it
    signed: Signature | None = None  # tells whose user wants it


class NewBook(Message, frozen=True, tag=True, omit_defaults=True):
    """A user adds a book to the queue; the coordinator asks for its file by `Fetch`, and says at the end `Obeyed`."""

    name: Name  # the file's name
    digest: Digest
    size: Offset
    options: Annotated[tuple[Note, ...], Meta(max_length=100)] = ()  # words of a command line
    protocol: int = 1  # protocol 1 did not say it
    signed: Signature | None = None  # tells whose user may order something of the book later


AnyOrder = TypeVar("AnyOrder", Order, NewBook)


class BadOrder(ValueError):
    """An order that no known key gave to this program; the words say why."""


def sign_order(order: AnyOrder, signer: SigningKey, to: Iterable[str], number: str) -> AnyOrder:
    """Return an order signed for some runs of programs, under a number that no order had before."""
    bare = Signature(bytes(signer.verify_key), tuple(to), number)
    value = signer.sign(_signed_bytes(order, bare)).signature
    return structs.replace(order, signed=structs.replace(bare, value=value))


def _signed_bytes(order: Order | NewBook, bare: Signature) -> bytes:
    return b"e2a-swarm order 1 " + msgpack.encode(structs.replace(order, signed=bare))


class OrderGate:
    """Tells who signed an order for one run of a program. One that was taken does not count again."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._taken: dict[str, None] = {}  # numbers, the oldest first

    def signer_of(self, order: Order | NewBook) -> bytes:
        """Return the key that signed an order. Raises BadOrder."""
        signed = order.signed
        if signed is None:
            raise BadOrder("it is not signed")
        if self.run not in signed.to:
            raise BadOrder("it was given to another run of this program; give it again")
        if signed.number in self._taken:
            raise BadOrder("it was obeyed already, and counts once")
        try:
            told = _signed_bytes(order, structs.replace(signed, value=bytes(64)))
            VerifyKey(signed.key).verify(told, signed.value)
        except (CryptoError, ValueError, TypeError) as fault:
            raise BadOrder("its signature does not fit") from fault
        return signed.key

    def take(self, order: Order | NewBook) -> None:
        """Remember that an order was obeyed."""
        if order.signed:
            self._taken[order.signed.number] = None
        if len(self._taken) > MAX_TAKEN:
            del self._taken[next(iter(self._taken))]


class Instruct(Message, frozen=True, tag=True, omit_defaults=True):
    """A user wants this machine to pause, resume, drain, or speak with so many slots at most.

    The machine judges by itself whether that user may.
    """

    order: Order


class Obeyed(Message, frozen=True, tag=True):
    """What became of an order, in words; `done` is False where it could not be obeyed."""

    done: bool
    note: Note = ""
    book: Count = 0  # the number in the queue of a book that was added


class QueuedStatus(Struct, frozen=True, omit_defaults=True):
    """One book of a resident coordinator's queue."""

    book: Count  # the book's number
    title: Note
    state: Name  # waiting, paused, finished, failed, cancelled
    job: Name = ""  # known once the book was read
    note: Note = ""  # the reason that it failed, or what it waits for
    files: Annotated[tuple[Note, ...], Meta(max_length=8)] = ()  # the first ones of the audiobook

    @property
    def is_to_speak(self) -> bool:
        """Whether it waits or is spoken."""
        return self.state in ("waiting", "paused")


Sealed = Annotated[bytes, Meta(max_length=200)]


class ApplicantRow(Struct, frozen=True):
    """A machine that waits for approval, as people see it."""

    name: Name
    fingerprint: Name


MAX_TOLD_ADDRESSES = 8
ToldAddress = Annotated[str, Meta(max_length=120)]  # "host:port", where host may be a name
ToldAddresses = Annotated[tuple[ToldAddress, ...], Meta(max_length=MAX_TOLD_ADDRESSES)]


class Enrol(Message, frozen=True, tag=True):
    """A machine tells its name and its own key, by which it is a member or wants to be one.

    `sealed` is the swarm's newest secret, for a coordinator that was away. `addresses`: where a standby is reached once
    it takes over, but for the port, which is that of the coordinator before.
    """

    name: Name
    key: PublicKey
    sealed: Sealed = b""
    addresses: ToldAddresses = ()


InviteState = Literal["", "open", "used", "ran out", "taken back"]


class Members(Message, frozen=True, tag=True):
    """The answer: the coordinator's own name and key, and the swarm's newest secret, sealed for a member alone.

    `waits`: the machine has to be approved first, and is told nothing else. `refused`: a member sent it away. `invite`:
    the machine came by one and is told nothing else than that it is open, or why it lets no machine in. `addresses`:
    where the coordinator is reached, in the order of trial, `standbys`: where one of those is, once it took over; each
    still has to prove the swarm's key.
    """

    name: Name
    key: PublicKey
    sealed: Sealed = b""
    waits: bool = False
    refused: bool = False
    invite: InviteState = ""
    addresses: ToldAddresses = ()
    standbys: ToldAddresses = ()


ASKS = bytes(32)  # the key in an `Enrol` that only asks about an invite
MAX_EPOCHS = 200  # jobs that one message names
MAX_STANDBYS = 64  # standbys that one coordinator may name
MAX_CANDIDATES = 15  # candidates that one coordinator may have


class Epochs(Message, frozen=True, tag=True):
    """A worker tells which jobs were taken over, with the highest epoch of each: who led one before must end."""

    jobs: Annotated[tuple[tuple[Name, Count], ...], Meta(max_length=MAX_EPOCHS)]


class SuccessionCandidate(Struct, frozen=True):
    """A standby that takes over by itself: its id, the name of its machine, and where other candidates ask it."""

    id: Name
    name: Name
    address: PeerAddress


class Voters(Struct, frozen=True):
    """The candidates of one run of a coordinator, in the order in which they may take over."""

    run: Name
    revision: Count
    candidates: Annotated[tuple[SuccessionCandidate, ...], Meta(max_length=MAX_CANDIDATES)] = ()

    @property
    def ids(self) -> list[str]:
        """The ids of the candidates, in their order."""
        return [candidate.id for candidate in self.candidates]


class Claim(Struct, frozen=True, omit_defaults=True):
    """A candidate tells its coordinator that it is there, and which voters it has.

    It takes the coordinator for gone after `silence_s`; if `bound`, it agreed that another takes over.
    """

    candidate: SuccessionCandidate
    run: Name = ""
    revision: Count = 0
    silence_s: Seconds = 0.0
    bound: bool = False


class Silent(Message, frozen=True, tag=True, omit_defaults=True):
    """A candidate has not heard its coordinator for long, and asks another whether it may take over.

    If it `withdraws`, it does not take over after all.
    """

    candidate: Name  # the id of the one that asks
    voters: Voters  # as it knows them, with its own present address
    number: Count
    jobs: Annotated[tuple[Name, ...], Meta(max_length=MAX_EPOCHS)] = ()  # the jobs that it would take over
    withdraws: bool = False


class Opinion(Message, frozen=True, tag=True, omit_defaults=True):
    """A candidate's answer: it agrees, it has given its word to another, or the coordinator is not gone."""

    candidate: Name  # the id of the one that answers
    run: Name
    number: Count
    says: Literal["agrees", "abstains", "refuses"]
    later: Voters | None = None  # a later list than that of the question


MAX_QUEUED = 10_100  # files of a queue: its books, and those that its options name
MAX_QUEUED_BYTES = 2 << 30  # bytes of one of these files
QueuedPath = Annotated[str, Meta(max_length=300)]


class QueuedFile(Struct, frozen=True, array_like=True):
    """A file of a queue: a book, or a file that an option names."""

    path: QueuedPath  # below a state folder
    digest: Digest
    size: Annotated[int, Meta(ge=1, le=MAX_QUEUED_BYTES)]

    @property
    def is_book(self) -> bool:
        """Whether it is a book of the queue."""
        return self.path.split("/")[1:2] != ["given"]


class QueueList(Struct, frozen=True):
    """All that a standby copies of a resident coordinator's queue; `small` has the contents of small files by path."""

    queue: Name  # its id, which it keeps with all who serve it
    epoch: Count  # the number of the run that serves it
    host: Name  # the machine
    to_speak: Count  # books that are not ended
    small: Annotated[dict[QueuedPath, bytes], Meta(max_length=16)]
    files: Annotated[tuple[QueuedFile, ...], Meta(max_length=MAX_QUEUED)] = ()

    @property
    def books(self) -> int:
        """How many books it has."""
        return sum(file.is_book for file in self.files)


class Content(Struct, frozen=True, array_like=True):
    """The bytes that a digest names."""

    digest: Digest
    size: Size


class QueueHead(Struct, frozen=True):
    """Which queue a coordinator has, and its list."""

    queue: Name
    epoch: Count
    list: Content


class Copy(Message, frozen=True, tag=True):
    """A standby asks which jobs and which queue there are. What it lacks of them it asks for by `Fetch`."""

    standby: Name  # the name of its machine
    claim: Claim | None = None  # it comes if the standby takes over by itself
    list: AnyDigest = ""  # the queue's list that it has
    books: Count = 0  # books of the queue that it has


class Copied(Message, frozen=True, tag=True):
    """The answer; the frame has a `CopiedJob` of each job."""

    voters: Voters | None = None  # a candidate gets them
    queue: QueueHead | None = None  # a resident coordinator has one


class CopiedJob(Struct, frozen=True, array_like=True):
    """A job as a standby begins to copy it; the spec names all its files."""

    job: Name
    epoch: int
    spec: Content
    book: Content


class StandbyStatus(Struct, frozen=True):
    """One standby as a coordinator sees it."""

    name: Name
    lag_s: Seconds | None = None  # the age of its copy of the job that is furthest behind; None: not whole yet
    silent_s: Seconds = 0.0
    behind: Count = 0  # records of all jobs that it lacks
    title: Note = ""  # the job that is furthest behind
    books: Count = 0  # it has so many books of the queue, or jobs of the coordinator
    of_books: Count = 0
