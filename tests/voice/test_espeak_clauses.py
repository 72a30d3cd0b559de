from swarm.book.model.engine_text import Phonemes
from swarm.voice.espeak.clauses import TIE, Spoken, cut, sounds_of, word_places

FRENCH, GERMAN, HINDI = "roa/fr", "gmw/de", "inc/hi"


def said(identifier: str, text: str, *phonemes: Phonemes, tie: str = "") -> list[str]:
    return [sound.ipa for sound in sounds_of(identifier, text, phonemes, tie)]


def test_a_text_is_divided_into_words_and_the_marks_between_them() -> None:
    assert said(FRENCH, "« Où ? » dit-il.") == ["«", "ˈu", "?", "»", "dˈitˈil", "."]
    assert said(HINDI, "यह।")[-1] == "।"


def test_marks_inside_numbers_are_left_to_espeak() -> None:
    assert len(said(GERMAN, "3,14 und 10:30")) == 1
    assert said(GERMAN, "Ende...")[1:] == [".", ".", "."]


def test_sounds_of_two_letters_can_be_tied() -> None:
    assert "t^s" in said(GERMAN, "zwei", tie=TIE)[0]
    assert "ts" in said(GERMAN, "zwei")[0]


def test_no_sign_of_another_language_is_left_in_a_foreign_word() -> None:
    for tie in ("", TIE):
        (words,) = said(FRENCH, "un weekend", tie=tie)
        assert "(" not in words
        assert "iː" in words


def test_given_phonemes_take_the_place_of_a_word() -> None:
    (first, word, last) = sounds_of(GERMAN, "Die Ahab sinkt", [Phonemes(4, 8, "ˈeɪhæb")])
    assert (word.ipa, word.start, word.end, word.mark) == ("ˈeɪhæb", 4, 8, False)
    assert (first.start, first.end, last.start, last.end) == (0, 4, 8, 14)


def test_text_without_words_has_no_ipa() -> None:
    assert sounds_of(GERMAN, " \n ") == []
    assert [sound.mark for sound in sounds_of(GERMAN, "— ☃ !")] == [True, True, True]


def test_long_letters_are_cut_at_clauses_and_none_is_lost() -> None:
    text = ("wˈɜɹd " * 30 + "lˈæst, ") * 20
    pieces = cut(text.strip(), 500)
    assert " ".join(pieces) == text.strip()
    assert all(len(piece) <= 500 for piece in pieces)
    assert all(piece.endswith(",") for piece in pieces)
    assert [len(piece) for piece in cut("a" * 1200, 500)] == [500, 500, 200]
    assert cut("", 500) == []


def places(text: str, letters: str) -> list[tuple[str, str]]:
    found = word_places(text, [Spoken(letters, 0, 0, len(text), False)])
    return [(text[word:].split()[0], letters[at:].split()[0]) for word, at in found]


def test_as_many_words_as_are_spoken_are_paired() -> None:
    assert places("Un bon vin.", "ˈœ̃ bˈɔ̃ vˈɛ̃.") == [("Un", "ˈœ̃"), ("bon", "bˈɔ̃"), ("vin.", "vˈɛ̃.")]
    assert places("“Yes” — no", "“jˈɛs” — nˈO") == [("“Yes”", "“jˈɛs”"), ("no", "nˈO")]


def test_where_the_counts_differ_each_clause_is_paired_for_itself() -> None:
    text, letters = "In 1848, he came.", "ɪn A B C, hi kˈAm."
    assert places(text, letters) == [("In", "ɪn"), ("he", "hi"), ("came.", "kˈAm.")]


def test_where_nothing_else_is_sure_the_first_word_is() -> None:
    assert places("In 1848 he came", "ɪn A B C hi kˈAm") == [("In", "ɪn")]
    assert places("…", "…") == places("", "") == []


def test_places_count_from_the_beginning_of_the_whole_text() -> None:
    spoken = [Spoken("kˈe", 0, 1, 4, False), Spoken("?", 3, 4, 5, True), Spoken("nˈo", 5, 5, 8, False)]
    assert word_places("¿Qué? No", spoken) == [(1, 0), (6, 5)]
