"""Qwen3-TTS's own code with random weights, where its package is; installing its environment proves the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qwen_tts", reason="qwen-tts is not here: it wants libraries of its own")

import soundfile
import torch

from swarm.job.spec import Recipe
from swarm.voice.engine import EngineFault, FaultKind, Pcm, SpokenLine
from swarm.voice.qwen.voice import drawing_by_row, load_model, make_model, open_trial, open_voice, voice_of

CODES = 16  # a sentence ends by itself after some sixteen
LINES = [
    SpokenLine("The lamp was still burning.", 1),
    SpokenLine("Yes.", 2),
    SpokenLine("He came home late, and nobody had seen him.", 3),
]
RECORDING = "clone:" + "0" * 64


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    torch.set_num_threads(1)
    loaded = {}
    for kind in ("custom_voice", "base", "voice_design"):
        folder = tmp_path_factory.mktemp(kind)
        make_model(folder, kind, CODES)
        loaded[kind] = load_model(folder, "cpu")
    return loaded


def is_like(sound: Pcm, other: Pcm) -> bool:
    return len(sound) == len(other) and int(np.abs(sound.astype(int) - other).max(initial=0)) <= 8


def test_sentences_that_are_spoken_together_sound_as_they_do_alone(models: dict[str, Any]) -> None:
    voice = voice_of(models["custom_voice"], Recipe("qwen", "ryan", "en"), None)
    together, reversed_ = voice.speak_all(LINES), voice.speak_all(LINES[::-1])[::-1]
    for line, sound, other in zip(LINES, together, reversed_, strict=True):
        assert is_like(sound, voice.speak(line.text, line.seed))
        assert is_like(sound, other)
    assert len({len(sound) for sound in together}) == 3  # each ended by itself
    assert not is_like(voice.speak("Yes.", 2), voice.speak("Yes.", 5))


def test_a_line_of_nothing_to_speak_is_a_fault_beside_others(models: dict[str, Any]) -> None:
    voice = voice_of(models["custom_voice"], Recipe("qwen", "vivian", "zh"), None)
    nothing, some = voice.speak_all([SpokenLine("... !", 1), SpokenLine("<|im_end|> Yes.", 2)])
    assert isinstance(nothing, EngineFault)
    assert nothing.kind is FaultKind.EMPTY
    assert len(some)
    with pytest.raises(EngineFault):
        voice.speak("…", 1)


def test_the_voice_of_a_recording_is_computed_once_for_all_workers(models: dict[str, Any], tmp_path: Path) -> None:
    times = np.arange(3 * 24_000) / 24_000
    soundfile.write(tmp_path / "voice.wav", (np.sin(2 * np.pi * 150 * times) / 4).astype(np.float32), 24_000)
    first = voice_of(models["base"], Recipe("qwen", RECORDING, "fr"), tmp_path)
    (tmp_path / "latents.safetensors").write_bytes(first.latents() or b"")
    second = voice_of(models["base"], Recipe("qwen", RECORDING, "fr"), tmp_path)
    assert second.latents() is None
    assert is_like(first.speak("Bonjour.", 1), second.speak("Bonjour.", 1))
    (tmp_path / "latents.safetensors").write_bytes(b"no vector")
    with pytest.raises(EngineFault, match="latents that came with the job cannot be used"):
        voice_of(models["base"], Recipe("qwen", RECORDING, "fr"), tmp_path)


def test_a_described_voice_speaks(models: dict[str, Any]) -> None:
    settings = (("description", "a calm old man"), ("temperature", 0.9))
    voice = voice_of(models["voice_design"], Recipe("qwen", "described", "de", settings=settings), None)
    assert len(voice.speak("Guten Abend.", 1)) > 1000


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineFault, match="Qwen3-TTS does not load") as fault:
        open_voice(Recipe("qwen", "ryan", "en"), "cpu:0", tmp_path, None)
    assert fault.value.kind is FaultKind.UNAVAILABLE


def test_the_trial_is_heard() -> None:
    voice = open_trial()
    sound = voice.speak("The lamp was still burning.", 1)
    assert len(sound) > voice.sample_rate
    assert np.abs(sound).max() > 1000


def test_rows_are_drawn_with_their_own_generators_and_torch_is_itself_again() -> None:
    before, chances = torch.multinomial, torch.full((2, 50), 0.02)
    with drawing_by_row([torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)]):
        first, second = torch.multinomial(chances, num_samples=1).reshape(-1).tolist()
    assert first == second
    assert torch.multinomial is before
