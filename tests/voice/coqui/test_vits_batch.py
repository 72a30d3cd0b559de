"""VITS over several texts at once, by tiny models of its real architecture."""

from pathlib import Path
from typing import Any

import pytest
from coqui_bench import TEXT, is_like, lines, open_voice, recipe_for
from tiny_models import SPEAKERS, tiny_vits

from swarm.voice.coqui.engine import engine
from swarm.voice.engine import BatchVoice, SpokenLine

pytestmark = [pytest.mark.coqui, pytest.mark.slow]

TEXTS = (
    "Yes.",
    TEXT,
    "It was the best of times, it was the worst of times.",
    "No, no; never again!",
    "a long one, " * 45,  # spoken in two pieces
)


def open_batches(folder: Path, **asked: Any) -> Any:
    """Return a voice as a GPU has it: on a CPU batches gain nothing, so they are not used there."""
    from swarm.voice.coqui.plain import BatchVitsVoice

    plain: Any = open_voice(folder, **asked)
    assert not isinstance(plain, BatchVoice)
    return BatchVitsVoice(plain._synthesizer, plain._language, plain._speaker)


@pytest.fixture(scope="module")
def stochastic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the job files of a VITS that draws its durations, as Coqui's do, and whose layers matter to its sound."""
    import torch

    folder = tmp_path_factory.mktemp("stochastic")
    path = tiny_vits(folder / "model", SPEAKERS, ("en", "fr-fr"), use_sdp=True, length_scale=2.0)
    saved = torch.load(path / "model.pth", weights_only=True)
    torch.manual_seed(3)
    for name, weight in saved["model"].items():  # layers that begin at zero, and noise too small to be heard
        if ".proj." in name or ".post." in name:
            weight.copy_(torch.randn(weight.shape) * 0.1)
    torch.save(saved, path / "model.pth")
    return folder


@pytest.fixture(params=["vits", "choir", "stochastic"], scope="module")
def voice(request: pytest.FixtureRequest, models: Path, stochastic: Path) -> BatchVoice:
    voice = open_batches(stochastic if request.param == "stochastic" else models / request.param)
    assert isinstance(voice, BatchVoice)
    return voice


@pytest.fixture(scope="module")
def together(voice: BatchVoice) -> list[Any]:
    """Return the sounds of all texts, spoken together."""
    return list(voice.speak_all(lines(*TEXTS)))


def test_each_text_of_a_batch_sounds_as_coqui_speaks_it_alone(voice: BatchVoice, together: list[Any]) -> None:
    for line, sound in zip(lines(*TEXTS), together, strict=True):
        assert len(sound) > 300
        assert is_like(sound, voice.speak(line.text, line.seed)), line.text


def test_the_neighbours_and_the_place_of_a_text_change_nothing(voice: BatchVoice, together: list[Any]) -> None:
    batch = lines(*TEXTS)
    turned: Any = voice.speak_all(batch[::-1])
    assert all(is_like(one, other) for one, other in zip(together, reversed(turned), strict=True))
    pair: Any = voice.speak_all(batch[1:3])
    assert is_like(pair[0], together[1])
    assert is_like(pair[1], together[2])


def test_another_seed_and_another_speaker_sound_otherwise(stochastic: Path) -> None:
    voice: Any = open_batches(stochastic, voice="bob")
    one, same, other = voice.speak_all([SpokenLine(TEXT, 1), SpokenLine(TEXT, 1), SpokenLine(TEXT, 2)])
    assert is_like(one, same)
    assert not is_like(one, other)
    ada: Any = open_batches(stochastic, voice="ada")
    assert not is_like(ada.speak_all(lines(TEXT, "Yes."))[0], voice.speak_all(lines(TEXT, "Yes."))[0])
    french: Any = open_batches(stochastic, voice="bob", language="fr")
    assert is_like(french.speak_all(lines(TEXT, "Oui."))[0], french.speak(TEXT, 7))
    assert not is_like(french.speak(TEXT, 7), voice.speak(TEXT, 7))


def test_the_padding_would_be_heard_without_masks(voice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    from swarm.voice.coqui import plain as vits_batch

    monkeypatch.setattr(vits_batch, "_masked", lambda *_: nullcontext())
    batch = lines("Yes.", TEXT, "No, no; never again!")
    sounds = voice.speak_all(batch)
    assert not all(is_like(one, voice.speak(line.text, line.seed)) for one, line in zip(sounds, batch, strict=True))


def test_long_texts_go_through_the_vocoder_in_groups(
    voice: Any, together: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from swarm.voice.coqui import plain as vits_batch

    monkeypatch.setattr(vits_batch, "MAX_FRAMES", 1)
    assert all(is_like(one, other) for one, other in zip(together, voice.speak_all(lines(*TEXTS)), strict=True))


def test_rows_are_grouped_by_length() -> None:
    from swarm.voice.coqui.plain import MAX_FRAMES, _groups

    half = MAX_FRAMES // 2
    assert _groups([10, half, 20, half, MAX_FRAMES + 1]) == [[4], [1, 3], [2, 0]]
    assert _groups([]) == []


def test_a_text_of_nothing_to_speak_has_no_samples_beside_others(voice: Any) -> None:
    nothing, odd, some = voice.speak_all(lines("...", "\u4f60\u597d", TEXT))
    assert len(nothing) == 0 < len(some)
    assert len(odd) == len(voice.speak("\u4f60\u597d", 8))


def test_a_text_that_the_model_trips_over_fails_the_batch_in_words(voice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from swarm.voice.engine import EngineFault

    def fail(*_: object) -> None:
        raise IndexError("index out of range in self")

    monkeypatch.setattr(voice._model.text_encoder, "forward", fail)
    with pytest.raises(EngineFault, match="failed at this text"):
        voice.speak_all(lines("Yes.", TEXT))


@pytest.mark.gpu
def test_a_gpu_speaks_batches_as_it_speaks_each_alone(stochastic: Path) -> None:
    voice = engine.open(recipe_for(stochastic), "cuda:0", stochastic)
    assert isinstance(voice, BatchVoice)
    batch = lines(*TEXTS)
    for line, sound in zip(batch, voice.speak_all(batch), strict=True):
        alone = voice.speak(line.text, line.seed)
        assert abs(len(sound) - len(alone)) < 2000  # type: ignore[arg-type]


def test_the_card_of_a_vits_says_how_many_texts_it_speaks_together(models: Path) -> None:
    assert engine.card_for("tts_models/en/vctk/vits").batch > 1
    assert engine.card_for("tts_models/en/ljspeech/glow-tts").batch == 1
    recipe = recipe_for(models / "vits")
    assert engine.card_for(recipe.model, {"model": "vits"}).batch > 1
