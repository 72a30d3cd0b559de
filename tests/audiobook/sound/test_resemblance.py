"""Two sounds of one sentence, and of two."""

import numpy as np

from swarm.audiobook.sound.clip import LEAST_RESEMBLANCE, Pcm, resemblance

RATE = 24_000


def syllables(*lengths_s: float) -> Pcm:
    """Return tones with silences between them."""
    parts = [np.sin(np.arange(round(length_s * RATE)) / 20) * 8000 for length_s in lengths_s]
    rest = np.zeros(RATE // 10)
    return np.concatenate([part for each in parts for part in (each, rest)]).astype(np.int16)


def test_the_same_rhythm_is_alike_at_another_level_and_a_little_slower() -> None:
    one = syllables(0.2, 0.5, 0.1, 0.3)
    assert resemblance(one, one, RATE) > 0.999
    assert resemblance(one, one // 2, RATE) > 0.999
    assert resemblance(one, syllables(0.22, 0.53, 0.1, 0.33), RATE) > LEAST_RESEMBLANCE


def test_another_rhythm_length_or_noise_is_not() -> None:
    one = syllables(0.2, 0.5, 0.1, 0.3)
    noise = np.random.default_rng(1).integers(-8000, 8000, one.size, dtype=np.int16)
    assert resemblance(one, syllables(0.4, 0.1, 0.35, 0.25), RATE) < LEAST_RESEMBLANCE
    assert resemblance(one, syllables(0.2, 0.5, 0.1, 0.3, 0.5), RATE) == 0
    assert resemblance(one, noise, RATE) == 0
    assert resemblance(one, one[:0], RATE) == 0


def test_an_even_tone_is_like_another_one() -> None:
    assert resemblance(syllables(1.0)[:RATE], syllables(1.1)[:RATE], RATE) == 1
    assert resemblance(np.zeros(RATE, np.int16), syllables(0.3, 0.2, 0.1), RATE) == 0
