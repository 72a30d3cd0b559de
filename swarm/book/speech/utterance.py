"""What is said in a block of a book, and who says it."""

from typing import Literal

from msgspec import Struct

# "another": a verb of saying gives the words to a speaker without a name, such as "one of the boys"
Grounds = Literal["", "named", "same paragraph", "in turn", "pronoun", "another"]


class Utterance(Struct, frozen=True):
    """A quotation that is dialogue: characters `start` to `end` of a block, with the quotation marks."""

    start: int
    end: int
    speaker: str = ""  # the name in the book, "" if unknown
    grounds: Grounds = ""
