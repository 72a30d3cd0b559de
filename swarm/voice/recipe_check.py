"""Checks a recipe, which may be a coordinator's, and its settings against the engine that is to open it."""

import math
from collections.abc import Mapping

from msgspec import structs

from swarm.errors import UsageError
from swarm.job.card import EngineCard, SettingCard
from swarm.job.spec import CLONE, CUSTOM, Recipe, Setting
from swarm.voice.engine import Engine, unavailable

TRUTH_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def check_settings(card: EngineCard, asked: Mapping[str, Setting]) -> tuple[tuple[str, Setting], ...]:
    """Return every setting of an engine, sorted by name: the value that was asked for, else the default.

    Words are converted for settings that are numbers or truth values. The result names every setting, so that a worker
    of another version, with other defaults, speaks the same. Raises UsageError.
    """
    known = {setting.name: setting for setting in card.settings}
    for name in asked:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise UsageError(f"{card.title} has no setting {name!r}; it has: {names}.")
    return tuple(
        (name, _checked(setting, asked[name]) if name in asked else setting.default)
        for name, setting in sorted(known.items())
    )


def check_recipe(card: EngineCard, recipe: Recipe) -> Recipe:
    """Check a recipe that came from a peer; return it with every setting of its engine. Raises UsageError."""
    return structs.replace(recipe, settings=check_settings(card, dict(recipe.settings)))


def check_known(card: EngineCard, recipe: Recipe) -> None:
    """Check the settings of a peer's recipe that an engine knows, and let others pass. Raises UsageError."""
    for setting in card.settings:
        for name, value in recipe.settings:
            if name == setting.name:
                _checked(setting, value)


def _checked(setting: SettingCard, value: Setting) -> Setting:
    if isinstance(setting.default, str):
        return _word(setting, str(value))
    if isinstance(setting.default, bool):
        return _truth(setting, value)
    return _number(setting, value, type(setting.default))


def _word(setting: SettingCard, value: str) -> str:
    if setting.choices and value not in setting.choices:
        raise _refused(setting, value)
    return value


def _truth(setting: SettingCard, value: Setting) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in TRUTH_WORDS:
        raise _refused(setting, value)
    return TRUTH_WORDS[str(value).lower()]


def _number(setting: SettingCard, value: Setting, kind: type[int] | type[float]) -> int | float:
    number = _convert(value, kind)
    if number is None or not (math.isfinite(number) and setting.low <= number <= setting.high):
        raise _refused(setting, value)
    return number


def _refused(setting: SettingCard, value: Setting) -> UsageError:
    about = f" ({setting.name}: {setting.about})" if setting.about else ""
    return UsageError(f"The setting {setting.name} must be {setting.values}, not {value!r}{about}.")


def _convert(value: Setting, kind: type[int] | type[float]) -> int | float | None:
    """Convert a value to a number of a kind; return None if it is not such a number."""
    if isinstance(value, bool) or (kind is int and isinstance(value, float)):
        return None
    try:
        return kind(value)
    except (ValueError, OverflowError):
        return None


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
        raise unavailable(f"{fault} The coordinator may have another version.") from fault
    return card
