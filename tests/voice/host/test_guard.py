from pathlib import Path

import numpy as np
import pytest

from swarm.book.any_file import read_book
from swarm.book.speech.script import make_script
from swarm.voice.engine import Pcm
from swarm.voice.host.clip_check import CLIPS_BEFORE_JUDGING, ClipCheck, Measure, measure, weight
from swarm.voice.host.registry import choose_recipe, find_engine, recipe_card

RATE = 24_000
TEXTS = [
    "Yes.",
    "It was a bright cold day in April, and the clocks were striking thirteen.",
    "He came in 1984, on the 4th of May.",
    "Nobody knew why; nobody asked.",
    "The hallway smelt of boiled cabbage and old rag mats.",
    "Oh!",
    "At one end of it a coloured poster, too large for indoor display, had been tacked to the wall.",
    "“Who are you?” said the Caterpillar.",
    "This was not an encouraging opening for a conversation.",
    "Alice replied, rather shyly.",
]


def speech(length_s: float) -> Pcm:
    noise = np.random.default_rng(1).normal(0, 3000, round(length_s * RATE))
    return noise.astype(np.int16)


def usual_s(text: str) -> float:
    return weight(text) / 15


@pytest.fixture
def guard() -> ClipCheck:
    guard = ClipCheck()
    for number, text in enumerate(TEXTS):
        guard.learn(text, usual_s(text) * (0.9 + 0.02 * number))
    return guard


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("factor", [0.7, 1.0, 1.5])
def test_what_is_usual_for_the_voice_is_beyond_doubt(guard: ClipCheck, text: str, factor: float) -> None:
    assert guard.judge(text, Measure(usual_s(text) * factor)).doubt == ""


@pytest.mark.parametrize("text", [text for text in TEXTS if len(text) > 25])
@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_running_on_and_stopping_early_are_doubted(guard: ClipCheck, text: str, factor: float) -> None:
    assert "are usual" in guard.judge(text, Measure(usual_s(text) * factor)).doubt


def test_a_short_cry_may_take_its_time(guard: ClipCheck) -> None:
    assert guard.judge("Oh!", Measure(usual_s("Oh!") * 2)).doubt == ""
    assert guard.judge("Oh!", Measure(usual_s("Oh!") + 3)).doubt


def test_nothing_is_known_of_a_voice_at_first() -> None:
    guard = ClipCheck()
    for text in TEXTS[: CLIPS_BEFORE_JUDGING - 1]:
        assert guard.judge(text, Measure(50.0)).doubt == ""
        guard.learn(text, usual_s(text))
    assert guard.judge("Yes.", Measure(50.0)).doubt == ""
    guard.learn("Yes.", usual_s("Yes."))
    assert guard.judge("Yes.", Measure(50.0)).doubt


@pytest.mark.slow
def test_a_real_voice_in_a_real_book_is_beyond_doubt_and_what_goes_wrong_with_it_is_not(books: Path) -> None:
    recipe = choose_recipe("en", engine="espeak")
    voice, guard = find_engine("espeak").open(recipe, "cpu"), ClipCheck()
    doubted, caught, long = 0, 0, 0
    chapters = make_script(read_book(books / "yellow-wallpaper.epub"), recipe_card(recipe), "en")
    for text in [segment.spoken for chapter in chapters for segment in chapter.segments]:
        sound = voice.speak(text, 1)
        length_s = len(sound) / voice.sample_rate
        doubted += bool(guard.judge(text, measure(sound, voice.sample_rate, length_s)).doubt)
        if length_s > 4:
            long += 2
            caught += bool(guard.judge(text, Measure(length_s * 2.2)).doubt)
            caught += bool(guard.judge(text, Measure(length_s / 2.2)).doubt)
        guard.learn(text, length_s)
    assert doubted <= 2
    assert caught > 0.8 * long > 100


def test_a_voice_of_uneven_pace_is_doubted_later() -> None:
    guard = ClipCheck()
    for number, text in enumerate(TEXTS):
        guard.learn(text, usual_s(text) * (0.4 + 0.15 * number))
    assert guard.judge(TEXTS[1], Measure(usual_s(TEXTS[1]) * 2.2)).doubt == ""


def test_figures_follow_the_voice_when_its_first_clips_were_wrong(guard: ClipCheck) -> None:
    slow = 3 * usual_s(TEXTS[1])
    assert guard.judge(TEXTS[1], Measure(slow)).doubt
    for _ in range(60):
        guard.learn(TEXTS[1], slow)
    assert guard.judge(TEXTS[1], Measure(slow)).doubt == ""


def test_the_least_bad_of_several_is_known(guard: ClipCheck) -> None:
    text = TEXTS[1]
    takes = [Measure(usual_s(text) * factor) for factor in (9.0, 2.5, 0.1)]
    assert min(takes, key=lambda take: guard.judge(text, take).badness) is takes[1]


def test_silence_inside_is_measured_and_doubted_but_not_at_the_ends() -> None:
    silence = np.zeros(2 * RATE, np.int16)
    inside = measure(np.concatenate([speech(1), silence, speech(1)]), RATE, 4.0)
    assert inside.silence_s == pytest.approx(2.0, abs=0.05)
    assert "2.0 s of silence" in ClipCheck().judge("Yes.", inside).doubt
    assert measure(np.concatenate([silence, speech(1), silence]), RATE, 1.0).silence_s == 0


def test_clipping_is_measured_and_doubted() -> None:
    loud = np.clip(speech(1).astype(np.int32) * 10, -32768, 32767).astype(np.int16)
    assert "clipped" in ClipCheck().judge("Yes.", measure(loud, RATE, 1.0)).doubt
    assert ClipCheck().judge("Yes.", measure(speech(1), RATE, 1.0)).doubt == ""


@pytest.mark.parametrize("samples", [0, 1, 10])
def test_next_to_no_sound_can_be_measured(samples: int) -> None:
    assert measure(np.zeros(samples, np.int16), RATE, 0.0) == Measure(0.0, 0.0, 0.0)


def test_numbers_and_syllables_weigh_more_than_letters() -> None:
    assert weight("1984") > weight("abcd")
    assert weight("中文") > weight("ab")
