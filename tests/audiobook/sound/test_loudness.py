"""FFmpeg's meter as the program uses it, against signals of known loudness and a meter from the standard's text."""

import numpy as np
import pytest
from bs1770 import bs1770_lufs

from swarm.audiobook.sound.encoder import loudness_lufs

RATES = [8000, 11025, 16000, 22050, 24000, 44100, 48000]


def speechlike(rate: int, length_s: int = 20, level: float = 0.1) -> np.ndarray:
    """Noise in syllables and sentences, with a low hum under it."""
    rng = np.random.default_rng(rate)
    times = np.arange(length_s * rate) / rate
    sentences = np.where(times % 4 < 3, 1, 0) * (1 + np.sin(2 * np.pi * 4 * times)) / 2
    return (level * sentences * rng.standard_normal(times.size) + 0.002 * np.sin(300 * times)).astype(np.float32)


def tone(level_db: float, length_s: float, rate: int) -> np.ndarray:
    times = np.arange(round(length_s * rate)) / rate
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * 1000 * times)).astype(np.float32)


def test_the_signals_of_ebu_tech_3341_have_the_loudness_that_it_says() -> None:
    """Allow for one channel: the standard's tones are in two, which adds 3.01 LU."""
    for rate in RATES:
        loud, quiet = tone(-23, 10, rate), tone(-36, 10, rate)
        faint = tone(-72, 10, rate)
        assert loudness_lufs(loud, rate) == pytest.approx(-26.01, abs=0.1)
        assert loudness_lufs(tone(-33, 10, rate), rate) == pytest.approx(-36.01, abs=0.1)
        assert loudness_lufs(np.concatenate([quiet, loud, loud, quiet]), rate) == pytest.approx(-26.01, abs=0.1)
        assert loudness_lufs(np.concatenate([faint, quiet, loud, loud, quiet, faint]), rate) == pytest.approx(
            -26, abs=0.1
        )


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("level", [0.5, 0.005])
def test_two_meters_agree(rate: int, level: float) -> None:
    sound = speechlike(rate, level=level)
    assert loudness_lufs(sound, rate) == pytest.approx(bs1770_lufs(sound, rate), abs=0.1)


def test_a_long_sound_is_measured_in_stretches_of_equal_worth() -> None:
    sound = np.concatenate([speechlike(8000, 70, 0.03), speechlike(8000, 70, 0.2)])
    assert loudness_lufs(sound, 8000) == pytest.approx(bs1770_lufs(sound, 8000), abs=0.1)


def test_pauses_do_not_count() -> None:
    sound = speechlike(24000)
    gaps = np.concatenate([sound, np.zeros(20 * 24000, np.float32)])
    assert loudness_lufs(gaps, 24000) == pytest.approx(loudness_lufs(sound, 24000), abs=0.2)


def test_silence_has_no_loudness() -> None:
    for sound in [np.zeros(48000), np.zeros(10), np.zeros(0), np.full(48000, 1e-6)]:
        assert loudness_lufs(sound.astype(np.float32), 24000) is None
