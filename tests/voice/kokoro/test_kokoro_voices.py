"""Tests of the files of Kokoro: packages, downloads from a stand-in on this machine, damaged ones."""

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from stand_in_hub import StandInHub, stand_in_hub

from swarm.errors import EnvironmentFault, UsageError
from swarm.job.spec import Recipe
from swarm.voice.engine import EngineFault
from swarm.voice.kokoro import voices
from swarm.voice.kokoro.engine import engine
from swarm.voice.kokoro.voices import (
    FULL,
    INT8,
    VOICES,
    blend_name,
    is_british,
    missing_files,
    read_blend,
    read_style,
    read_weights,
    voices_here,
)

STYLE = np.linspace(-1, 1, 3 * 256, dtype=np.float32)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    """Serve files of the right names and shapes, and pin their digests in place of the real ones."""
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(voices, "_PARTS", ("no_such_package",))
    monkeypatch.setattr(voices, "_PACKAGED_VOICES", ("no_such_package", "voices.npz"))
    packed = io.BytesIO()
    np.savez(packed, **{voice.name: STYLE.reshape(3, 1, 256) for voice in VOICES})
    content = {"voices-v1.0.bin": packed.getvalue(), "kokoro-v1.0.int8.onnx": b"8 bits", "kokoro-v1.0.onnx": b"32"}
    pinned = {name: (len(each), hashlib.sha256(each).hexdigest()) for name, each in content.items()}
    monkeypatch.setattr(voices, "_PINNED", pinned)
    monkeypatch.setattr(voices, "_DIGESTS", dict.fromkeys(voices._DIGESTS, hashlib.sha256(STYLE).hexdigest()))
    monkeypatch.setattr(voices, "_STYLE_BYTES", STYLE.nbytes)
    with stand_in_hub(tmp_path / "hub") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setattr(voices, "RELEASE", hub.url)
        for name in ("ff_siwis", "af_heart"):
            hub.put(f"{voices._STYLES}/{name}.bin", STYLE.tobytes())
        for name, each in content.items():
            hub.put(name, each)
        yield hub


def test_a_model_is_fetched_and_removed(hub: StandInHub) -> None:
    assert engine.kept_models() == ()
    engine.fetch(INT8, print)
    assert engine.kept_models() == (INT8,)
    assert voices_here(INT8) == {voice.name for voice in VOICES}
    assert np.array_equal(read_style(INT8, "pm_alex").reshape(-1), STYLE)
    assert Path(str(read_weights(INT8))).read_bytes() == b"8 bits"
    engine.remove(INT8)
    assert engine.kept_models() == ()


