"""The place of an English word in its sentence: the words around it, by which its sound is told."""

from msgspec import Struct

from swarm.book.language.language import words

AUXILIARY = words(
    "to will would shall should can could may might must do does did cannot don't won't can't didn't doesn't couldn't "
    "wouldn't shouldn't mustn't let's i'll you'll he'll she'll we'll they'll i'd you'd he'd she'd we'd they'd please"
)
SUBJECT = words("i you we they who")
DETERMINER = words("the a an this my your his her its our their no some any every each another whose")


class Place(Struct, frozen=True):
    """A word and the words around it in small letters; a comma and a full stop are words too."""

    word: str
    capital: bool  # whether the word is written with a capital
    before: tuple[str, ...]  # the nearest word comes last
    after: tuple[str, ...]

    def previous(self, skipped: int = 0) -> str:
        """Return a word before, counted from the nearest one; "" if there is none."""
        return self.before[-1 - skipped] if len(self.before) > skipped else ""

    @property
    def next(self) -> str:
        """The next word, "" if there is none."""
        return self.after[0] if self.after else ""
