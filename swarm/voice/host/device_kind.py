"""The kind of device that a job is for, by the card of its model."""

from swarm.errors import SwarmError
from swarm.job.recipe import Recipe
from swarm.voice.host.registry import recipe_card


def device_of(recipe: Recipe) -> str:
    """Return the kind of device that a recipe's model computes on; "any" if its card is not known here."""
    try:
        return recipe_card(recipe).device
    except SwarmError:
        return "any"
