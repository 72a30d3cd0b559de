"""XTTS over several texts at once, by a tiny model of its real architecture."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coqui_bench import TEXT, is_like, lines, open_voice

from swarm.voice.coqui.engine import engine
from swarm.voice.engine import BatchVoice, Pcm, SpokenLine

pytestmark = [pytest.mark.coqui, pytest.mark.slow]

TEXTS = (
    "Yes.",
    TEXT,
    "It was the best of times, it was the worst of times.",
    "No, no; never again!",
    "1234567890 " * 6,  # spoken in three pieces
)


@pytest.fixture(scope="module")
def voice(models: Path) -> Iterator[BatchVoice]:
    import torch

    voice: Any = open_voice(models / "xtts")
    with torch.no_grad():  # the tiny model hardly hears its texts, so that mixed up texts would not be noticed
        voice._model.gpt.text_embedding.weight.mul_(100)
        for layer in voice._model.gpt.gpt.h:
            layer.attn.c_attn.weight.mul_(8)
            layer.attn.c_proj.weight.mul_(80)
    assert isinstance(voice, BatchVoice)
    yield voice
    engine._loader = None  # the next test loads a sound one


@pytest.fixture(scope="module")
def together(voice: BatchVoice) -> list[Pcm]:
    """Return the sounds of all texts, spoken together."""
    return sounds_of(voice, lines(*TEXTS))


def sounds_of(voice: BatchVoice, batch: list[SpokenLine]) -> list[Pcm]:
    sounds = voice.speak_all(batch)
    assert all(isinstance(sound, np.ndarray) for sound in sounds)
    return sounds  # type: ignore[return-value]


def test_each_text_of_a_batch_sounds_as_it_does_alone(voice: BatchVoice, together: list[Pcm]) -> None:
    for line, sound in zip(lines(*TEXTS), together, strict=True):
        assert len(sound) > 1000
        assert is_like(sound, voice.speak(line.text, line.seed)), line.text


def test_the_neighbours_and_the_place_of_a_text_change_nothing(voice: BatchVoice, together: list[Pcm]) -> None:
    turned = sounds_of(voice, lines(*TEXTS)[3::-1])
    for sound, other in zip(together[:4], reversed(turned), strict=True):
        assert is_like(sound, other)


def test_a_text_alone_sounds_as_coqui_speaks_it(voice: Any) -> None:
    import torch

    from swarm.voice.coqui.speak import joined

    torch.manual_seed(7)
    latents = voice._latents
    said = voice._model.inference(TEXT, "en", latents.gpt, latents.speaker, **voice._sampling)["wav"]
    assert is_like(voice.speak(TEXT, 7), joined([said], voice.sample_rate))


def test_texts_of_one_batch_may_be_in_several_languages(voice: BatchVoice) -> None:
    french = SpokenLine("42 ou 43.", 3, (), "fr")
    both = sounds_of(voice, [SpokenLine(TEXT, 7), french])
    assert is_like(both[0], voice.speak(TEXT, 7))
    assert is_like(both[1], voice.speak_in("fr", french.text, (), 3))  # type: ignore[attr-defined]
    assert not is_like(both[1], voice.speak(french.text, 3))


def test_a_text_of_nothing_to_speak_has_no_samples_beside_others(voice: BatchVoice) -> None:
    nothing, some = sounds_of(voice, lines("...", TEXT))
    assert len(nothing) == 0 < len(some)


def test_several_beams_are_left_to_coqui_one_text_after_the_other(models: Path) -> None:
    voice = open_voice(models / "xtts", settings={"num_beams": "2"})
    assert not isinstance(voice, BatchVoice)
    assert len(voice.speak(TEXT, 7)) > 10_000


def test_half_precision_keeps_half_the_bytes_of_the_layers_and_speaks(models: Path) -> None:
    import torch

    from swarm.voice.coqui.xtts import halve

    engine._loader = None  # a model that no other test uses
    voice: Any = open_voice(models / "xtts")
    gpt = voice._model.gpt
    before = sum(each.nbytes for each in gpt.gpt.h.parameters())
    halve(gpt)
    assert 2 * sum(each.nbytes for each in gpt.gpt.h.parameters()) == before
    assert {each.dtype for each in voice._model.hifigan_decoder.parameters()} == {torch.float32}
    assert gpt.mel_embedding.weight.dtype is torch.float32
    assert all(len(sound) > 1000 for sound in sounds_of(voice, lines(*TEXTS[:3])))
    engine._loader = None  # the next test loads a whole one
