"""A user's orders: messages that any member of the swarm may send, without a greeting, and what becomes of them."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from swarm.job.job_file import Digest
from swarm.lease.bounds import Count, Name, Note, Offset
from swarm.lease.envelope import Message

Action = Literal[
    "pause", "resume", "move", "cancel", "remove", "drain", "limit", "standby", "no-standby", "approve", "refuse"
]
STANDBY_ACTIONS = ("standby", "no-standby")
OF_MACHINES = ("drain", "limit", *STANDBY_ACTIONS)  # pause and resume are not here, since books have them too


class Order(Message, frozen=True, tag=True, omit_defaults=True):
    """A user wants something of a book of the queue or of a machine, from any machine of the swarm.

    A machine that is approved or refused is one that waits to come in.
    """

    action: Action
    target: Note  # the number or title of a book, or the name of a machine or its fingerprint
    count: Count = 0  # the new place of a book, or how many slots of a machine may speak
    by: Name = ""  # the machine that the user sits at


class NewBook(Message, frozen=True, tag=True, omit_defaults=True):
    """A user adds a book to the queue; its file follows as `BookPiece`, as `BookTaken` asks for it."""

    name: Name  # the file's name
    digest: Digest
    size: Offset
    options: Annotated[tuple[Note, ...], Meta(max_length=100)] = ()  # words of a command line


class BookPiece(Message, frozen=True, tag=True):
    """A piece of a book's file; its bytes are the frame that follows."""

    digest: Digest
    offset: Offset


class Instruct(Message, frozen=True, tag=True, omit_defaults=True):
    """A user wants this machine to pause, resume, drain, speak with so many slots at most, or keep copies of books."""

    action: Action
    count: Count = 0
    by: Name = ""


class Obeyed(Message, frozen=True, tag=True):
    """What became of an order, in words; `done` is False where it could not be obeyed."""

    done: bool
    note: Note


class BookTaken(Message, frozen=True, tag=True, omit_defaults=True):
    """How much of a book's file has come. `book` is its number in the queue once it is there, `refusal` why not."""

    digest: Digest
    have: Offset = 0
    book: Count = 0
    refusal: Note = ""


class QueuedStatus(Struct, frozen=True, omit_defaults=True):
    """One book of a resident coordinator's queue."""

    book: Count  # the book's number
    title: Note
    state: Name  # waiting, finished, failed, cancelled
    paused: bool = False
    job: Name = ""  # known once the book was read
    note: Note = ""  # the reason that it failed, or what it waits for
    files: Annotated[tuple[Note, ...], Meta(max_length=8)] = ()  # the first ones of the audiobook


def knows_orders(version: str) -> bool:
    """Tell whether a peer of a version knows orders; it leaves them without an answer otherwise."""
    return not version.startswith("0.1.")
