"""Two sounds of one sentence, and of two."""

import numpy as np
import pytest

from swarm.audiobook.sound.clip import MAX_UNLIKENESS_DB, Pcm, is_alike, unlikeness_db
from swarm.voice.metronome.engine import babble

RATE = 24_000
SOUND = babble(1_000, 2 * RATE)


def stretched(pcm: Pcm, factor: float) -> Pcm:
    """Return a sound with its parts longer, by repeating or leaving out 20 ms in turns."""
    parts = np.array_split(pcm, pcm.size // (RATE // 50))
    chosen = (np.arange(round(len(parts) * factor)) / factor).astype(int)
    return np.concatenate([parts[each] for each in np.minimum(chosen, len(parts) - 1)])


def test_a_sound_is_like_itself_at_another_level_and_a_little_slower() -> None:
    assert unlikeness_db(SOUND, SOUND, RATE) < 0.01
    assert unlikeness_db(SOUND, SOUND // 2, RATE) < 1
    assert is_alike(SOUND, stretched(SOUND, 1.05), RATE)
    assert is_alike(stretched(SOUND, 0.95), SOUND, RATE)


@pytest.mark.parametrize(
    "other",
    [
        np.zeros_like(SOUND),
        np.random.default_rng(1).integers(-8000, 8000, SOUND.size).astype(np.int16),
        babble(70_000, SOUND.size),
        SOUND[: SOUND.size * 3 // 4],
        SOUND[:0],
    ],
    ids=["silence", "noise", "other syllables", "much shorter", "nothing"],
)
def test_another_sound_is_unlike_it(other: Pcm) -> None:
    assert not is_alike(SOUND, other, RATE)
    assert not is_alike(other, SOUND, RATE)


def test_a_sound_of_minutes_is_compared_more_coarsely() -> None:
    long = babble(1_000, 120 * RATE)
    assert is_alike(long, long, RATE)
    assert not is_alike(long, np.random.default_rng(1).integers(-8000, 8000, long.size).astype(np.int16), RATE)


def test_silence_is_like_silence_and_the_distance_is_the_same_both_ways() -> None:
    assert unlikeness_db(SOUND * 0, SOUND[:RATE] * 0, RATE) == 0
    other = babble(70_000, RATE)
    assert unlikeness_db(SOUND, other, RATE) == pytest.approx(unlikeness_db(other, SOUND, RATE))
    assert unlikeness_db(SOUND, other, RATE) > MAX_UNLIKENESS_DB
