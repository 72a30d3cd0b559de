"""What a worker offers in its greeting: engines and devices."""

from typing import Annotated

from msgspec import Meta, Struct

from swarm.lease.bounds import MAX_FACTS, MAX_MODELS, Count, Name, Note


class EngineOffer(Struct, frozen=True):
    """An engine that this worker can open, the languages it speaks with it, and its models; "*": any can be had.

    `facts` are the cards of an engine that does not come with e2a-swarm, encoded (`voice/host/offered.py`). They are
    bytes, so that a card of another version cannot keep the greeting from being read.
    """

    name: Name
    languages: Annotated[tuple[Name, ...], Meta(max_length=1000)]
    models: Annotated[tuple[Name, ...], Meta(max_length=MAX_MODELS)] = ("*",)
    batch: Count = 1  # segments that it speaks together; the coordinator counts MAX_BATCH at most
    facts: Annotated[bytes, Meta(max_length=MAX_FACTS)] = b""
    casts: bool = False  # speaks a segment in the segment's own voice; workers of 0.1 do not


class Device(Struct, frozen=True):
    """A device of a worker, proved at start."""

    name: Name  # "cpu", "cuda:0"
    about: Note = ""
