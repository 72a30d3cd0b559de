"""What a book must know of the engine that speaks it, and of the fallback voices beside it.

The owner of a voice makes such a value of what it can do; the engine cards of this house are some already.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Speaker(Protocol):
    """An engine as the text for it is made: what it reads by itself, and how much it takes at once."""

    @property
    def name(self) -> str:
        """Its name, for the reason why it cannot speak a text."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The primary subtags of its languages ("en", "fr"), or ("*",) for any."""

    @property
    def scripts(self) -> tuple[str, ...]:
        """The Unicode scripts that it reads ("Latin"); () for any."""

    @property
    def read_only_in(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Scripts, each with the only languages in which it reads their letters: in others it names them."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The languages whose numbers it says correctly by itself; "*" for all."""

    @property
    def abbreviations(self) -> tuple[str, ...]:
        """The languages whose abbreviations ("Mr.") it says correctly by itself; "*" for all."""

    @property
    def phonemes(self) -> tuple[str, ...]:
        """The languages in which it accepts the phonemes of words; "*" for all."""

    @property
    def polyglot(self) -> bool:
        """Whether it speaks a segment in another of its languages."""

    @property
    def shortest(self) -> int:
        """A sentence of fewer characters is joined with the next one."""

    def limit(self, language: str) -> int:
        """Return the most characters that a segment may have in a language."""

    def voices_for(self, language: str) -> Sequence[object]:
        """Return the voices that speak a language; empty if none does."""


class FallbackVoice(Protocol):
    """A voice of another engine, for passages in a language that the engine of the book does not speak."""

    @property
    def card(self) -> Speaker:
        """The card of the engine that speaks."""

    @property
    def voice(self) -> str:
        """Its name in segments."""


FallbackVoices = Mapping[str, FallbackVoice]  # keys are languages
NO_FALLBACKS: FallbackVoices = {}
