"""Guests: voices of other engines, for passages in languages that the engine of a job does not speak.

A segment that a guest speaks names it in place of a voice, `guest:fr;espeak;;fr`: language, engine, model and voice.
So clip keys, journals and grants have all of it, and every worker that has the engine makes the same sound.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from swarm.book.model.book import Chapter
from swarm.book.model.engine_text import mark_voice, split_voice
from swarm.job.card import EngineCard
from swarm.job.spec import Recipe

GUEST = "guest:"  # prefix of `Segment.voice` if another engine speaks the segment

_FIELDS = 4


class FallbackEngine(Struct, frozen=True):
    """Another engine with its voice for a language, and the card of its model."""

    recipe: Recipe
    card: EngineCard

    @property
    def voice(self) -> str:
        """Its name in segments."""
        recipe = self.recipe
        return GUEST + ";".join((recipe.language, recipe.engine, recipe.model, recipe.voice))


FallbackEngines = Mapping[str, FallbackEngine]  # keys are languages


def read_guest(voice: str) -> Recipe | None:
    """Return the recipe of a guest that a segment names, without settings; None if it names none."""
    fields = voice.removeprefix(GUEST).split(";", _FIELDS - 1)
    if not voice.startswith(GUEST) or len(fields) < _FIELDS:
        return None
    language, engine, model, name = fields
    return Recipe(engine, name, language, model)


def may_be_named(guest: FallbackEngine) -> bool:
    """Tell whether the name of a guest fits into an engine text and is read again as what it is."""
    return split_voice(mark_voice("", guest.voice))[0] == guest.voice and read_guest(guest.voice) is not None


def guests_in(chapters: Iterable[Chapter]) -> Counter[Recipe]:
    """Return the guests of some chapters, each with the number of its sentences."""
    voices = Counter(segment.voice for chapter in chapters for segment in chapter.segments)
    return Counter({guest: count for voice, count in voices.items() if (guest := read_guest(voice))})


def guest_places(chapters: Iterable[Chapter]) -> dict[tuple[int, int], Recipe]:
    """Return the guests by the places that they speak: chapter and index."""
    return {
        (number, index): guest
        for number, chapter in enumerate(chapters)
        for index, segment in enumerate(chapter.segments)
        if segment.voice.startswith(GUEST) and (guest := read_guest(segment.voice))
    }
