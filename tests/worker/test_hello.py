"""The engines and models of a worker's greeting: those that are here, and whether others can be had."""

import asyncio
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from msgspec import structs

from swarm.job.card import EngineCard
from swarm.job.spec import Recipe
from swarm.lease.envelope import MAX_BATCH, MAX_MODELS
from swarm.lease.message import BORROWED, EngineOffer
from swarm.voice.built_in import BUILT_IN
from swarm.voice.coqui.files import models_folder
from swarm.voice.engine import Engine, Voice
from swarm.voice.espeak.engine import CARD
from swarm.voice.espeak.engine import engine as espeak
from swarm.voice.host.foreign import decode_facts
from swarm.voice.host.registry import GROUP
from swarm.worker import lifetime
from swarm.worker.devices import engine_offers

FRENCH = "tts_models/fr/css10/vits"


class OtherEngine(Engine):
    card = EngineCard("other", "", ("eo",), (), (("", 9),), ())

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        raise NotImplementedError


other_engine = OtherEngine()


@pytest.fixture(autouse=True)
def coqui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that this machine has Coqui and no model."""
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: True)
    for name in ("TTS_HOME", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def offered() -> dict[str, tuple[str, ...]]:
    return {offer.name: offer.models for offer in engine_offers()}


def put_model(name: str) -> None:
    folder = models_folder() / name.replace("/", "--")
    folder.mkdir(parents=True)
    (folder / "model.pth").touch()
    (folder / "config.json").touch()


def test_the_models_that_are_here_are_named_and_any_other_where_it_may_be_downloaded() -> None:
    assert offered()["coqui"] == ("*",)
    put_model(FRENCH)
    assert offered()["coqui"] == ("*", FRENCH)


def test_a_machine_that_downloads_nothing_has_what_is_here_and_what_others_pass_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert offered()["coqui"] == (BORROWED,)
    put_model(FRENCH)
    assert offered()["coqui"] == (FRENCH, BORROWED)
    assert offered()["espeak"] == ("*",)


def test_an_engine_that_is_not_installed_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: False)
    assert "coqui" not in offered()


def test_a_hoard_of_models_fits_a_greeting() -> None:
    for number in range(MAX_MODELS):
        put_model(f"tts_models/a{number // 26 % 26:02}{number}/fairseq/vits")
    assert len(offered()["coqui"]) == MAX_MODELS


class Heard:
    """A node that records what it is told to announce."""

    def __init__(self) -> None:
        self.offers: list[dict[str, tuple[str, ...]]] = []
        self.unable = False

    def announce(self, engines: tuple[EngineOffer, ...]) -> None:
        self.unable = False
        self.offers.append({offer.name: offer.models for offer in engines})


async def test_what_comes_while_a_worker_runs_is_announced_and_what_did_not_open_at_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lifetime, "LOOK_INTERVAL_S", 0.01)
    monkeypatch.setattr(lifetime, "RETRY_S", 0.3)
    node = Heard()
    watching = asyncio.create_task(lifetime._watch_offers(node, engine_offers()))  # type: ignore[arg-type]
    await asyncio.sleep(0.4)
    assert node.offers == []
    put_model(FRENCH)
    while not node.offers:
        await asyncio.sleep(0.01)
    assert node.offers[0]["coqui"] == ("*", FRENCH)
    node.unable = True
    while len(node.offers) < 2:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.4)
    watching.cancel()
    assert node.offers[1:] == node.offers[:1]


def test_an_offer_says_how_many_sentences_an_engine_speaks_together_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def batches() -> dict[str, int]:
        return {offer.name: offer.batch for offer in engine_offers()}

    assert batches()["espeak"] == 1
    for told, offered_as in ((16, 16), (0, 1), (10**9, MAX_BATCH)):
        monkeypatch.setattr(espeak, "card", structs.replace(CARD, batch=told))
        assert batches()["espeak"] == offered_as


def test_a_greeting_carries_the_cards_of_foreign_engines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [EntryPoint("other", "test_hello:other_engine", GROUP)]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    offers = {offer.name: offer.facts for offer in engine_offers()}
    assert decode_facts(offers["other"]).card == OtherEngine.card
    assert not any(facts for name, facts in offers.items() if name in BUILT_IN)
    monkeypatch.setattr("swarm.worker.devices.MAX_ALL_FACTS", 50)
    assert not any(offer.facts for offer in engine_offers())  # the greeting has to fit into one message


def test_a_worker_may_be_kept_to_some_engines() -> None:
    assert [offer.name for offer in engine_offers(("espeak", "metronome"))] == ["espeak", "metronome"]
    assert len(engine_offers()) > 2


def test_an_offer_tells_where_an_engine_computes_if_its_card_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_METRONOME_DEVICE", "gpu")
    told = {offer.name: offer.device for offer in engine_offers()}
    assert (told["metronome"], told["espeak"], told["coqui"]) == ("gpu", "", "")
