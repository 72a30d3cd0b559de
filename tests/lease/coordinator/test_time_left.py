import random
from collections.abc import Iterator
from math import exp, sqrt

import pytest
from shared_cores import SOUND_S, Run

from swarm.lease.coordinator.time_left import IDLE, EncoderUse, EncodingPace, SpeechPace
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
            speed.add_clip(characters, 0.0, chance.uniform(0.8, 1.0))  # the rest of the second it waited
            spoken += characters
        paces = {number: speed.chars_s or 0.0 for number, speed in enumerate(speeds)}
        pace.observe(float(len(said)), spoken, max(0, total - spoken), paces)
        said.append(max(0, total - spoken) / (sum(paces.values()) * pace.share))
    for second, left_s in enumerate(said[:-2]):
        if second > len(said) / 10:
            yield left_s, float(len(said) - 1 - second)


def test_the_time_left_is_true_by_half_in_nine_of_ten_moments() -> None:
    for length_s, swings_s, spread in [(300, 30.0, 0.25), (1200, 20.0, 0.3), (3600, 60.0, 0.3), (3600, 20.0, 0.5)]:
        judged = [
            1 / 1.5 <= said / true <= 1.5
            for seed in range(5)
            for said, true in said_and_true(seed, length_s, swings_s, spread)
        ]
        assert sum(judged) >= 0.9 * len(judged), length_s


def judged(run: Run, seed: int) -> Iterator[bool]:
    """Yield whether the time left was true by half, for each moment after the first tenth of a run."""
    speech, encoding, seen = SpeechPace(), EncodingPace(), list(run.moments(seed))
    end_s, said = seen[-1].now, list[tuple[float, float]]()
    for moment in seen[:-1]:
        now, sound_s = moment.now, SOUND_S * (1 - moment.encoded)
        speech.observe(now, moment.spoken, moment.left, moment.paces)
        encoding.observe(now, moment.use, sound_s, moment.taken if moment.left else None)
        if not moment.left:
            said.append((now, encoding.left_s(sound_s, now)))
        elif moment.paces:
            speaking_s = moment.left / (sum(moment.paces.values()) * speech.share)
            said.append((now, speaking_s + encoding.tail_s(sound_s, speaking_s)))
    yield from (1 / 1.5 <= left_s / (end_s - now) <= 1.5 for now, left_s in said if now > end_s / 10)


FAST = (1500.0, 1500.0)  # characters a second of each slot: encoding takes as long as speech
SIMULATED = {
    "a fast engine": Run(140_000, FAST, 60.0),
    "a fast engine, a short book": Run(40_000, FAST, 20.0),
    "a fast engine on a busy machine": Run(140_000, FAST, 60.0, lambda now: 2),
    "a fast engine on a machine that is busy now and then": Run(140_000, FAST, 60.0, lambda now: int(now / 15) % 3),
    "a fast engine in a crowd": Run(140_000, FAST, 60.0, lambda now: 8),
    "a fast engine of one slot": Run(100_000, FAST[:1], 60.0, lambda now: 2),
    "a load that begins": Run(140_000, FAST, 60.0, lambda now: now > 40),
    "a load that ends": Run(140_000, FAST, 60.0, lambda now: now < 50),
    "a slow engine": Run(30_000, (100.0, 100.0), 10.0, lambda now: 1),
    "a slow engine on an idle machine": Run(40_000, (200.0,), 13.0),
    "unequal workers": Run(90_000, (300.0, 150.0, 70.0), 20.0, elsewhere=True),
    "workers faster than encoding": Run(200_000, (2000.0,) * 3, 80.0, lambda now: 2, elsewhere=True),
    "a worker that joins": Run(60_000, (300.0, 150.0), 15.0, elsewhere=True, joins=[(60.0, 150.0)]),
    "a worker that leaves": Run(60_000, (300.0, 150.0), 15.0, elsewhere=True, leaves={1: 70.0}),
}


