"""Tests of what a worker relies on, run over every engine."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest

from swarm.book.model.engine_text import Phonemes
from swarm.job.spec import Recipe
from swarm.voice import onnx_session
from swarm.voice.engine import EngineFault, FaultKind, SpokenLine, TimedVoice, Voice, device_fault
from swarm.voice.espeak.engine import CARD as ESPEAK
from swarm.voice.espeak.engine import engine as espeak
from swarm.voice.espeak.voices import IDENTIFIERS
from swarm.voice.hibari.engine import CARD as HIBARI
from swarm.voice.host.registry import choose_recipe, find_engine
from swarm.voice.onnx_session import open_session

TEXT = "The quick brown fox jumps over the lazy dog, and then it slept."
OTHER_TEXT = "Other words entirely."


@pytest.fixture(scope="module", params=["hibari", "espeak", "metronome"])
def recipe(request: pytest.FixtureRequest) -> Recipe:
    options = {"cost_per_char": "0.0001"} if request.param == "metronome" else {}
    return choose_recipe("en", engine=request.param, settings=options)


@pytest.fixture(scope="module")
def voice(recipe: Recipe) -> Voice:
    return find_engine(recipe.engine).open(recipe, "cpu:0")


def test_a_sentence_is_int16_mono_of_a_plausible_length(voice: Voice, recipe: Recipe) -> None:
    sound = voice.speak(TEXT, 1)
    assert sound.dtype == np.int16
    assert sound.ndim == 1
    assert voice.sample_rate == find_engine(recipe.engine).card.sample_rate > 0  # clips are judged by it
    assert 2 < len(sound) / voice.sample_rate < 8
    assert 1000 < np.abs(sound.astype(int)).max() <= 32767


def test_the_same_text_and_seed_sound_the_same_whatever_was_spoken_before(voice: Voice) -> None:
    first = voice.speak(TEXT, 7)
    voice.speak(OTHER_TEXT, 8)
    assert np.array_equal(voice.speak(TEXT, 7), first)


def test_another_process_that_spoke_other_things_makes_the_same_sound(recipe: Recipe, voice: Voice) -> None:
    script = f"""
