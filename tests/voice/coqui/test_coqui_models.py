from functools import partial

import pytest

from swarm.errors import UsageError
from swarm.voice.coqui.card import model_card
from swarm.voice.coqui.models import (
    ENGINES,
    XTTS,
    choose_model,
    find_listed,
    is_coqui,
    known_models,
    model_language,
)
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
