import zlib

import numpy as np
import pytest

from swarm.audiobook.sound.encoder import encode
from swarm.audiobook.sound.format import make_coding
from swarm.job.spec import Recipe
from swarm.voice.engine import BatchVoice, EngineFault, FaultKind, SpokenLine, Voice
from swarm.voice.host.registry import choose_recipe
from swarm.voice.host.takes import make_clip
from swarm.voice.metronome.engine import ENV_BATCH, ENV_SPEED, babble, batch_curve, batch_size, engine


def open_voice(device: str = "cpu:0", **options: str) -> Voice:
    return engine.open(choose_recipe("en", engine="metronome", settings=options), device)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Have the voice compute in no time; return for how long it would have slept."""
    slept: list[float] = []
    monkeypatch.setattr("swarm.voice.metronome.engine.time.monotonic", lambda: 0.0)
    monkeypatch.setattr("swarm.voice.metronome.engine.time.sleep", slept.append)
    return slept


def test_it_sleeps_for_the_time_that_the_text_costs(slept: list[float]) -> None:
    open_voice().speak("x" * 100, 1)
    open_voice(cost_per_char="0").speak("x" * 100, 1)
    assert slept == pytest.approx([0.1, 0.0])


def test_the_sound_is_as_long_as_the_text_says() -> None:
    voice = open_voice(cost_per_char="0", seconds_per_char="0.002")
    assert len(voice.speak("x" * 100, 1)) == 0.2 * 24_000


def test_each_slot_has_its_own_speed(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    monkeypatch.setenv(ENV_SPEED, "1, 0.5,4")
    for slot in range(4):
        open_voice(f"cpu:{slot}").speak("x" * 100, 1)
    assert slept == pytest.approx([0.1, 0.2, 0.025, 0.1])


@pytest.mark.parametrize("speed", ["fast", "0", "-1", "nan", "1,,2"])
def test_a_speed_that_is_no_speed_makes_it_unavailable(monkeypatch: pytest.MonkeyPatch, speed: str) -> None:
    monkeypatch.setenv(ENV_SPEED, speed)
    with pytest.raises(EngineFault, match=ENV_SPEED) as fault:
        open_voice("cpu:1")
    assert fault.value.kind is FaultKind.UNAVAILABLE


def test_different_texts_sound_different() -> None:
    voice = open_voice(cost_per_char="0")
    sounds = {zlib.crc32(voice.speak(f"{n:03}", 1).tobytes()) for n in range(100)}
    assert len(sounds) == 100


def test_babble_is_audible_and_loses_nothing_to_trimming() -> None:
    for choice in range(0, 10**6, 9_973):
        sound = babble(choice, 24_000)
        assert np.abs(sound).max() > 3_000
        assert make_clip(sound, 24_000, "fifteen letters").info.samples == 24_000


def test_babble_takes_as_many_bits_as_speech() -> None:
    coding = make_coding("m4b", 24_000)
    sound = babble(1, 20 * 24_000 // 1024 * 1024).astype(np.float32) / 32768
    bits_s = 8 * sum(map(len, encode(sound, coding)[1])) / 20
    assert 55_000 < bits_s < 75_000  # hibari takes 61,000, a plain tone 26,000 in three times the time
    assert 150_000 < 8 * len(make_clip(babble(1, 240_000), 24_000, "x" * 150).frame) / 10 < 240_000


def test_an_older_recipe_gets_the_defaults() -> None:
    assert engine.open(Recipe("metronome", "tick", "en"), "cpu").speak("ab", 1).size == round(2 * 0.065 * 24_000)


def test_a_batch_costs_what_its_curve_says(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    monkeypatch.setenv(ENV_BATCH, "16,0.5")
    voice = open_voice(cost_per_char="0.001")
    assert isinstance(voice, BatchVoice)
    lines = [SpokenLine("x" * 100, number) for number in range(16)]
    sounds = voice.speak_all(lines)
    assert slept == [pytest.approx(0.4)]  # four times as long as one, for sixteen
    assert all(
        np.array_equal(sound, voice.speak(line.text, line.seed)) for line, sound in zip(lines, sounds, strict=True)
    )


@pytest.mark.parametrize(
    ("word", "batch", "curve"), [("16,0.4", 16, 0.4), ("8", 8, 1.0), ("", 1, 1.0), ("many,x", 1, 1.0)]
)
def test_a_batch_is_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, word: str, batch: int, curve: float
) -> None:
    monkeypatch.setenv(ENV_BATCH, word)
    assert (batch_size(), batch_curve()) == (batch, curve)
