import numpy as np
import pytest
from sounds import judged

from swarm.audiobook.sound.encoder import limit, true_peak

CEILING = 0.73

RATE = 24000


def speechlike(seed: int, level: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    envelope = np.repeat(rng.random(150) ** 3, 960)[: 1024 * 140]
    return (level * envelope * rng.standard_normal(envelope.size)).astype(np.float32)


def test_no_sample_is_over_the_ceiling() -> None:
    for seed in range(5):
        loud = speechlike(seed, 1.0)
        assert np.abs(loud).max() > 1.5, seed
        assert np.abs(limit(loud, CEILING)).max() <= CEILING * 1.0001, seed


def test_what_rises_over_the_ceiling_between_samples_is_limited() -> None:
    for phase in [0.0, 0.25, 0.5]:
        wave = np.sin(2 * np.pi * (np.arange(24000) / 4 + phase / 2)).astype(np.float32)  # four samples a period
        assert true_peak_by_transform(limit(wave, CEILING)) <= CEILING * 1.02, phase


def test_peaks_of_the_highest_sounds_are_found_too() -> None:
    """Close to half the rate what lies between samples is decided by many of them."""
    for seed in range(3):
        loud = speechlike(seed, 2.0)
        assert true_peak_of_any(limit(loud, CEILING)) <= CEILING * 1.08


def test_peaks_of_the_highest_sounds_keep_to_the_ceiling_by_another_meter() -> None:
    for seed in range(3):
        _, peak_db = judged(limit(speechlike(seed, 2.0), CEILING), RATE)
        assert peak_db <= 20 * np.log10(CEILING) + 0.05


def test_a_peak_is_measured_where_it_may_pass_a_bound() -> None:
    wave = np.sin(2 * np.pi * (np.arange(24000) / 4 + 0.125)).astype(np.float32)  # samples at 0.71 of the peak
    assert true_peak(wave, 0.9) == pytest.approx(1.0, abs=0.02)
    assert true_peak(0.1 * wave, 0.9) < 0.11
    assert true_peak(wave[:0], 0.9) == 0


def true_peak_of_any(sound: np.ndarray) -> float:
    """Return the true peak by transform, at sixteen times the rate, without the ends."""
    return float(np.abs(np.fft.irfft(np.fft.rfft(sound), 16 * sound.size)[16000:-16000]).max() * 16)


def true_peak_by_transform(sound: np.ndarray) -> float:
    """Return the true peak by transform, at eight times the rate."""
    spectrum = np.fft.rfft(sound * np.hanning(sound.size))
    return float(np.abs(np.fft.irfft(spectrum, 8 * sound.size)).max() * 8)


def test_a_click_at_either_end_is_limited_too() -> None:
    sound = np.zeros(4096, np.float32)
    sound[[0, 4095]] = 3.0
    assert np.abs(limit(sound, CEILING)).max() <= CEILING * 1.0001


def test_what_is_under_the_ceiling_is_left_alone() -> None:
    quiet = speechlike(0, 0.1)
    assert np.array_equal(limit(quiet, CEILING), quiet)


def test_sound_far_from_a_peak_is_left_alone_and_near_it_turned_down_smoothly() -> None:
    sound = np.full(48128, 0.1, np.float32)
    sound[24000] = 1.0
    limited = limit(sound, CEILING)
    assert np.allclose(limited[:22000], 0.1)
    assert np.allclose(limited[26000:], 0.1)
    around = np.delete(limited, 24000)
    assert np.abs(np.diff(around)).max() < 0.0002


def test_a_peak_that_stands_out_far_is_cut_down_within_milliseconds_so_that_little_is_turned_down_for_it() -> None:
    sound = np.full(48128, 0.1, np.float32)
    sound[24000] = 3.0
    limited = limit(sound, CEILING)
    assert np.abs(limited).max() <= CEILING * 1.0001
    near = np.zeros(sound.size, bool)
    near[24000 - 11 * 32 : 24000 + 11 * 32] = True
    assert limited[~near].min() > 0.1 * 0.69  # 3 dB and a little
    assert np.abs(np.diff(np.where(near, 0.1 * 0.7, limited))[(~near)[1:] & (~near)[:-1]]).max() < 0.0002
