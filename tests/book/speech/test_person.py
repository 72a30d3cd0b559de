"""Persons: which names are one person's, and whether that is a man or a woman."""

import pytest

from swarm.book.speech.dialogue import find_dialogue
from swarm.book.speech.person import NOBODY, Person, Persons, find_mentions, find_persons, is_titled, key_of


def persons(*names: str, text: str = "") -> list[list[str]]:
    """Return the names of each person, for names that stand beside a quotation each."""
    return sorted(sorted(each.names) for each in find_persons([text], names, "en").all)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("Utterson", "Mr. Utterson"), [["Mr. Utterson", "Utterson"]]),
        (("Holmes", "Mr. Sherlock Holmes", "Watson"), [["Holmes", "Mr. Sherlock Holmes"], ["Watson"]]),
        (("the Cat", "the Cheshire Cat"), [["the Cat", "the Cheshire Cat"]]),
        (("Mr. Bennet", "Mrs. Bennet"), [["Mr. Bennet"], ["Mrs. Bennet"]]),
        (("Hall", "Mr. Hall", "Mrs. Hall"), [["Hall", "Mr. Hall"], ["Mrs. Hall"]]),
        (("Mrs. Welland", "May Welland", "May"), [["May", "May Welland"], ["Mrs. Welland"]]),
        (("Miss Elizabeth", "Elizabeth"), [["Elizabeth", "Miss Elizabeth"]]),
        (("Miss Quested", "Adela", "Adela Quested"), [["Adela", "Adela Quested", "Miss Quested"]]),
        (
            ("Miss Lucas", "Charlotte Lucas", "Maria Lucas"),
            [["Charlotte Lucas"], ["Maria Lucas"], ["Miss Lucas"]],
        ),
        (("Madame Olenska", "Ellen Olenska"), [["Ellen Olenska", "Madame Olenska"]]),
        (("Mr. van der Luyden", "Mrs. van der Luyden"), [["Mr. van der Luyden"], ["Mrs. van der Luyden"]]),
        (("the man", "the old man"), [["the man"], ["the old man"]]),
        (("Noah", "the sleepy Noah", "Noah"), [["Noah"]]),
    ],
)
def test_names_of_one_person_are_one(names: tuple[str, ...], found: list[list[str]]) -> None:
    her = "Elizabeth rose, for she was tired. Elizabeth sat, and she slept. Elizabeth woke, and she rose."
    assert persons(*names, text=her if "Elizabeth" in names else "") == sorted(found)


@pytest.mark.parametrize(
    ("language", "titled", "bare"),
    [
        ("fr", "le capitaine Nemo", "capitaine Nemo"),
        ("fr", "la comtesse Sarah", "comtesse Sarah"),
        ("es", "el capitán Alatriste", "capitán Alatriste"),
        ("es", "el señor Quijano", "Quijano"),
        ("it", "il signor Rossi", "signor Rossi"),
        ("it", "il dottor Balanzone", "Balanzone"),
        ("pt", "o capitão Rodrigo", "capitão Rodrigo"),
        ("pt", "a dona Glória", "dona Glória"),
        ("de", "der Kapitän Nemo", "Kapitän Nemo"),
        ("de", "die Gräfin Orsina", "Gräfin Orsina"),
        ("en", "the Captain Nemo", "Captain Nemo"),
    ],
)
def test_an_article_before_a_title_makes_no_other_person(language: str, titled: str, bare: str) -> None:
    found = find_persons([""], [titled, bare, bare], language).all
    assert [(sorted(each.names), each.common) for each in found] == [(sorted((titled, bare)), False)]
    [mention] = find_mentions(f"; {titled}.", language)
    assert mention.name.endswith(bare.split()[-1])


@pytest.mark.parametrize(
    ("language", "name", "gender"),
    [
        ("fr", "la comtesse Sarah", "f"),
        ("es", "el señor Quijano", "m"),
        ("it", "la signora Rossi", "f"),
        ("pt", "a dona Glória", "f"),
        ("de", "der Graf Orsini", "m"),
        ("fr", "le vieux capitaine", "m"),
    ],
)
def test_an_article_before_a_title_hides_no_gender(language: str, name: str, gender: str) -> None:
    [found] = find_persons([""], [name], language).all
    assert (found.gender, found.common) == (gender, name.islower())


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("Robin sighed, since he was tired. Robin rose, and he left.", "m"),
        ("Robin sighed, since she was tired. Robin took her hat.", "f"),
        ("Robin sighed. Robin rose.", ""),
        ("Robin rose, and he left. Robin sat, and she slept.", ""),
    ],
)
def test_pronouns_after_a_name_tell_a_man_from_a_woman(text: str, gender: str) -> None:
    found = find_persons([text], ["Robin"], "en")
    assert found.all[0].gender == gender


@pytest.mark.parametrize(
    ("name", "gender"), [("Mr. Vane", "m"), ("Lady Vane", "f"), ("Dr. Vane", ""), ("the girl", "f")]
)
def test_titles_and_nouns_tell_a_man_from_a_woman(name: str, gender: str) -> None:
    assert find_persons([""], [name], "en").all[0].gender == gender


@pytest.mark.parametrize(("language", "text"), [("en", "He sighed. Then he went."), ("de", "Er ging. Dann ging er.")])
def test_a_pronoun_with_a_capital_is_no_name(language: str, text: str) -> None:
    first, *_ = find_mentions(text, language)
    assert (first.key, first.gender, first.subject, first.is_pronoun) == ("", "m", True, True)


@pytest.mark.parametrize(("word", "is_his"), [("doctor", True), ("captain", False)])
def test_a_title_is_known_by_its_short_form_too(word: str, is_his: bool) -> None:
    assert is_titled(Person(("Dr. Losberne", "Losberne")), word) is is_his


def test_a_word_that_begins_sentences_is_no_name() -> None:
    text = (
        "Presently Ann rose. Then Ann sat. Presently it rained, and presently, and presently, and presently it ended."
    )
    chapter = [text, "“No,” said Ann.", "They saw Ann and Paris. It was in Paris. They went to Paris."]
    assert [each.names for each in find_dialogue([chapter], "en").persons.all] == [("Ann",)]


def test_a_name_is_found_with_more_words_before_it() -> None:
    known = Persons([Person(("Mr. Hall", "Hall"))])
    assert [known.find(key_of(name)) for name in ("Hall’s", "poor Hall", "Mr. Hall.", "Vane", "")] == [
        0,
        0,
        0,
        NOBODY,
        NOBODY,
    ]
    assert known.names_of("Hall") == ("Mr. Hall", "Hall")
    assert known.names_of("Vane") == ("Vane",)


def test_a_first_name_that_is_known_tells_the_gender_and_a_name_may_have_small_words_in_it() -> None:
    found = find_persons(["Ronny and Adela sat with Zuleika."], ["Ronny", "Adela", "Zuleika"], "en").all
    assert {each.name: each.gender for each in found} == {"Ronny": "m", "Adela": "f", "Zuleika": ""}
    [mention] = find_mentions("Mr. van der Luyden rose.", "en")
    assert (mention.name, mention.gender, mention.subject) == ("Mr. van der Luyden", "m", True)
