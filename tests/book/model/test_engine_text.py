from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from swarm.book.model.book import Saying
from swarm.book.model.engine_text import (
    Phonemes,
    change_unmarked,
    make_engine_text,
    mark,
    mark_language,
    mark_voice,
    read_engine_text,
    replace_brackets,
    split_at_phonemes,
    split_language,
    split_voice,
)
from swarm.book.page.spoken_mark import Marker
from swarm.job.spec import Recipe, clip_key


def test_a_word_with_its_phonemes_is_one_word_of_an_engine_text() -> None:
    text = f"The {mark('St. Louis', 'seɪnt ˈluɪs')}, {mark('N.', 'nɔrθ')}."
    assert text == "The ⟦St._Louis|seɪnt_ˈluɪs⟧, ⟦N.|nɔrθ⟧."
    assert change_unmarked(text, str.upper) == "THE ⟦St._Louis|seɪnt_ˈluɪs⟧, ⟦N.|nɔrθ⟧."


def test_what_is_spoken_and_its_phonemes_come_apart_and_together_again() -> None:
    text = "The ⟦St._Louis|seɪnt_ˈluɪs⟧, ⟦N.|nɔrθ⟧."
    spoken, phonemes = read_engine_text(text)
    assert spoken == "The St. Louis, N.."
    assert phonemes == (Phonemes(4, 13, "seɪnt ˈluɪs"), Phonemes(15, 17, "nɔrθ"))
    assert list(split_at_phonemes(spoken, phonemes)) == [
        ("The ", ""), ("St. Louis", "seɪnt ˈluɪs"), (", ", ""), ("N.", "nɔrθ"), (".", ""),
    ]  # fmt: skip
    assert make_engine_text(spoken, phonemes) == text


WORDS = st.text(st.sampled_from("ab_ .é漢"), max_size=6)
SOUNDS = st.text(st.sampled_from("ɛə ˈ"), max_size=6)


@given(st.lists(st.one_of(WORDS, st.tuples(WORDS, SOUNDS).map(lambda pair: mark(*pair)))))
def test_an_engine_text_stays_the_same_through_both_functions(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert make_engine_text(*read_engine_text(text)) == text


@given(st.text(st.sampled_from("ab⟦|⟧_ ")))
def test_signs_that_are_no_mark_stay_as_they_are(text: str) -> None:
    assert make_engine_text(*read_engine_text(text.replace("|", ""))) == text.replace("|", "")


def test_what_cannot_be_a_words_phonemes_is_not() -> None:
    for written, phonemes in [("a|b", "e"), ("a⟧", "e"), ("a", "e|⟧"), ("a", ""), ("a", "e" * 200), ("a" * 99, "e")]:
        assert mark(written, phonemes) == written


def test_the_signs_of_a_mark_mean_nothing_in_a_book() -> None:
    assert replace_brackets("a ⟦b|c⟧") == "a [b|c]"
    assert Marker((Saying("b", 0, "biː"),)).mark("a ⟦b|c⟧") == "a [⟦b|biː⟧|c]"


def test_no_other_code_knows_the_signs_of_a_mark() -> None:
    sources = Path(__file__).resolve().parents[3] / "swarm"
    knowing = {path.relative_to(sources).as_posix() for path in sources.rglob("*.py") if "⟦" in path.read_text("utf-8")}
    assert knowing == {"book/model/engine_text.py"}


def test_a_language_is_told_before_the_words_and_is_none_of_them() -> None:
    text = mark_language("Il a ⟦lu|ly⟧.", "fr")
    assert split_language(text) == ("fr", "Il a ⟦lu|ly⟧.")
    assert split_language("She read it.") == ("", "She read it.")
    assert read_engine_text(text) == read_engine_text("Il a ⟦lu|ly⟧.")


def test_a_voice_of_its_own_comes_first_and_is_never_spoken() -> None:
    text = mark_voice(mark_language("Guten ⟦Tag|taːk⟧.", "de"), "anna:0.6+bert:0.4")
    assert text == "⟦|@anna:0.6+bert:0.4⟧⟦|=de⟧Guten ⟦Tag|taːk⟧."
    voice, rest = split_voice(text)
    assert voice == "anna:0.6+bert:0.4"
    assert split_language(rest) == ("de", "Guten ⟦Tag|taːk⟧.")
    assert read_engine_text(text)[0] == "Guten Tag."
    assert split_voice("She ⟦read|rɛd⟧ it.") == ("", "She ⟦read|rɛd⟧ it.")
    assert split_voice(replace_brackets("⟦|@evil⟧Text.")) == ("", "[|@evil]Text.")


def test_keys_of_clips_never_change() -> None:
    recipe = Recipe("metronome", "tick", "en", "m", (("a", 1), ("b", 0.5)))
    assert clip_key("A text.", recipe, 3) == "3345eef8f08bc44a424cd09499f25a67"
    assert clip_key(mark_voice("A text.", "tock"), recipe, 3) != "3345eef8f08bc44a424cd09499f25a67"
