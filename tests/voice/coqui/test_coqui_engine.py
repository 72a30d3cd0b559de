"""Tests of what a worker relies on, with Coqui's own code and tiny models."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from coqui_bench import TEXT, copy_of, digest, edit_config, open_voice, recipe_for, why_unavailable
from msgspec import structs
from tiny_models import RATE, SPEAKERS, recording, tiny_yourtts

from swarm.book.model.engine_text import mark_voice
from swarm.job.spec import CLONE, CUSTOM, Recipe
from swarm.voice.coqui.engine import engine
from swarm.voice.engine import EngineFault, FaultKind, SharingVoice, Voice
from swarm.voice.host.engine_child import Host
from swarm.voice.host.registry import choose_recipe

pytestmark = pytest.mark.coqui

CLONED = CLONE + "0" * 64


@pytest.fixture(scope="module")
def vits(models: Path) -> Voice:
    return open_voice(models / "vits")


@pytest.fixture(scope="module")
def xtts(models: Path) -> Voice:
    return open_voice(models / "xtts")


# --- speaking


def test_a_trial_proves_the_libraries_without_a_download() -> None:
    voice = engine.trial()
    pcm = voice.speak("The lamp in the hall was still burning when we came home late.", 1)
    assert 1 < len(pcm) / voice.sample_rate < 30


@pytest.mark.parametrize(("name", "rate"), [("vits", RATE), ("xtts", 24_000)])
def test_a_sentence_is_int16_mono_and_not_scaled_to_full_peak(
    name: str, rate: int, request: pytest.FixtureRequest
) -> None:
    voice: Voice = request.getfixturevalue(name)
    sound = voice.speak(TEXT, 1)
    assert (sound.dtype, sound.ndim, voice.sample_rate) == (np.int16, 1, rate)
    assert 0.5 < len(sound) / rate < 10
    assert 500 < np.abs(sound.astype(int)).max() < 32_000


@pytest.mark.parametrize("name", ["vits", "xtts"])
def test_a_seed_sounds_the_same_whatever_was_spoken_before(name: str, request: pytest.FixtureRequest) -> None:
    voice: Voice = request.getfixturevalue(name)
    first = digest(voice)
    voice.speak("Other words.", 8)
    assert digest(voice) == first
    assert digest(voice, seed=8) != first


@pytest.mark.slow
def test_another_process_makes_the_same_sound(vits: Voice, xtts: Voice, models: Path) -> None:
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
import test_coqui_engine
for name in ("vits", "xtts"):
    voice = test_coqui_engine.open_voice(Path({str(models)!r}) / name)
    voice.speak("Other words.", 3)
    print(test_coqui_engine.digest(voice))
"""
    there = subprocess.check_output([sys.executable, "-c", script], text=True, stderr=subprocess.DEVNULL).split()[-2:]
    assert there == [digest(vits), digest(xtts)]


@pytest.mark.parametrize("name", ["vits", "xtts"])
@pytest.mark.parametrize("text", ["", " ", "A \0 zero, <b>tags</b> & é 中文 😀.", "₪ ♫", "no " * 180, "x" * 600])
def test_no_text_is_too_odd_or_too_long(name: str, text: str, request: pytest.FixtureRequest) -> None:
    voice: Voice = request.getfixturevalue(name)
    sound = voice.speak(text, 1)
    assert (len(sound) > voice.sample_rate / 2) == (len(text) > 10)


def test_a_text_with_more_tokens_than_xtts_takes_is_spoken_in_pieces_as_one_clip(xtts: Voice) -> None:
    whole = xtts.speak("1234567890 " * 9, 1)  # within the limit of characters, but far over the limit of tokens
    assert len(whole) > 1.9 * len(xtts.speak("1234567890", 1))


@pytest.mark.parametrize(("language", "text"), [("zh", "你好，世界。"), ("ja", "こんにちは。"), ("ko", "안녕하세요.")])
def test_xtts_reads_the_scripts_of_the_east(language: str, text: str, models: Path) -> None:
    assert len(open_voice(models / "xtts", language=language).speak(text, 1)) > 12_000


@pytest.mark.parametrize("language", ["en", "cs", "hi", "es", "ru"])
def test_no_number_is_too_much_for_a_language(language: str, models: Path) -> None:
    voice = open_voice(models / "xtts", language=language)
    for text in ("On the 1. of May 1984, 12.5 %", "9" * 30):
        assert len(voice.speak(text, 1)) > 12_000


