"""Tests of invented voices, with stand-ins for Bark and Tortoise, whose real models have over a gigabyte."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from swarm.job.recipe import INVENTED, Recipe
from swarm.voice.coqui.models import BARK
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host.registry import choose_recipe

pytestmark = pytest.mark.coqui

RATE = 24_000


class FakeTortoise:
    """A stand-in for Tortoise. Like the real model, it seeds by the clock and draws a voice, unless they are given."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def get_random_conditioning_latents(self) -> Any:
        import torch

        return torch.randn(1, 8), torch.randn(1, 16)

    def inference_with_config(self, text: str, **words: Any) -> dict[str, Any]:
        import torch

        torch.manual_seed(words["use_deterministic_seed"])
        self.heard.append(words)
        return {"wav": torch.rand(1, 1, RATE) - 0.5}


class FakeBark:
    """A stand-in for Bark. It makes random tokens and sound of the real shapes, and continues a given history."""

    config = SimpleNamespace(SEMANTIC_VOCAB_SIZE=10_000, CODEBOOK_SIZE=1024, N_COARSE_CODEBOOKS=2, N_FINE_CODEBOOKS=8)
    device = "cpu"

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any, dict[str, Any]]] = []

    def generate_audio(self, text: str, history_prompt: Any, **settings: Any) -> Any:
        import torch

        self.heard.append((text, history_prompt, settings))
        tokens = (torch.randint(10_000, (50,)), torch.randint(1024, (2, 75)), torch.randint(1024, (8, 75)))
        return torch.rand(RATE) - 0.5, *tokens


def wrapped(model: Any) -> Any:
    return SimpleNamespace(tts_model=model, output_sample_rate=RATE)


def tortoise(voice_seed: int = 0) -> Any:
    from swarm.voice.coqui.invented import TortoiseVoice

    return TortoiseVoice(wrapped(FakeTortoise()), voice_seed)


def bark(recipe: Recipe | None = None, known: Path | None = None) -> Any:
    from swarm.voice.coqui.invented import BarkVoice

    return BarkVoice(wrapped(FakeBark()), recipe or choose_recipe("fr", engine="bark"), known)


def same(one: Any, other: Any) -> bool:
    return all(bool((a == b).all()) for a, b in zip(one, other, strict=True))


def test_both_have_one_voice_by_name_and_others_by_number() -> None:
    for engine in ("bark", "tortoise"):
        recipe = choose_recipe("en", engine=engine, settings={"voice_seed": "3"})
        assert (recipe.voice, dict(recipe.settings)["voice_seed"]) == (INVENTED, 3)


def test_tortoise_speaks_every_sentence_with_one_voice_the_same_on_every_machine() -> None:
    voice = tortoise()
    sound = voice.speak("One sentence.", 7)
    voice.speak("Another one.", 8)
    assert np.array_equal(voice.speak("One sentence.", 7), sound)
    heard = voice._model.heard
    assert [words["use_deterministic_seed"] for words in heard] == [7, 8, 7]
    assert all(same(words["conditioning_latents"], tortoise()._voice) for words in heard)
    assert not same(heard[0]["conditioning_latents"], tortoise(voice_seed=1)._voice)


def test_bark_makes_a_voice_up_once_and_goes_on_from_it_in_every_sentence() -> None:
    voice = bark()
    for text in ("Une phrase.", "Une autre phrase."):
        assert len(voice.speak(text, 7)) > RATE / 2
    first, *others = voice._model.heard
    assert first[1] == (None, None, None)
    assert "personne n'était pressé" in first[0]
    assert [text for text, _, _ in others] == ["Une phrase.", "Une autre phrase."]
    assert all(same(history, voice._voice) for _, history, _ in others)
    assert others[0][2] == {"text_temp": 0.7, "waveform_temp": 0.7}
    assert same(bark()._voice, voice._voice)
    other = structs.replace(choose_recipe("fr", engine="bark"), settings=(("voice_seed", 1),))
    assert not same(bark(other)._voice, voice._voice)


def test_barks_voice_is_made_up_by_one_machine_and_sent_to_the_others(tmp_path: Path) -> None:
    voice = bark()
    (tmp_path / "latents").write_bytes(voice.latents())
    other = bark(known=tmp_path / "latents")
    assert same(other._voice, voice._voice)
    assert other.latents() is None
    assert not other._model.heard


def test_a_voice_that_is_none_of_barks_is_refused(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    whole = dict(zip(("semantic", "coarse", "fine"), bark()._voice, strict=True))
    spoilt = [
        {"semantic": whole["semantic"]},
        whole | {"semantic": whole["semantic"][:0]},
        whole | {"coarse": torch.zeros(3, 75)},
        whole | {"fine": torch.full((8, 75), 1024)},
        whole | {"semantic": torch.full((50,), -1)},
        whole | {"fine": torch.zeros(8, 100_000)},
    ]
    path = tmp_path / "latents"
    for tensors in spoilt:
        save_file(tensors, path)
        with pytest.raises(EngineFault, match="voice that came with the job") as fault:
            bark(known=path)
        assert fault.value.kind is FaultKind.UNAVAILABLE
    path.write_bytes(b"none")
    with pytest.raises(EngineFault, match="voice that came with the job"):
        bark(known=path)


def test_a_book_by_bark_waits_for_its_voice_like_one_by_a_recording() -> None:
    from specs_for_tests import a_job

    recipe = choose_recipe("en", engine="bark")
    assert recipe.model == BARK
    assert structs.replace(a_job(), recipe=recipe).has_latents
    assert not a_job().has_latents
