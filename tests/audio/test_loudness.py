import numpy as np
import pytest
from sounds import judged

from swarm.audio.loudness import loudness_lufs


def speechlike(rate: int, length_s: int = 20, level: float = 0.1) -> np.ndarray:
    """Noise in syllables and sentences, with a low hum under it."""
    rng = np.random.default_rng(rate)
    times = np.arange(length_s * rate) / rate
    sentences = np.where(times % 4 < 3, 1, 0) * (1 + np.sin(2 * np.pi * 4 * times)) / 2
    return (level * sentences * rng.standard_normal(times.size) + 0.002 * np.sin(300 * times)).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_our_meter_says_what_another_says(rate: int) -> None:
    sound = speechlike(rate)
    assert loudness_lufs(sound, rate) == pytest.approx(judged(sound, rate)[0], abs=0.1)


def test_a_long_sound_is_measured_in_stretches_of_equal_worth() -> None:
    sound = np.concatenate([speechlike(8000, 70, 0.03), speechlike(8000, 70, 0.2)])
    assert loudness_lufs(sound, 8000) == pytest.approx(judged(sound, 8000)[0], abs=0.1)


def test_pauses_do_not_count() -> None:
    sound = speechlike(24000)
    gaps = np.concatenate([sound, np.zeros(20 * 24000, np.float32)])
    assert loudness_lufs(gaps, 24000) == pytest.approx(loudness_lufs(sound, 24000), abs=0.2)


@pytest.mark.parametrize("sound", [np.zeros(48000), np.zeros(10), np.zeros(0), np.full(48000, 1e-6)])
def test_silence_has_no_loudness(sound: np.ndarray) -> None:
    assert loudness_lufs(sound.astype(np.float32), 24000) is None
