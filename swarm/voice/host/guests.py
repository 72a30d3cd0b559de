"""Chooses the guests of a book: for each other language in it the best engine of the base that is there."""

from collections.abc import Collection, Iterable
from contextlib import suppress

from swarm.errors import SwarmError
from swarm.job.book import Chapter
from swarm.job.card import EngineCard
from swarm.job.guest import GuestEngine, Guests, guests_in, may_be_named
from swarm.voice.built_in import BUILT_IN
from swarm.voice.engine import Engine
from swarm.voice.host.choice import QUALITIES, Recommendation, usable
from swarm.voice.host.registry import all_engines, choose_recipe, find_engine, recipe_card


def find_guests(
    card: EngineCard, languages: Iterable[str], offered: "Collection[str] | None" = None, engines: Iterable[Engine] = ()
) -> Guests:
    """Return the guests for some languages, beside the engine of a job; languages that no engine speaks are left out.

    `offered` are the words of --tts-engine that workers can speak with, None if this machine alone speaks. `engines`
    are all engines if it is empty.
    """
    if not _takes_guests(card):
        return {}
    known = tuple(engines) or all_engines()
    found = {language: _find_guest(card, language, offered, known) for language in languages}
    return {language: guest for language, guest in sorted(found.items()) if guest}


def may_be_guest(engine: Engine, card: EngineCard) -> bool:
    """Tell whether an engine speaks in the process of another one: those of the base that run on the CPU."""
    is_base = card.name in BUILT_IN and not engine.requirements and not card.shares_process
    return is_base and card.speech and card.device != "gpu"


def _takes_guests(card: EngineCard) -> bool:
    """Tell whether other engines of the base run in the process of an engine."""
    return card.name in BUILT_IN and not find_engine(card.name).requirements and "*" not in card.languages


def _find_guest(
    card: EngineCard, language: str, offered: "Collection[str] | None", engines: Iterable[Engine]
) -> GuestEngine | None:
    able = [
        each
        for each in usable(engines, language, offered or ())
        if may_be_guest(each.engine, each.card) and _is_offered(each, offered)
    ]
    for each in sorted(able, key=lambda each: (QUALITIES.index(each.quality), each.card.name != card.name)):
        with suppress(SwarmError):  # the voice may not be here after all
            guest = GuestEngine(choose_recipe(language, engine=each.word), each.card)
            if may_be_named(guest):
                return guest
    return None


def _is_offered(found: Recommendation, offered: "Collection[str] | None") -> bool:
    """Tell whether workers can speak with what was found: all have what needs no model."""
    return offered is None or found.word in offered or not found.model


def guests_of(chapters: Iterable[Chapter]) -> Guests:
    """Return the guests that some chapters name, of engines that are known here."""
    found = {}
    for recipe in guests_in(chapters):
        with suppress(SwarmError):
            found[recipe.language] = GuestEngine(recipe, recipe_card(recipe))
    return found
