"""The form of a text after it was read from markup, before it belongs to a chapter."""

from typing import Literal

from msgspec import Struct

from swarm.job.book import Saying, TextTrace


class Passage(Struct):
    """A block of a document. `level` is 0 but for a heading; `left_out` says why it is not spoken, "" if it is."""

    kind: Literal["heading", "paragraph", "scene"]
    text: str = ""
    level: int = 0
    left_out: str = ""
    grounds: str = ""  # words that made a rule leave it out, "" if the book itself marks it
    language: str = ""  # "" if the markup names none
    references: tuple[str, ...] = ()  # keys of the notes that it refers to
    note: str = ""  # key of the note that it belongs to
    marks: tuple[str, ...] = ()  # raised figures after its words that lead nowhere: marks of notes
    sayings: tuple[Saying, ...] = ()  # phonemes that the book gives for its words
    trace: TextTrace | None = None  # the place in the document, if a tracer was used
