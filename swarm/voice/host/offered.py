"""Engines of other machines. A coordinator that has not installed them divides books by the cards that workers send."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from swarm.job.card import EngineCard, ModelCard
from swarm.job.recipe import Recipe
from swarm.voice.engine import Engine, EngineFault, FaultKind, Voice
from swarm.voice.host.foreign import check_card


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
        raise EngineFault(FaultKind.UNAVAILABLE, f"{self.card.name} is not installed on this machine.")

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