def test_weights_of_packages_are_not_downloaded(
    hub: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = tmp_path / "a_part" / "part.bin"
    part.parent.mkdir()
    part.write_bytes(b"8 bits")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(voices, "_PARTS", ("a_part",))
    monkeypatch.setattr(voices, "_INT8_DIGEST", hashlib.sha256(b"8 bits").hexdigest())
    assert [file.name for file in missing_files(INT8)] == ["voices-v1.0.bin"]
    assert [file.name for file in missing_files(FULL)] == ["kokoro-v1.0.onnx", "voices-v1.0.bin"]
    assert read_weights(INT8) == b"8 bits"
    part.write_bytes(b"other")
    with pytest.raises(EngineFault, match="damaged: install them again"):
        read_weights(INT8)


def test_another_file_than_the_pinned_one_is_refused(hub: StandInHub) -> None:
    hub.put("kokoro-v1.0.int8.onnx", b"8 bats")
    with pytest.raises(EnvironmentFault, match="known by its digest"):
        engine.fetch(INT8, print)
    assert engine.kept_models() == ()


def huge() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("af_heart.npy", b"\0" * (5 << 20))
    return packed.getvalue()


def pickled() -> bytes:
    packed = io.BytesIO()
    np.savez(packed, af_heart=np.array([{}], dtype=object))
    return packed.getvalue()


@pytest.mark.parametrize("make", [bytes, lambda: b"no zip", huge, pickled], ids=["empty", "no zip", "huge", "pickled"])
def test_damaged_voices_are_refused_in_words(hub: StandInHub, make: Callable[[], bytes]) -> None:
    folder = engine.model_folder(INT8)
    folder.mkdir(parents=True)
    (folder / "voices-v1.0.bin").write_bytes(make())
    with pytest.raises(EngineFault, match="voice af_heart is damaged here"):
        read_style(INT8, "af_heart")


def test_a_voice_with_numbers_that_are_none_is_refused(hub: StandInHub) -> None:
    folder = engine.model_folder(INT8) / "voices"
    folder.mkdir(parents=True)
    np.full(256, np.nan, "<f4").tofile(folder / "af_heart.bin")
    assert voices_here(INT8) == {"af_heart"}
    with pytest.raises(EngineFault, match="damaged"):
        read_style(INT8, "af_heart")


def test_workers_share_what_a_recipe_needs_and_what_was_downloaded(
    hub: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shared() -> list[str]:
        model = engine.remote_model(Recipe("kokoro", "af_heart", "en", INT8))
        assert model is not None and model.folder == voices.folder_of(INT8)
        return sorted(file.name for file in model.files)

    assert shared() == ["kokoro-v1.0.int8.onnx", "voices/af_heart.bin"]  # another machine has the same name for each
    engine.fetch(INT8, print)
    assert shared() == ["kokoro-v1.0.int8.onnx", "voices-v1.0.bin"]
    engine.remove(INT8)
    single = voices.folder_of(INT8) / "voices" / "af_heart.bin"
    single.parent.mkdir(parents=True)
    single.write_bytes(STYLE.tobytes())
    (voices.folder_of(INT8) / "kokoro-v1.0.int8.onnx").write_bytes(b"8 bits")
    assert shared() == ["kokoro-v1.0.int8.onnx", "voices/af_heart.bin"]


def test_a_style_is_fetched_alone_by_its_digest_and_one_that_was_replaced_is_fetched_again(hub: StandInHub) -> None:
    recipe = Recipe("kokoro", "ff_siwis", "fr", INT8)
    assert engine.fetched(recipe) == voices.folder_of(INT8)
    assert voices_here(INT8) == {"ff_siwis"}
    assert engine.is_ready("fr") and not engine.is_ready("es")
    asked = len(hub.handler.asked)
    engine.fetched(recipe)
    assert len(hub.handler.asked) == asked
    style = voices.folder_of(INT8) / "voices" / "ff_siwis.bin"
    style.write_bytes(bytes(len(STYLE.tobytes())))  # as long, and another voice
    engine.fetched(recipe)
    assert style.read_bytes() == STYLE.tobytes()


def test_a_style_that_was_replaced_is_never_spoken_with_offline(
    hub: StandInHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.fetched(recipe := Recipe("kokoro", "ff_siwis", "fr", INT8))
    (voices.folder_of(INT8) / "voices" / "ff_siwis.bin").write_bytes(bytes(len(STYLE.tobytes())))
    monkeypatch.setenv("E2A_SWARM_OFFLINE", "1")
    with pytest.raises(EngineFault, match="is damaged, or another file"):
        engine.fetched(recipe)


COUNTS = {"en": 28, "es": 3, "fr": 1, "hi": 4, "it": 2, "ja": 5, "pt": 3, "zh": 8}


def test_there_are_54_voices_and_28_of_them_speak_english() -> None:
    assert Counter(voice.language for voice in VOICES) == COUNTS
    assert Counter(voice.gender for voice in VOICES if voice.language == "en") == {"female": 15, "male": 13}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("af_heart", "af_heart"),
        (" AF-Heart:3 ", "af_heart"),
        ("af_heart:0.6+am_adam:0.4", "af_heart:0.6+am_adam:0.4"),
        ("af_heart:6 + am_adam:4", "af_heart:0.6+am_adam:0.4"),
        ("af_heart*0.6+am_adam*0.4", "af_heart:0.6+am_adam:0.4"),
        ("af_heart+am_adam", "af_heart:0.5+am_adam:0.5"),
        ("af_heart:1+am_adam:0", "af_heart"),
    ],
)
def test_equal_blends_have_one_name(written: str, name: str) -> None:
    assert blend_name(read_blend(written)) == name


@pytest.mark.parametrize(
    "written",
    [
        *("", "+", "heart", "af_nobody", "af_heart:", "af_heart:x", "af_heart:-1", "af_heart:0", "af_heart:inf"),
        "+".join(["af_heart"] * 9),
        "af_heart:" + "9" * 10_000,
    ],
)
def test_a_voice_that_does_not_exist_is_refused_in_words(written: str) -> None:
    with pytest.raises(UsageError, match="has no voice") as fault:
        read_blend(written)
    assert len(str(fault.value)) < 400


def test_the_first_voice_of_a_blend_decides_which_english_it_speaks() -> None:
    assert is_british("bm_george")
    assert not is_british("am_adam")
