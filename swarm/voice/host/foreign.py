"""The door for engines of other packages: each is asked once for all that any command asks, so that none stops one."""

import math
import re

import msgspec

from swarm.job.card import EngineCard
from swarm.voice.engine import Engine
from swarm.voice.settings import check_settings

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")  # --tts-engine compares names in lower case
MAX_LIMIT = 10_000  # characters of a segment
SETTING = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")  # the form is that of --engine-option NAME=VALUE


def check_foreign(engine: object) -> Engine:
    """Return a foreign engine that is fit for every command. Raises TypeError, ValueError, UsageError.

    What the engine itself raises when it is asked for its models or its installation goes through.
    """
    if not isinstance(engine, Engine):
        raise TypeError("it is not a swarm.voice.engine.Engine")
    check_card(getattr(engine, "card", None))
    engine.is_installed()
    engine.models()
    engine.kept_models()
    return engine


def check_card(card: object) -> None:
    """Raise TypeError, ValueError or UsageError for a card that some command could not use."""
    if not isinstance(card, EngineCard):
        raise TypeError("it has no card of swarm.job.card.EngineCard")
    msgspec.convert(msgspec.to_builtins(card), EngineCard)  # the types of its fields; raises a ValueError
    if not NAME.fullmatch(card.name):
        raise ValueError(f"its name is {card.name!r}, not up to 40 small letters, figures, dots and hyphens")
    if not card.languages or "" not in dict(card.limits):
        raise ValueError("its card names no languages, or no limit of characters for any language")
    if not all(1 <= limit <= MAX_LIMIT for _, limit in card.limits) or not 0 < card.characters_s < math.inf:
        raise ValueError(f"its card has a limit that is not from 1 to {MAX_LIMIT:,} characters, or an impossible pace")
    for setting in card.settings:
        if not SETTING.fullmatch(setting.name):
            raise ValueError(f"its setting {setting.name!r} has a name that --engine-option cannot take")
        if setting.low > setting.high or (setting.choices and not isinstance(setting.default, str)):
            raise ValueError(f"its setting {setting.name} has no possible value, or choices that are no words")
    check_settings(card, card.defaults)
