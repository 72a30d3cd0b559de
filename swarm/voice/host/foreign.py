"""Engines that are not the program's own: of other packages, of environments of their own, and of other machines.

Each of another package is asked once for all that any command asks, so that none stops one. The others are known by the
facts that they told; a coordinator divides books by the cards that workers sent."""

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from swarm.job.card import EngineCard, ModelCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, OnProgress, Voice, unavailable
from swarm.voice.environment import Environment, find_environments
from swarm.voice.recipe_check import check_settings

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


class EngineFacts(Struct, frozen=True, omit_defaults=True):
    """What is known of an engine without loading it, as workers send it."""

    card: EngineCard
    words: tuple[str, ...] = ()  # further words of --tts-engine that mean its models
    models: tuple[ModelCard, ...] = ()
    cards: tuple[tuple[str, EngineCard], ...] = ()  # only models whose card differs from `card` are here


class OfferedEngine(Engine):
    """An engine that another machine offers; this one has its cards and cannot open it."""

    def __init__(self, facts: EngineFacts) -> None:
        self.card, self.aliases = facts.card, facts.words
        self._models, self._cards = facts.models, dict(facts.cards)

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Raise EngineFault(UNAVAILABLE), since only other machines have the engine."""
        raise unavailable(f"{self.card.name} is not installed on this machine.")

    def is_installed(self) -> bool:
        """Return False, so that no worker here offers it."""
        return False

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card of a model, as a worker sent it."""
        return self._cards.get(model, self.card)

    def models(self) -> tuple[ModelCard, ...]:
        """Return the models that a worker has or can fetch."""
        return self._models

    def kept_models(self) -> tuple[str, ...]:
        """Return (), since no model is here."""
        return ()


def encode_facts(engine: Engine, max_bytes: int) -> bytes:
    """Return what an engine tells of itself in at most so many bytes: at worst without its models, or b""."""
    try:
        models = engine.models()
        cards = {model.name: engine.card_for(model.name) for model in models if model.name in engine.kept_models()}
        usual = engine.card_for("")
    except Exception:  # another package's engine may raise anything
        models, cards, usual = (), {}, engine.card
    differing = tuple((name, card) for name, card in cards.items() if card != usual)
    whole = EngineFacts(usual, tuple(engine.aliases), models, differing)
    forms = (whole, structs.replace(whole, cards=()), EngineFacts(usual))
    encoded = map(msgspec.msgpack.encode, forms)
    return next((data for data in encoded if len(data) <= max_bytes), b"")


def decode_facts(data: bytes) -> EngineFacts:
    """Return the facts that a worker sent. Raises ValueError if they do not fit, or some command could not use them.

    The line that installs the engine is left out: users run such lines, so a stranger must not write them.
    """
    facts = msgspec.msgpack.decode(data, type=EngineFacts)
    try:
        for card in (facts.card, *dict(facts.cards).values()):
            check_card(card)
    except Exception as fault:
        raise ValueError(str(fault)) from fault
    if any(card.name != facts.card.name for _, card in facts.cards):
        raise ValueError("a model's card has the name of another engine")
    cards = tuple((name, structs.replace(card, install="")) for name, card in facts.cards)
    return structs.replace(facts, card=structs.replace(facts.card, install=""), cards=cards)


class HousedEngine(OfferedEngine):
    """An engine in an environment of its own, which does all the work."""

    def __init__(self, environment: Environment) -> None:
        """Raise ValueError if what it told of itself is not usable."""
        super().__init__(decode_facts(environment.facts))
        self.requirements, self.target = environment.packages, environment.target
        self._folders = dict(environment.folders)

    def is_installed(self) -> bool:
        """Return True: without its environment it would not be known."""
        return True

    def kept_models(self) -> tuple[str, ...]:
        """Return the models whose folders are there."""
        return tuple(name for name, folder in self._folders.items() if Path(folder).is_dir())

    def model_folder(self, model: str) -> Path:
        """Return the folder that the engine named for a model."""
        return Path(self._folders[model])

    def fetch(self, model: str, progress: OnProgress) -> None:
        """Raise NotImplementedError: an engine task in its environment fetches models (`host/engine_task.py`)."""
        raise NotImplementedError


def housed_engines() -> dict[str, HousedEngine]:
    """Return the engines that lie in environments only, by name."""
    found = [_house(environment) for environment in find_environments() if environment.target]
    return {engine.card.name: engine for engine in found if engine is not None}


@lru_cache(maxsize=64)
def _house(environment: Environment) -> HousedEngine | None:
    try:
        engine = HousedEngine(environment)
    except ValueError:  # an earlier version's facts; its installation can be renewed
        return None
    return engine if engine.card.name == environment.engine else None
