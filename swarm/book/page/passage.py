"""The word between a document's markup and a chapter's blocks."""

from typing import Literal

from msgspec import Struct

from swarm.job.book import Saying, Trace


class Passage(Struct):
    """A block with what decides its chapter: the level of a heading (0: none) and why it is left out."""

    kind: Literal["heading", "paragraph", "scene"]
    text: str = ""
    level: int = 0
    left_out: str = ""
    language: str = ""  # as the markup names it; empty: nothing named
    references: tuple[str, ...] = ()  # the notes that are referred to here
    note: str = ""  # the note that this is part of
    sayings: tuple[Saying, ...] = ()  # how its words sound, where the book says so
    trace: Trace | None = None  # where it stands, if that is asked for
