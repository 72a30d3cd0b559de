"""Each engine that comes with e2a-swarm passes the checks of `doctor --engine`, and each way to fail is told."""

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import kokoro_bench
import piper_bench
import pytest
from bad_engine import BadEngine
from msgspec import structs
from speech_server import speech_server

from swarm.commands.conformance import Conformance
from swarm.commands.main import main
from swarm.errors import EXIT_DONE, EXIT_ENVIRONMENT
from swarm.job.card import EngineCard, ModelCard, SettingCard
from swarm.voice.engine import Check
from swarm.voice.host import registry
from swarm.voice.openai.engine import OpenAiEngine


async def examined(name: str, state_dir: Path) -> list[Check]:
    return [check async for check in Conformance(name, state_dir).checks()]


@pytest.mark.parametrize("name", [pytest.param("hibari", marks=pytest.mark.slow), "espeak", "metronome"])
async def test_our_engines_keep_what_workers_rely_on(name: str, tmp_path: Path) -> None:
    checks = await examined(name, tmp_path)
    assert {check.verdict for check in checks} == {"ok"}, checks
    assert [check.name for check in checks][-4:] == ["same seed", "odd texts", "speed", "home folder"]


async def test_a_speech_server_keeps_what_workers_rely_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with speech_server() as server:
        server.models = ["kokoro"]
        monkeypatch.setenv("E2A_SWARM_TTS_SERVER", server.url)
        monkeypatch.setattr("swarm.voice.openai.engine.engine", OpenAiEngine())
        checks = await examined("openai", tmp_path)
    assert {check.name: check.verdict for check in checks if check.verdict != "ok"} == {"same seed": "warn"}


@pytest.fixture
def in_few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the checks speak little, for models that take seconds."""
    monkeypatch.setattr("swarm.commands.conformance.sentence", lambda language: "The tide is out.")
    monkeypatch.setattr("swarm.commands.conformance.MAX_LANGUAGES", 1)
    monkeypatch.setattr(EngineCard, "limit", lambda card, language: 20)


@pytest.mark.slow
@pytest.mark.usefixtures("in_few_words")
@kokoro_bench.needs_weights
async def test_kokoro_keeps_what_workers_rely_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyopenjtalk")  # the package of the weights brings Japanese voices
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
    checks = await examined("kokoro", tmp_path)
    assert {check.verdict for check in checks} == {"ok"}, checks


@pytest.mark.slow
@pytest.mark.usefixtures("in_few_words")
@piper_bench.needs_joe
async def test_piper_keeps_what_workers_rely_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    piper_bench.place_joe(tmp_path / "models")
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
    checks = await examined("piper", tmp_path)
    assert {check.verdict for check in checks} == {"ok"}, checks
    assert [check.name for check in checks if check.name.startswith("speaks")] == ["speaks English"]


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [EntryPoint("bad", "bad_engine:engine", registry.GROUP)]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.mark.parametrize(
    ("fault", "name", "verdict", "said"),
    [
        ("does not open", "opens", "fail", "the disk is gone"),
        ("floats", "speaks English", "fail", "float64 of shape"),
        ("short", "speaks English", "fail", "no samples"),
        ("slow", "speaks English", "warn", "where its card says 15"),
        ("forgets nothing", "same seed", "fail", "different the second time"),
        ("mingles", "batch", "warn", "a sentence sounds different beside others"),
        ("dies", "odd texts", "fail", "no text ends its process"),
        ("litters", "home folder", "fail", "it wrote litter into the home folder"),
    ],
)
async def test_a_fault_is_told(
    fault: str, name: str, verdict: str, said: str, bad: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAD_ENGINE", fault)
    checks = {check.name: check for check in await examined("bad", tmp_path)}
    assert (checks[name].verdict, said in checks[name].text) == (verdict, True), checks[name]
    assert checks[name].remedy


@pytest.mark.parametrize(
    ("fields", "verdict", "said"),
    [
        ({"licence": ""}, "warn", "it does not say its licence"),
        ({"settings": (SettingCard("a", 1),)}, "warn", "what the setting a changes"),
        ({"languages": ("en", "fr")}, "fail", "no voice for fr"),
        ({"limits": ()}, "fail", "no limit of characters"),
    ],
)
async def test_a_card_is_looked_at(
    fields: dict[str, Any], verdict: str, said: str, bad: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Conformance, "_check_opens", no_voice)
    conformance = Conformance("bad", tmp_path)
    conformance._engine.card = structs.replace(BadEngine.card, **fields)
    try:
        check = await anext(conformance.checks())
    finally:
        del conformance._engine.card
    assert (check.name, check.verdict, said in check.text) == ("card", verdict, True), check


async def test_a_model_that_is_not_here_is_named_with_the_command_that_fetches_it(
    bad: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BadEngine, "models", lambda self: (ModelCard("bad/en", "bad", "en", True),))
    monkeypatch.setattr(BadEngine, "kept_models", lambda self: ())
    monkeypatch.setattr(BadEngine, "card", structs.replace(BadEngine.card, natural=("en",)))
    *_, last = await examined("bad", tmp_path)
    assert (last.name, last.verdict, last.text) == ("opens", "fail", "no model of it is here")
    assert last.remedy == "e2a-swarm models fetch bad --language en."
    monkeypatch.setattr(BadEngine, "card", structs.replace(BadEngine.card, natural=()))
    monkeypatch.setattr(BadEngine, "models", lambda self: (ModelCard("bad-large", "bad"),))
    *_, last = await examined("bad", tmp_path)
    assert last.remedy == "e2a-swarm models fetch bad."


async def no_voice(*_: object) -> Check:
    return Check("opens", "fail", "not tried")


def test_the_command_prints_the_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--engine", "metronome", "--json"]) == EXIT_DONE
    assert {check["verdict"] for check in json.loads(capsys.readouterr().out)} == {"ok"}


def test_the_command_says_what_failed(
    bad: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAD_ENGINE", "does not open")
    assert main(["doctor", "--engine", "bad"]) == EXIT_ENVIRONMENT
    assert "fail  opens: OSError: the disk is gone" in capsys.readouterr().out