def test_the_time_left_is_true_by_half_while_encoding_shares_the_cores() -> None:
    told = {kind: list(judged(run, seed=0)) for kind, run in SIMULATED.items()}
    shares = {kind: sum(true) / len(true) for kind, true in told.items()}
    assert sum(shares.values()) >= 0.9 * len(shares), shares
    assert min(shares.values()) >= 0.75, shares


def working(seconds: int, sound_s: float = 40.0, taken: float = 0.0) -> EncodingPace:
    """Return the pace of two encoders of which each takes ten seconds for a piece of so much sound."""
    pace = EncodingPace()
    for second in range(seconds + 1):
        pieces = 2 * (second // 10)
        pace.observe(float(second), EncoderUse(2, pieces, pieces * sound_s, 10.0 * pieces), 1000.0, taken)
    return pace


def test_encoding_that_keeps_up_adds_its_last_piece() -> None:
    assert working(100).tail_s(400.0, 100.0) == pytest.approx(10)
    assert EncodingPace().tail_s(400.0, 100.0) == EncodingPace().left_s(400.0, 10.0) == 0


def test_encoding_that_is_behind_adds_what_it_does_not_get_done_meanwhile() -> None:
    assert working(100).tail_s(2400.0, 12.0) == pytest.approx(300 - 12)
    assert working(100).tail_s(2400.0, 400.0) == pytest.approx(10)


def test_the_pace_is_known_from_the_first_piece_however_long_it_waited_for_speech() -> None:
    pace = EncodingPace()
    pace.observe(600.0, EncoderUse(2, 1, 120.0, 10.0), 2400.0, 0.0)
    assert pace.tail_s(2400.0, 0.0) == pytest.approx(100)


def test_encoding_gets_faster_by_the_cores_that_speaking_leaves_to_it() -> None:
    pace = working(100, taken=2 / 3)
    assert pace.tail_s(2400.0, 12.0) == pytest.approx((300 - 12) / 3)
    assert pace.tail_s(2400.0, 12.0, gets_faster=False) == pytest.approx(300 - 12)  # another book is spoken
    pace.observe(100.0, pace.use, 2400.0, None)
    assert pace.left_s(2400.0, 100.0) == pytest.approx(300 / 3)
    pace.observe(100.0, pace.use, 2400.0, 1 / 2)  # another book comes
    assert pace.tail_s(2400.0, 12.0, gets_faster=False) == pytest.approx(300 - 12)


def test_what_encoding_does_alone_soon_outweighs_the_guess() -> None:
    pace = working(100, taken=2 / 3)
    for second in range(101, 141):  # it gets no faster
        pieces = 2 * (second // 10)
        pace.observe(float(second), EncoderUse(2, pieces, 40.0 * pieces, 10.0 * pieces), 2400.0, None)
    assert pace.left_s(2400.0, 140.0) == pytest.approx(300, rel=0.35)


def test_the_last_piece_takes_one_encoder_its_usual_time() -> None:
    assert working(100).left_s(1.0, 104.0) == pytest.approx(10 - 4)
    assert working(100).left_s(0.0, 104.0) == 0


def test_a_pace_outlasts_a_while_without_books() -> None:
    pace = working(10_000)  # hours of work
    before = pace.tail_s(2400.0, 0.0)
    pace.observe(10_001.0, IDLE, 0.0, None)  # a queue that is empty names no encoders
    pace.observe(10_002.0, IDLE, 0.0, None)
    pace.observe(10_003.0, EncoderUse(2, 2000, 80_000.0, 20_000.0), 2400.0, 0.0)
    assert pace.tail_s(2400.0, 0.0) == pytest.approx(before)


def test_a_pace_is_kept_however_often_speaking_begins_and_ends() -> None:
    pace = working(100, taken=0.9)  # three quarters of it are believed
    before = pace.tail_s(2400.0, 0.0, gets_faster=False)
    for second in range(100, 300):
        pace.observe(float(second), pace.use, 2400.0, None if second % 2 else 0.9)
        pace.observe(float(second), IDLE, 0.0, None)
    pace.observe(300.0, pace.use, 2400.0, 0.9)
    assert pace.tail_s(2400.0, 0.0, gets_faster=False) == pytest.approx(before)
