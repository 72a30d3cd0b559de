import random
from collections.abc import Iterator
from math import exp, sqrt

import pytest

from swarm.lease.coordinator.time_left import EncodingPace, SpeechPace
from swarm.lease.scheduling import Speed

LEFT = 1_000_000


def test_slots_that_keep_their_speeds_are_believed() -> None:
    pace = SpeechPace()
    for second in range(200):
        pace.observe(float(second), 100 * second, LEFT, {"a": 100.0})
    assert pace.share == pytest.approx(1, abs=0.01)


def test_slots_that_reach_half_of_their_speeds_are_corrected_after_a_minute() -> None:
    pace = SpeechPace()
    for second in range(61):
        pace.observe(float(second), 50 * second, LEFT, {"a": 100.0})
    assert pace.share == pytest.approx(0.55, abs=0.05)


def test_a_machine_that_gets_busy_or_idle_again_is_followed_within_the_time_that_is_left() -> None:
    pace, spoken = SpeechPace(), 0
    for second in range(1000):
        pace.observe(float(second), spoken, 100 * 90, {"a": 100.0})
        spoken += 30 if 400 <= second < 700 else 100
        if second == 699:
            assert pace.share < 0.45
    assert pace.share > 0.85


def test_a_slot_that_comes_or_leaves_counts_at_once() -> None:
    pace, spoken = SpeechPace(), 0
    for second in range(300):
        both = {"a": 100.0, "b": 300.0}
        pace.observe(float(second), spoken, LEFT, both)
        spoken += 400
    pace.observe(300.0, spoken, LEFT, {"a": 100.0})
    assert 100.0 * pace.share == pytest.approx(100, rel=0.02)
    pace.observe(301.0, spoken + 100, LEFT, both)
    assert 400.0 * pace.share == pytest.approx(400, rel=0.02)


def test_a_clip_that_took_long_tells_little_of_the_hours_to_come() -> None:
    pace = SpeechPace()
    for second in range(600):
        pace.observe(float(second), 100 * second, LEFT, {"a": 100.0})
    pace.observe(600.0, 60_000, LEFT, {"a": 25.0})
    assert 25.0 * pace.share == pytest.approx(100, rel=0.05)


def test_nothing_is_concluded_before_a_speed_is_known_or_from_a_single_moment() -> None:
    pace = SpeechPace()
    assert pace.share == 1
    pace.observe(0.0, 0, LEFT, {})
    pace.observe(30.0, 500, LEFT, {"a": 0.0})
    pace.observe(30.0, 500, LEFT, {"a": 100.0})
    assert pace.share == 1


def said_and_true(seed: int, length_s: int, swings_s: float, spread: float) -> Iterator[tuple[float, float]]:
    """Yield the seconds that are said to be left and those that are, of a run on a machine with a changing load.

    Two slots speak; the logarithm of their speed swings at random by `spread`, within about `swings_s`.
    """
    chance, keep = random.Random(seed), exp(-1 / swings_s)
    pace, speeds, total, spoken = SpeechPace(), [Speed(), Speed()], 1200 * length_s, 0
    load, said = chance.gauss(0, spread), list[float]()
    while spoken < total:
        load = keep * load + sqrt(1 - keep * keep) * chance.gauss(0, spread)
        for speed in speeds:
            characters = round(600 * exp(load) * chance.uniform(0.7, 1.3))
            speed.add(characters, 0.0, chance.uniform(0.8, 1.0))  # the rest of the second it waited
            spoken += characters
        paces = {number: speed.chars_s or 0.0 for number, speed in enumerate(speeds)}
        pace.observe(float(len(said)), spoken, max(0, total - spoken), paces)
        said.append(max(0, total - spoken) / (sum(paces.values()) * pace.share))
    for second, left_s in enumerate(said[:-2]):
        if second > len(said) / 10:
            yield left_s, float(len(said) - 1 - second)


@pytest.mark.parametrize(
    ("length_s", "swings_s", "spread"), [(300, 30.0, 0.25), (1200, 20.0, 0.3), (3600, 60.0, 0.3), (3600, 20.0, 0.5)]
)
def test_the_time_left_is_true_by_half_in_nine_of_ten_moments(length_s: int, swings_s: float, spread: float) -> None:
    judged = [
        1 / 1.5 <= said / true <= 1.5
        for seed in range(5)
        for said, true in said_and_true(seed, length_s, swings_s, spread)
    ]
    assert sum(judged) >= 0.9 * len(judged)


def test_encoding_that_keeps_up_sets_no_pace() -> None:
    pace = EncodingPace()
    for second in range(100):
        pace.observe(float(second), second // 10 / 20)
    assert pace.left_s(100.0, 0.5) == 0


def test_encoding_that_lags_behind_sets_the_pace_by_its_own_speed() -> None:
    pace = EncodingPace()
    for second in range(101):
        pace.observe(float(second), second // 10 / 40)
    assert pace.left_s(100.0, 0.9) == pytest.approx(300, rel=0.05)
    assert pace.left_s(105.0, 0.9) == pytest.approx(295, rel=0.05)


def test_what_is_left_to_encode_counts_after_the_last_sentence_however_little() -> None:
    pace = EncodingPace()
    for second in range(96):
        pace.observe(float(second), second // 5 / 20)
    assert pace.left_s(95.0, 1.0) == pytest.approx(5, rel=0.1)
    assert EncodingPace().left_s(10.0, 1.0) == 0


def test_the_first_reel_tells_nothing_since_it_waited_for_speech() -> None:
    pace = EncodingPace()
    for now, share in ((60.0, 0.05), (61.0, 0.1)):
        pace.observe(now, share)
        assert pace.left_s(now, 1.0) == 0
    pace.observe(62.0, 0.15)
    assert pace.left_s(62.0, 1.0) == pytest.approx(17, rel=0.01)


def test_a_share_that_falls_is_believed() -> None:
    pace = EncodingPace()
    for second, share in enumerate((1.0, 0.0, 0.1, 0.2, 0.3)):
        pace.observe(float(second), share)
    assert pace.share == 0.3
    assert pace.left_s(4.0, 1.0) == pytest.approx(7, rel=0.01)


def test_what_encoding_lags_behind_speech_comes_after_the_last_sentence() -> None:
    pace = EncodingPace()
    for second in range(101):
        pace.observe(float(second), second // 10 / 20)
    assert pace.tail_s(0.51, 104.0) == pytest.approx(2, rel=0.1)
    assert pace.tail_s(0.9, 20.0) == pytest.approx(1)
    assert pace.tail_s(0.9, 10_000.0) == 3  # then speech leaves the cores to encoding
    assert pace.tail_s(0.0, 0.0) == EncodingPace().tail_s(0.0, 9.0) == 0
