"""Checks a recipe that a coordinator sent against the engine that is to open it."""

from swarm.errors import UsageError
from swarm.job.card import EngineCard
from swarm.job.recipe import CLONE, CUSTOM, Recipe
from swarm.voice.engine import Engine, EngineFault, FaultKind
from swarm.voice.settings import check_known


def checked_card(engine: Engine, recipe: Recipe) -> EngineCard:
    """Return the card of a recipe's model. Raises EngineFault(UNAVAILABLE) for a voice or setting that cannot be.

    A coordinator that has only the engine's card could check neither a blend of voices nor another version's settings.
    """
    if recipe.model.startswith(CUSTOM):
        return engine.card  # the engine reads from the model's files what settings and voices it has
    try:
        card = engine.card_for(recipe.model)
        check_known(card, recipe)
        listed = any(voice.name == recipe.voice for voice in card.voices) or recipe.voice.startswith(CLONE)
        if card.any_voice and not listed:
            engine.check_voice(recipe.voice, recipe.language, recipe.model)
    except UsageError as fault:
        raise EngineFault(FaultKind.UNAVAILABLE, f"{fault} The coordinator may have another version.") from fault
    return card
