"""Checks the voices of a book's characters before anything is loaded."""

from collections.abc import Mapping

from swarm.errors import UsageError
from swarm.job.cast import Cast
from swarm.job.recipe import Recipe
from swarm.voice.host.registry import all_engines, find_engine, find_voice, use_line, usual_word


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
    return Cast(dialogue, rows(cast.speakers), rows(cast.chapters), rows(cast.marks))
