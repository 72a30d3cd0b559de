"""Messages by which machines tell each other who is in the swarm. What they know is the frame that follows."""

from typing import Annotated

from msgspec import Meta, Struct

from swarm.lease.bounds import Name
from swarm.lease.envelope import Message

PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
Sealed = Annotated[bytes, Meta(max_length=200)]


class ApplicantRow(Struct, frozen=True):
    """A machine that waits for approval, as people see it."""

    name: Name
    fingerprint: Name


class Enrol(Message, frozen=True, tag=True):
    """A machine tells its name and its own key, by which it is a member or wants to be one.

    `sealed` is the swarm's newest secret, for a coordinator that was away.
    """

    name: Name
    key: PublicKey
    sealed: Sealed = b""


class Members(Message, frozen=True, tag=True):
    """The answer: the coordinator's own name and key, and the swarm's newest secret, sealed for a member alone.

    `waits`: the machine has to be approved first, and is told nothing else. `refused`: a member sent it away.
    """

    name: Name
    key: PublicKey
    sealed: Sealed = b""
    waits: bool = False
    refused: bool = False