def test_speakers_and_languages_of_a_model_can_be_chosen(models: Path) -> None:
    folder = models / "choir"
    said = {digest(open_voice(folder, voice=name)) for name in SPEAKERS}
    assert len(said) == len(SPEAKERS)
    assert digest(open_voice(folder)) == digest(open_voice(folder, voice=SPEAKERS[0]))
    assert digest(open_voice(folder, language="fr")) not in said
    assert "no voice 'zoe'; it has ada, bob, eve" in why_unavailable(
        folder, structs.replace(recipe_for(folder), voice="zoe")
    )


def test_speakers_and_languages_in_files_beside_the_config_are_found(models: Path, tmp_path: Path) -> None:
    folder = copy_of(models / "choir", tmp_path / "job")
    arguments = json.loads((folder / "model" / "config.json").read_text())["model_args"]
    beside = {"speakers_file": "/elsewhere/speaker_ids.json", "language_ids_file": "/elsewhere/language_ids.json"}
    edit_config(folder, speakers=[], languages=[], model_args=arguments | beside)
    for name, values in (("speaker_ids.json", SPEAKERS), ("language_ids.json", ("en", "fr-fr"))):
        ids = {value: number for number, value in enumerate(values)}
        (folder / "model" / name).write_text(json.dumps(ids))
    recipe = choose_recipe("fr", model=CUSTOM + "0" * 64, config={"model": "vits"}, voice="eve")
    found = engine.open(recipe, "cpu:0", folder)
    assert digest(found) == digest(open_voice(models / "choir", voice="eve", language="fr"))


def test_speed_shortens_the_sound(models: Path, vits: Voice) -> None:
    assert len(open_voice(models / "vits", settings={"speed": 2.0}).speak(TEXT, 1)) < 0.7 * len(vits.speak(TEXT, 1))


def test_sampling_settings_change_the_sound(models: Path, xtts: Voice) -> None:
    assert digest(open_voice(models / "xtts", settings={"temperature": "0.2", "top_k": "5"})) != digest(xtts)


def test_half_precision_is_for_gpus_and_changes_nothing_on_a_cpu(models: Path, xtts: Voice) -> None:
    half = open_voice(models / "xtts", settings={"half": "yes"})
    assert digest(half) == digest(xtts)


