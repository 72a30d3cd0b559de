"""The voices of a book besides its reader's: those of its characters are checked, and fallback voices are chosen.

For each other language in a book that is the best engine of the base that is there."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from swarm.book.model.book import Chapter
from swarm.book.model.reading_choice import Cast, CastVoice
from swarm.errors import SwarmError, UsageError
from swarm.job.card import EngineCard, FallbackEngine, FallbackEngines, guests_in, may_be_named
from swarm.job.spec import Recipe
from swarm.voice.built_in import BUILT_IN
from swarm.voice.engine import Engine
from swarm.voice.host.choice import QUALITIES, Recommendation, usable
from swarm.voice.host.registry import (
    all_engines,
    choose_recipe,
    find_engine,
    find_voice,
    recipe_card,
    use_line,
    usual_word,
)


def find_guests(
    card: EngineCard, languages: Iterable[str], offered: "Collection[str] | None" = None
) -> FallbackEngines:
    """Return the guests for some languages, beside the engine of a job; languages that no engine speaks are left out.

    `offered` are the words of --tts-engine that workers can speak with, None if this machine alone speaks.
    """
    if not _takes_guests(card):
        return {}
    found = {language: _find_guest(card, language, offered) for language in languages}
    return {language: guest for language, guest in sorted(found.items()) if guest}


def may_be_guest(engine: Engine, card: EngineCard) -> bool:
    """Tell whether an engine speaks in the process of another one: those of the base that run on the CPU."""
    is_base = card.name in BUILT_IN and not engine.requirements and not card.shares_process
    return is_base and card.speech and card.device != "gpu"


def _takes_guests(card: EngineCard) -> bool:
    """Tell whether other engines of the base run in the process of an engine."""
    return card.name in BUILT_IN and not find_engine(card.name).requirements and "*" not in card.languages


def _find_guest(card: EngineCard, language: str, offered: "Collection[str] | None") -> FallbackEngine | None:
    able = [
        each
        for each in usable(all_engines(), language, offered or ())
        if may_be_guest(each.engine, each.card) and _is_offered(each, offered)
    ]
    for each in sorted(able, key=lambda each: (QUALITIES.index(each.quality), each.card.name != card.name)):
        with suppress(SwarmError):  # the voice may not be here after all
            guest = FallbackEngine(choose_recipe(language, engine=each.word), each.card)
            if may_be_named(guest):
                return guest
    return None


def _is_offered(found: Recommendation, offered: "Collection[str] | None") -> bool:
    """Tell whether workers can speak with what was found: all have what needs no model."""
    return offered is None or found.word in offered or not found.model


def guests_of(chapters: Iterable[Chapter]) -> FallbackEngines:
    """Return the guests that some chapters name, of engines that are known here."""
    found = {}
    for recipe in guests_in(chapters):
        with suppress(SwarmError):
            found[recipe.language] = FallbackEngine(recipe, recipe_card(recipe))
    return found


def check_cast(recipe: Recipe, cast: Cast, config: Mapping[str, object] | None = None) -> Cast:
    """Return a cast with the voices' own names. Raises UsageError for an engine or a voice that cannot be in it.

    `config` is the content of a custom model's config.json; without it, the worker alone knows the model's voices.
    """
    engine = find_engine(recipe.engine)
    card = engine.card_for(recipe.model, config)
    if not card.casts:
        able = [usual_word(other) for other in all_engines() if other.card.casts and other.card.speech]
        raise UsageError(f"{card.title} speaks a book with one voice: for several {use_line(able)}.")

    def own(name: str) -> str:
        found = find_voice(card, recipe.language, name)
        return found.name if found in card.voices else engine.check_voice(found.name, recipe.language, recipe.model)

    def rows(named: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, own(voice)) for name, voice in named)

    dialogue = own(cast.dialogue) if cast.dialogue else ""
    return Cast(dialogue, rows(cast.speakers), rows(cast.chapters), rows(cast.marks), cast.persons, cast.auto)


def cast_voices(card: EngineCard, language: str, own: str) -> list[CastVoice]:
    """Return the voices that persons of a book may have, that of the narrator first."""
    voices = [
        CastVoice(
            each.name, "m" if each.gender == "male" else "f" if each.gender == "female" else "", each.about, each.sound
        )
        for each in card.voices_for(language)
    ]
    mine = next((each for each in voices if each.name == own), CastVoice(own, ""))
    return [mine, *(each for each in voices if each.name != own)]
