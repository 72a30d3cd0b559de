import json
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from swarm.errors import UsageError
from swarm.voice.coqui.card import model_card
from swarm.voice.coqui.models import (
    ENGINES,
    HUB,
    VOCODERS,
    XTTS,
    choose_model,
    find_listed,
    is_coqui,
    known_models,
    licence_of,
    model_language,
)
from swarm.voice.coqui.options import CPML
from swarm.voice.host.registry import choose_recipe


@pytest.mark.parametrize("word", [*ENGINES, "coqui", "XTTSv2", "XTTS_v2", "Glow-TTS"])
def test_the_engines_of_ebook2audiobook_are_coquis(word: str) -> None:
    assert is_coqui(word)
    assert choose_model(word, "en").startswith("tts_models/")


@pytest.mark.parametrize("word", ["bark", "Tortoise", "tortoise-v2", "tts_models/multilingual/multi-dataset/bark"])
def test_models_that_invent_their_voices_are_refused_with_what_would_do(word: str) -> None:
    for refused in (partial(find_listed, word), partial(model_card, word), partial(choose_model, "xtts", "en", word)):
        with pytest.raises(UsageError, match=r"Bark and Tortoise.* use --tts-engine xtts, vits or fairseq"):
            refused()


def test_their_words_are_known_to_be_coquis() -> None:
    with pytest.raises(UsageError, match="use --tts-engine xtts"):
        choose_recipe("en", engine="bark")


@pytest.mark.parametrize("word", ["hibari", "espeak", "", "piper"])
def test_others_are_not(word: str) -> None:
    assert not is_coqui(word)


@pytest.mark.parametrize(
    ("engine", "language", "model"),
    [
        ("xtts", "fr", XTTS),
        ("vits", "en", "tts_models/en/ljspeech/vits"),
        ("vits", "fr", "tts_models/fr/css10/vits"),
        ("vits", "de", "tts_models/de/thorsten/vits"),
        ("tacotron", "de", "tts_models/de/thorsten/tacotron2-DDC"),
        ("glowtts", "tr", "tts_models/tr/common-voice/glow-tts"),
        ("fairseq", "fr", "tts_models/fra/fairseq/vits"),
        ("fairseq", "sw", "tts_models/swa/fairseq/vits"),
    ],
)
def test_an_engine_has_a_model_for_each_language(engine: str, language: str, model: str) -> None:
    assert choose_model(engine, language) == model


def test_a_language_that_a_family_lacks_is_refused_with_what_would_do() -> None:
    with pytest.raises(UsageError, match=r"glowtts has no French .*use --tts-engine xtts"):
        choose_model("glowtts", "fr")


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("jenny", "tts_models/en/jenny/jenny"),
        ("en/vctk/vits", "tts_models/en/vctk/vits"),
        ("tts_models/yor/fairseq/vits", "tts_models/yor/fairseq/vits"),
        ("internal", XTTS),
        ("", XTTS),
    ],
)
def test_a_model_is_found_by_its_name(name: str, model: str) -> None:
    assert choose_model("xtts", "en", name) == model


def test_an_ambiguous_or_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="give the whole name"):
        choose_model("xtts", "en", "fast_pitch")
    for name in ("nothing", "../../etc", "tts_models/x/fairseq/vits"):
        with pytest.raises(UsageError, match="no such model"):
            choose_model("xtts", "en", name)


def test_a_name_tells_the_language() -> None:
    assert model_language("tts_models/zh-CN/baker/tacotron2-DDC-GST") == "zh"
    assert model_language("tts_models/yor/openbible/vits") == "yo"
    assert model_language(XTTS) == ""
    assert all(model_language(model) or "multilingual" in model for model in known_models())


@pytest.fixture
def listed() -> dict[str, dict[str, Any]]:
    """Return the models of Coqui's own list."""
    spec = find_spec("TTS")
    assert spec is not None
    assert spec.origin is not None
    kinds = json.loads((Path(spec.origin).parent / ".models.json").read_text(encoding="utf-8"))
    return {
        f"tts_models/{language}/{data}/{model}": item
        for language, sets in kinds["tts_models"].items()
        for data, models in sets.items()
        for model, item in models.items()
    }


def plain(licence: str) -> str:
    return "".join(letter for letter in licence.lower() if letter.isalnum())


@pytest.mark.coqui
def test_origins_and_licences_are_those_of_coquis_list(listed: dict[str, dict[str, Any]]) -> None:
    for refused in ("tts_models/multilingual/multi-dataset/bark", "tts_models/en/multi-dataset/tortoise-v2"):
        del listed[refused]
    assert set(listed) == set(known_models())
    assert {name: item["repo_id"] for name, item in listed.items() if "repo_id" in item} == HUB
    assert {name: item["default_vocoder"] for name, item in listed.items() if item.get("default_vocoder")} == VOCODERS
    for name, item in listed.items():
        if not item["license"].startswith("custom"):
            assert plain(licence_of(name)) == plain(item["license"]), name
        assert (licence_of(name) == CPML) == bool(item.get("tos_required")), name


def test_fairseqs_models_have_a_licence_too() -> None:
    assert licence_of("tts_models/deu/fairseq/vits") == "CC BY-NC 4.0"
