from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from swarm.errors import EngineUnknown
from swarm.job.card import EngineCard, ModelCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, EngineFault, Voice
from swarm.voice.host import registry
from swarm.voice.host.foreign import EngineFacts, OfferedEngine, decode_facts, encode_facts
from swarm.voice.host.registry import all_engines, choose_recipe, estimate_s, find_engine, installed_engines, learn

CARD = EngineCard("drum", "beats", ("en", "fr"), (), (("", 300),), (VoiceCard("tom", "*"),), install="pip install drum")
FRENCH = structs.replace(CARD, characters_s=10.0, voices=(VoiceCard("tambour", "fr"),))
MODELS = (ModelCard("drum/en", "drum", "en", True), ModelCard("drum/fr", "drum", "fr", True))


class DrumEngine(Engine):
    card = CARD
    aliases = ("tabla",)

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        raise NotImplementedError

    def models(self) -> tuple[ModelCard, ...]:
        return MODELS

    def kept_models(self) -> tuple[str, ...]:
        return ("drum/fr",)

    def card_for(self, model: str, config: Any = None) -> EngineCard:
        return FRENCH if model == "drum/fr" else CARD


@pytest.fixture(autouse=True)
def nothing_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_OFFERED", {})


def test_facts_travel_but_for_the_line_that_users_would_run() -> None:
    facts = decode_facts(encode_facts(DrumEngine(), 20_000))
    assert facts.card == structs.replace(CARD, install="")
    assert (facts.words, facts.models) == (("tabla",), MODELS)
    assert facts.cards == (("drum/fr", structs.replace(FRENCH, install="")),)


def test_an_offered_engine_makes_recipes_and_estimates() -> None:
    with pytest.raises(EngineUnknown, match="no engine 'drum'"):
        choose_recipe("fr", engine="drum")
    learn(OfferedEngine(decode_facts(encode_facts(DrumEngine(), 20_000))))
    recipe = choose_recipe("fr", engine="tabla")
    assert (recipe.engine, recipe.model, recipe.voice) == ("drum", "drum/fr", "tambour")
    assert estimate_s(recipe, 60) == pytest.approx(5)  # French has 1.2 characters for one of English
    assert "drum" in [engine.card.name for engine in all_engines()]
    assert "drum" not in [engine.card.name for engine in installed_engines()]
    with pytest.raises(EngineFault, match="drum is not installed on this machine"):
        find_engine("drum").open(recipe, "cpu:0")


def test_an_engine_of_this_machine_goes_first() -> None:
    learn(OfferedEngine(EngineFacts(structs.replace(CARD, name="hibari"))))
    assert find_engine("hibari").card.voices[0].name == "heart"


def test_facts_that_are_too_large_go_without_models_or_not_at_all() -> None:
    whole, bare = len(encode_facts(DrumEngine(), 20_000)), len(msgspec.msgpack.encode(EngineFacts(CARD)))
    assert decode_facts(encode_facts(DrumEngine(), whole - 1)).cards == ()
    assert decode_facts(encode_facts(DrumEngine(), bare)).models == ()
    assert encode_facts(DrumEngine(), bare - 1) == b""


def test_an_engine_that_raises_still_sends_its_card() -> None:
    class Broken(DrumEngine):
        def models(self) -> tuple[ModelCard, ...]:
            raise OSError("no disk")

    assert decode_facts(encode_facts(Broken(), 20_000)).models == ()


@pytest.mark.parametrize(
    "facts",
    [
        b"",
        b"\x81\xa4card\xc0",
        *(
            msgspec.msgpack.encode(EngineFacts(structs.replace(CARD, **fields)))
            for fields in (
                {"name": "../drum"},
                {"languages": ()},
                {"limits": (("", 0),)},
                {"limits": (("", 10**9),)},
                {"characters_s": 0.0},
                {"characters_s": float("nan")},
            )
        ),
        msgspec.msgpack.encode(EngineFacts(CARD, cards=(("a", structs.replace(CARD, name="other")),))),
    ],
)
def test_facts_that_no_command_could_use_are_refused(facts: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode_facts(facts)