def test_deepspeed_that_is_not_there_is_named(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deepspeed", None)
    recipe = recipe_for(models / "xtts", settings={"deepspeed": "yes"})
    assert "install deepspeed, or leave out --deepspeed" in why_unavailable(models / "xtts", recipe)


@pytest.mark.parametrize("name", ["vits", "xtts"])
def test_nothing_is_kept_for_learning_while_a_sentence_is_spoken(
    name: str, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    seen: list[bool] = []
    voice: Any = open_voice(models / name)
    model, spoken = (voice._model, "synthesize") if name == "vits" else (voice._model.gpt, "compute_embeddings")
    speak = getattr(model, spoken)

    def watched(*words: Any, **named: Any) -> Any:
        seen.append(torch.is_inference_mode_enabled())
        return speak(*words, **named)

    monkeypatch.setattr(model, spoken, watched)
    voice.speak(TEXT, 1)
    assert seen == [True]


@pytest.mark.parametrize("name", ["vits", "xtts"])
def test_weights_may_be_safetensors(name: str, models: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    import torch
    from safetensors.torch import save_file

    (tmp_path / "model").mkdir()
    for file in (models / name / "model").iterdir():
        if file.name != "model.pth":
            (tmp_path / "model" / file.name).symlink_to(file)
    weights = torch.load(models / name / "model" / "model.pth", weights_only=True)["model"]
    save_file({key: value.clone() for key, value in weights.items()}, tmp_path / "model" / "model.safetensors")
    assert digest(open_voice(tmp_path)) == digest(request.getfixturevalue(name))


def test_another_voice_of_the_same_model_loads_nothing_again(models: Path, xtts: Voice) -> None:
    folder = models / "xtts"
    first, second = open_voice(folder), open_voice(folder, voice=CLONED)
    assert first._model is second._model  # type: ignore[attr-defined]
    assert digest(second) != digest(first) == digest(xtts)


def open_lane(host: Host, folder: Path, **asked: str) -> None:
    """Have an engine's process open a voice."""
    opening = {"call": "open", "engine": "swarm.voice.coqui.engine:engine", "lane": 0, "device": "cpu:0"}
    recipe = msgspec.to_builtins(recipe_for(folder, **asked))
    assert "fault" not in host.handle({**opening, "assets": str(folder), "recipe": recipe})


def test_characters_share_one_vits_and_sound_as_if_each_had_it_alone(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from swarm.voice.coqui import plain

    folder, loaded = models / "choir", []
    alone = {name: digest(open_voice(folder, voice=name)) for name in SPEAKERS}
    engine._loader = None
    load = plain.load_synthesizer
    monkeypatch.setattr(plain, "load_synthesizer", lambda *given: loaded.append(given) or load(*given))
    host = Host()
    open_lane(host, folder, voice="ada")
    lines = [[TEXT if name == "ada" else mark_voice(TEXT, name), 7] for name in SPEAKERS]
    reply = host.handle({"call": "speak", "lane": 0, "lines": lines})
    frames = [clip["frame"] for clip in reply["clips"]]
    again = host.handle({"call": "speak", "lane": 0, "lines": lines[::-1]})
    assert [clip["frame"] for clip in again["clips"]] == frames[::-1]
    assert len(set(frames)) == len(set(alone.values())) == len(SPEAKERS)
    assert len(loaded) == 1
    engine._loader = None


def test_a_character_whose_voice_the_model_lacks_is_named_by_the_worker(models: Path) -> None:
    host, folder = Host(), models / "vits"
    open_lane(host, folder)
    reply = host.handle({"call": "speak", "lane": 0, "lines": [[mark_voice(TEXT, "zoe"), 7]]})
    assert (reply["fault"], reply["message"]) == ("unavailable", "This model has no voice 'zoe'; it has only one.")


# --- voices of recordings


def test_a_recording_is_listened_to_once_and_every_worker_then_sounds_the_same(models: Path, tmp_path: Path) -> None:
    folder = models / "xtts"
    first = open_voice(folder, voice=CLONED)
    assert isinstance(first, SharingVoice)
    latents = first.latents()
    assert latents
    other = tmp_path / "other"
    other.mkdir()
    (other / "model").symlink_to(folder / "model", target_is_directory=True)
    (other / "latents.safetensors").write_bytes(latents)  # the recording is missing, since latents replace it
    second = engine.open(recipe_for(folder, voice=CLONED), "cpu:0", other)
    assert isinstance(second, SharingVoice)
    assert second.latents() is None
    assert digest(second) == digest(first)


@pytest.mark.parametrize("latents", [b"", b"\x80\x04.", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}"])
def test_latents_that_are_none_are_refused(latents: bytes, models: Path, tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to(models / "xtts" / "model", target_is_directory=True)
    (tmp_path / "latents.safetensors").write_bytes(latents)
    assert "latents" in why_unavailable(tmp_path, recipe_for(models / "xtts", voice=CLONED))


@pytest.mark.parametrize(
    ("gpt", "speaker", "value"),
    [
        ((1, 0, 32), (1, 512, 1), 0.0),
        ((1, 60_000, 32), (1, 512, 1), 0.0),
        ((1, 32, 16), (1, 512, 1), 0.0),
        ((1, 32, 32), (1, 7, 1), 0.0),
        ((1, 32, 32), (1, 512, 3), 0.0),
        ((1, 32, 32), (2, 512, 1), 0.0),
        ((1, 32, 32), (1, 512, 1), math.nan),
        ((1, 32, 32), (1, 512, 1), 3e38),
    ],
)
def test_latents_of_another_shape_or_beyond_all_measure_are_refused_before_a_sentence_fails_by_them(
    gpt: tuple[int, ...], speaker: tuple[int, ...], value: float, models: Path, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import save_file

    (tmp_path / "model").symlink_to(models / "xtts" / "model", target_is_directory=True)
    said = {"gpt_cond_latent": torch.full(gpt, value), "speaker_embedding": torch.zeros(speaker)}
    save_file(said, tmp_path / "latents.safetensors")
    assert "latents" in why_unavailable(tmp_path, recipe_for(models / "xtts", voice=CLONED))


def test_a_device_that_computes_no_numbers_of_a_recording_is_not_believed(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice: Any = open_voice(models / "xtts")
    unsound = lambda *_, **__: voice._latents.gpt * math.nan  # noqa: E731  # stands in for a GPU that fails
    monkeypatch.setattr(voice._model, "get_gpt_cond_latents", unsound)
    recipe = recipe_for(models / "xtts", voice=CLONED)
    assert "computed from the recording" in why_unavailable(models / "xtts", recipe)


def test_a_recording_that_cannot_be_used_is_refused(models: Path, tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to(models / "xtts" / "model", target_is_directory=True)
    recording(tmp_path / "voice.wav", 0.5)
    recipe = recipe_for(models / "xtts", voice=CLONED)
    assert "shorter than a second" in why_unavailable(tmp_path, recipe)
    (tmp_path / "voice.wav").write_bytes(b"RIFF")
    assert "cannot be read" in why_unavailable(tmp_path, recipe)


def test_a_model_that_cannot_clone_says_so(models: Path) -> None:
    recipe = Recipe("coqui", CLONED, "en", CUSTOM + "0" * 64)
    assert "cannot speak with the voice of a recording" in why_unavailable(models / "vits", recipe)


@pytest.mark.slow
def test_yourtts_speaks_like_a_recording_the_same_for_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    tiny_yourtts(tmp_path / "tts" / "tts_models--multilingual--multi-dataset--your_tts")
    recording(tmp_path / "voice.wav", 1.0)

    def said(voice: str) -> str:
        return digest(engine.open(choose_recipe("fr", engine="yourtts", voice=voice), "cpu:0", tmp_path), "Bonjour.")

    cloned = said(CLONED)
    assert said(CLONED) == cloned
    assert len({cloned, *map(said, SPEAKERS)}) == 1 + len(SPEAKERS)


# --- the machine


def test_a_gpu_that_is_not_there_is_no_cpu(models: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(EngineFault, match="cannot use cuda:7") as fault:
        engine.open(recipe_for(models / "vits"), "cuda:7", models / "vits")
    assert fault.value.kind is FaultKind.DEVICE


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["vits", "xtts"])
def test_a_gpu_speaks_too_the_same_for_the_same_seed(name: str, models: Path) -> None:
    voice = engine.open(recipe_for(models / name), "cuda:0", models / name)
    assert len(voice.speak(TEXT, 7)) > voice.sample_rate / 2
    assert digest(voice) == digest(voice)


@pytest.mark.gpu
def test_half_precision_speaks_on_a_gpu(models: Path) -> None:
    voice = engine.open(recipe_for(models / "xtts", settings={"half": "yes"}), "cuda:0", models / "xtts")
    assert len(voice.speak(TEXT, 7)) > voice.sample_rate / 2


def test_memory_that_runs_out_is_tried_once_more_and_then_asks_for_a_fresh_process() -> None:
    import torch

    from swarm.voice.coqui.speak import speak_pieces

    def failing(times: int) -> Any:
        left = [times]

        def say(text: str) -> Any:
            if left[0]:
                left[0] -= 1
                raise torch.OutOfMemoryError("CUDA out of memory")
            return torch.rand(24_000) - 0.5

        return say

    once = speak_pieces("Yes.", 5, 24_000, lambda text: True, failing(1))
    assert np.array_equal(once, speak_pieces("Yes.", 5, 24_000, lambda text: True, failing(0)))
    with pytest.raises(EngineFault) as fault:
        speak_pieces("Yes.", 5, 24_000, lambda text: True, failing(2))
    assert fault.value.kind is FaultKind.MEMORY


def test_what_torch_really_says_when_there_is_no_memory_is_understood() -> None:
    import torch

    from swarm.voice.coqui.speak import speak_pieces

    tried: list[str] = []

    def say(text: str) -> Any:
        tried.append(text)
        return torch.empty(10**15)

    with pytest.raises(EngineFault, match="out of memory") as fault:
        speak_pieces("Yes.", 5, 24_000, lambda text: True, say)
    assert (fault.value.kind, len(tried)) == (FaultKind.MEMORY, 2)


def test_what_is_not_the_memorys_fault_is_not_tried_again() -> None:
    from swarm.voice.coqui.speak import speak_pieces

    said: list[str] = []

    def say(text: str) -> Any:
        said.append(text)
        raise RuntimeError("CUDA error: device-side assert triggered")

    with pytest.raises(RuntimeError, match="device-side"):
        speak_pieces("Yes.", 5, 24_000, lambda text: True, say)
    assert said == ["Yes."]


def test_a_model_for_which_there_is_no_room_blames_the_memory(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from swarm.voice.coqui import plain

    engine._loader = None  # loads the model again

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(plain, "load_synthesizer", full)  # stands in for a GPU that is full
    with pytest.raises(EngineFault, match=r"cpu:0 does not have enough memory.*2\.00 GiB") as fault:
        engine.open(recipe_for(models / "vits"), "cpu:0", models / "vits")
    assert fault.value.kind is FaultKind.MEMORY
