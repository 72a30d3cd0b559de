"""The settings of an engine, each checked against its card."""

import math

from msgspec import structs

from swarm.errors import UsageError
from swarm.job.card import EngineCard
from swarm.job.recipe import Recipe, Setting

_BOUNDS = {
    "speed": (0.5, 2.0),
    "pitch": (0, 99),
    "temperature": (0.01, 2.0),
    "text_temp": (0.01, 2.0),
    "waveform_temp": (0.01, 2.0),
    "top_k": (1, 1000),
    "top_p": (0.01, 1.0),
    "repetition_penalty": (1.0, 100.0),
    "length_penalty": (-10.0, 10.0),
    "num_beams": (1, 16),
}


def check_settings(card: EngineCard, options: dict[str, str]) -> tuple[tuple[str, Setting], ...]:
    """Every setting of an engine, sorted by name: its default, or what `options` say. Raises UsageError.

    All are named, so that a worker of another version, with other defaults, speaks the same.
    """
    defaults = dict(card.settings)
    for name in options:
        if name not in defaults:
            known = ", ".join(sorted(defaults)) or "none"
            raise UsageError(f"{card.title} has no setting {name!r}; it has: {known}.")
    return tuple(
        (name, _typed(name, default, options[name]) if name in options else default)
        for name, default in sorted(defaults.items())
    )


def check_recipe(card: EngineCard, recipe: Recipe) -> Recipe:
    """A recipe that came from elsewhere with every setting of its engine, within bounds. Raises UsageError."""
    said = {name: str(value) for name, value in recipe.settings}
    return structs.replace(recipe, settings=check_settings(card, said))


def _typed(name: str, default: Setting, word: str) -> Setting:
    if isinstance(default, str):
        return word
    if isinstance(default, bool):
        return _truth(name, word)
    kind = type(default)
    low, high = _BOUNDS.get(name, (0, 1_000_000))
    try:
        value = kind(word)
    except ValueError:
        value = kind(-1)
    if not (math.isfinite(value) and low <= value <= high):
        number = "a whole number" if kind is int else "a number"
        raise UsageError(f"The setting {name} must be {number} from {low:,.10g} to {high:,.10g}, not {word!r}.")
    return value


def _truth(name: str, word: str) -> bool:
    truths = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if word.lower() not in truths:
        raise UsageError(f"The setting {name} must be yes or no, not {word!r}.")
    return truths[word.lower()]
