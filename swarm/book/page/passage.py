"""The form of a text between a document's markup and a chapter's blocks."""

from typing import Literal

from msgspec import Struct

from swarm.job.book import Saying, TextTrace


class Passage(Struct):
    """A block with what decides its chapter: the level of a heading (0: none) and why it is left out."""

    kind: Literal["heading", "paragraph", "scene"]
    text: str = ""
    level: int = 0
    left_out: str = ""
    language: str = ""  # as the markup names it, "" if it names none
    references: tuple[str, ...] = ()  # the notes that are referred to here
    note: str = ""  # the note that this is part of
    sayings: tuple[Saying, ...] = ()  # phonemes that the book gives for its words
    trace: TextTrace | None = None  # where it stands in its document, if that was traced