import hashlib
from swarm.voice.host.registry import choose_recipe, find_engine
voice = find_engine({recipe.engine!r}).open(choose_recipe("en", engine={recipe.engine!r}), "cpu:0")
voice.speak({OTHER_TEXT!r}, 3)
print(hashlib.sha256(voice.speak({TEXT!r}, 7).tobytes()).hexdigest())
"""
    import hashlib

    there = subprocess.check_output([sys.executable, "-c", script], text=True).split()[-1]
    assert there == hashlib.sha256(voice.speak(TEXT, 7).tobytes()).hexdigest()


def test_nothing_to_say_is_next_to_no_sound(voice: Voice) -> None:
    assert len(voice.speak("", 1)) / voice.sample_rate < 0.1


def test_odd_characters_do_no_harm(voice: Voice) -> None:
    sound = voice.speak("A \0 zero, <b>tags</b> & [[h@'loU]], é ß 中文 😀 and ﻿marks.", 1)
    assert len(sound) > voice.sample_rate / 2


@pytest.mark.parametrize("engine", ["hibari", "espeak"])
def test_speed_shortens_the_sound(engine: str) -> None:
    def spoken_s(speed: float) -> float:
        voice = find_engine(engine).open(choose_recipe("en", engine=engine, settings={"speed": speed}), "cpu:0")
        return len(voice.speak(TEXT, 1)) / voice.sample_rate

    assert spoken_s(2.0) < 0.7 * spoken_s(1.0)


@pytest.mark.parametrize("card", [HIBARI, ESPEAK], ids=lambda card: card.name)
def test_a_voice_that_is_not_here_is_unavailable(card: object) -> None:
    engine = find_engine(card.name)  # type: ignore[attr-defined]
    with pytest.raises(EngineFault, match="has no voice 'anna'") as fault:
        engine.open(Recipe(engine.card.name, "anna", "en"), "cpu:0")
    assert fault.value.kind is FaultKind.UNAVAILABLE


def test_every_voice_of_espeak_can_be_loaded_and_speaks() -> None:
    silent = []
    for name in IDENTIFIERS:
        voice = espeak.open(Recipe("espeak", name, ""), "cpu:0")
        if len(voice.speak("mama 1 2 3", 1)) < voice.sample_rate / 5:
            silent.append(name)
    assert silent == []


def test_espeak_speaks_each_language_its_own_way() -> None:
    french = espeak.open(choose_recipe("fr"), "cpu:0").speak("Je suis ici.", 1)
    english = espeak.open(choose_recipe("en", engine="espeak"), "cpu:0").speak("Je suis ici.", 1)
    assert not np.array_equal(french, english)


def test_espeak_speaks_a_segment_in_another_language_as_the_voice_of_that_language_does() -> None:
    english, french = (espeak.open(Recipe("espeak", voice, voice[:2]), "cpu") for voice in ("en-us", "fr"))
    text = "Le vieux passeur vivait au bord de la rivière."
    assert isinstance(english, TimedVoice)
    told = english.speak_timed(SpokenLine(text, 1, language="fr"))
    assert np.array_equal(told.pcm, french.speak(text, 1))
    assert not np.array_equal(english.speak(text, 1), french.speak(text, 1))


def test_espeak_finds_its_data_at_the_end_of_a_long_unicode_path(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil
    from pathlib import Path

    folder = Path(str(tmp_path)) / ("ö" * 100) / ("x" * 100)
    folder.mkdir(parents=True)
    expected = espeak.open(choose_recipe("fr"), "cpu:0").speak("Je suis ici.", 1)
    data = shutil.copytree(espeakng_loader.get_data_path(), folder / "espeak-ng-data")
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: str(data))
    assert np.array_equal(espeak.open(choose_recipe("fr"), "cpu:0").speak("Je suis ici.", 1), expected)
    shutil.rmtree(data)
    with pytest.raises(EngineFault, match="espeak cannot load"):
        espeak.open(choose_recipe("fr"), "cpu:0")


def test_espeak_tells_when_its_words_begin_also_where_they_have_phonemes() -> None:
    voice = espeak.open(choose_recipe("en", engine="espeak"), "cpu:0")
    text = "The tear ran down, and she left."
    for phonemes in ((), (Phonemes(4, 8, "tɪɹ"),)):
        timed = voice.speak_timed(SpokenLine(text, 1, phonemes))  # type: ignore[attr-defined]
        begun = [text[character:].split()[0] for character, _ in timed.words]
        assert begun[:2] == ["The", "tear"]
        assert begun[-3:] == ["and", "she", "left."]
        samples = [sample for _, sample in timed.words]
        assert samples == sorted(samples)
        assert 0.3 * len(timed.pcm) < samples[-3] < len(timed.pcm)
    french = voice.speak_timed(SpokenLine("Je suis ici.", 1, language="fr"))  # type: ignore[attr-defined]
    assert len(french.words) == 3
    assert np.array_equal(
        french.pcm, espeak.open(choose_recipe("fr", engine="espeak"), "cpu:0").speak("Je suis ici.", 1)
    )


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 7.79 GiB",
        "HIP out of memory. Tried to allocate 20.00 MiB",
        "MPS backend out of memory (MPS allocated: 9.07 GB)",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 4 bytes. Error code 12 (Cannot allocate memory)",
        "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes",
    ],
)
def test_memory_that_runs_out_is_known_by_its_words(words: str) -> None:
    assert device_fault(RuntimeError(words)) is FaultKind.MEMORY


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: unspecified launch failure",
        "CUDA error: GPU is lost",
        "HIP error: invalid device ordinal",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
    ],
)
def test_a_device_that_fails_is_known_by_its_words(words: str) -> None:
    assert device_fault(RuntimeError(words)) is FaultKind.DEVICE


@pytest.mark.parametrize(
    "fault",
    [
        RuntimeError("PytorchStreamReader failed reading zip archive: failed finding central directory"),
        RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"),
        ValueError("CUDA error: so says a text"),
        AssertionError("out of memory"),
    ],
)
def test_whatever_else_goes_wrong_is_not_the_devices_fault(fault: Exception) -> None:
    assert device_fault(fault) is None


def test_a_machine_without_memory_counts_too() -> None:
    assert device_fault(MemoryError()) is FaultKind.MEMORY


@pytest.mark.parametrize("model", [b"no model", Path("/nonexistent.onnx")])
def test_what_is_no_model_is_unavailable_in_words(model: bytes | Path) -> None:
    with pytest.raises(EngineFault, match="It does not load") as fault:
        open_session(model, "cpu:0", "It")
    assert fault.value.kind is FaultKind.UNAVAILABLE


def test_a_library_for_gpus_is_known_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"onnxruntime"}

    def version(package: str) -> str:
        if package not in here:
            raise PackageNotFoundError(package)
        return "1.23"

    monkeypatch.setattr(onnx_session, "version", version)
    assert onnx_session.computes_on() == "cpu"
    here.add("onnxruntime-gpu")
    assert onnx_session.computes_on() == "any"
