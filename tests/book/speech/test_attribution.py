"""Speakers by what a paragraph is about, by other quotations of it, and by turns."""

import pytest

from swarm.book.speech.dialogue import SURE, find_dialogue, find_utterances
from swarm.book.speech.person import OFTEN
from swarm.book.speech.quotation import find_speaker


def speakers(*texts: str, language: str = "en") -> list[tuple[str, str]]:
    return [(each.speaker, each.grounds) for found in find_utterances(texts, language) for each in found]


def test_a_paragraph_has_one_speaker_and_two_take_turns() -> None:
    texts = (
        "“You see,” said Holmes. “It is simple.”",
        "“Indeed?” asked Watson.",
        "“Quite.”",
        "“Ah.”",
    )
    assert speakers(*texts) == [
        ("Holmes", "named"),
        ("Holmes", "named"),
        ("Watson", "named"),
        ("Holmes", "in turn"),
        ("Watson", "in turn"),
    ]


@pytest.mark.parametrize(
    ("beside", "name"),
    [
        ("cried the Reverend Mr. Wilson, sternly.", "the Reverend Mr. Wilson"),
        ("said Rev. Mr. Wilson.", "Rev. Mr. Wilson"),
        ("said the good Dr. Wilson softly.", "the good Dr. Wilson"),
        ("said Capt. Wilson.", "Capt. Wilson"),
        ("said the Captain. He rose.", "the Captain"),
    ],
)
def test_a_name_behind_several_titles_is_read_to_its_end(beside: str, name: str) -> None:
    assert find_speaker("", f" {beside}", "en") == name


@pytest.mark.parametrize(
    ("text", "name", "grounds"),
    [
        ("Alice had been looking over his shoulder. “What a watch!” she remarked.", "Alice", "pronoun"),
        ("It was late; but poor Alice, who was tired, thought of home: “No.”", "Alice", "named"),
        ("The Hatter looked at Alice. “No,” he said.", "the Hatter", "pronoun"),
    ],
)
def test_a_paragraph_is_about_the_one_who_speaks_in_it(text: str, name: str, grounds: str) -> None:
    others = (
        "“Yes,” said Alice. Alice sighed, for she was tired. Alice rose, and she smiled.",
        "“Yes,” said the Hatter. The Hatter bowed, and he sat down. The Hatter yawned, since he was tired.",
        "It rained.",
    )
    assert speakers(*others, text)[2:] == [(name, grounds)]


def test_a_doubtful_speaker_stays_open_with_the_gender_that_a_word_beside_tells() -> None:
    texts = ("“Yes,” said Ann.", "“Yes,” said Mary.", "It rained.", "A door was opened.", "“No,” he said.", "“No!”")
    found = [each for spoken in find_utterances(texts, "en") for each in spoken]
    assert [(each.speaker, each.gender) for each in found[2:]] == [("", "m"), ("", "")]


def test_a_probability_stands_beside_each_speaker() -> None:
    sure, likely = (
        each for spoken in find_utterances(("“Yes,” said Ann.", "Ann sat down. “No.”"), "en") for each in spoken
    )
    assert (sure.speaker, likely.speaker) == ("Ann", "Ann")
    assert SURE <= likely.probability < sure.probability <= 1


def test_the_persons_of_the_whole_book_count_in_each_chapter() -> None:
    first = ["“Yes,” said Mr. Darcy.", "Mr. Darcy sat down. Darcy rose.", "“No,” said Darcy."]
    second = ["Darcy smiled. “No.”"]
    assert [each.speaker for each in find_dialogue([first, second], "en").utterances] == ["Darcy"] * 3
    assert [each.speaker for spoken in find_utterances(["Darcy smiled. “No.”"], "en") for each in spoken] == [""]


def test_a_speech_of_several_paragraphs_is_its_speakers_to_the_end() -> None:
    texts = (
        "“It began in May,” said Ann.",
        "“Oh!” said Bob.",
        "“It rained,” said Ann. “Then,",
        "“it snowed.",
        "“And I left.”",
    )
    assert [name for name, _ in speakers(*texts)] == ["Ann", "Bob", "Ann", "Ann", "Ann", "Ann"]


def test_another_speaker_between_two_quotations_is_heard() -> None:
    text = "“I know,” the Turtle replied. And the Gryphon added, “Come.” At last the Turtle cried out: “Go!”"
    assert [name for name, _ in speakers(text)] == ["the Turtle", "the Gryphon", "the Turtle"]


def test_turns_are_taken_forwards_and_backwards() -> None:
    texts = ("“Quite.”", "“Ah,” said Ann.", "“Oh,” said Bob.", "“Well,” returned the other.", "“No,” he said.", "“So.”")
    assert speakers(*texts) == [
        ("Bob", "in turn"),
        ("Ann", "named"),
        ("Bob", "named"),
        ("Ann", "in turn"),
        ("Bob", "pronoun"),
        ("Ann", "in turn"),
    ]


def test_a_paragraph_that_the_narrator_begins_takes_no_turn() -> None:
    texts = ("“Ah,” said Ann.", "“Oh,” said Bob.", "A bell rang, and they heard: “Fire!”", "“Oh!” they both cried.")
    assert [name for name, _ in speakers(*texts)] == ["Ann", "Bob", "", ""]


@pytest.mark.parametrize(
    ("language", "text", "speaker"),
    [
        ("fr", "« Venez, dis-je à Conseil. »", "je"),
        ("fr", "— Oui, répondis-je.", "je"),
        ("fr", "« Oui ! » m’écriai-je.", "je"),
        ("es", "—Sí —dije—. Claro.", "yo"),
        ("it", "«Sì» risposi.", "io"),
        ("pt", "— Sim — respondi.", "eu"),
        ("ru", "— Да, — сказал я.", "я"),
        ("pl", "— Tak — powiedziałem.", "ja"),
    ],
)
def test_a_narrator_speaks_by_the_forms_of_its_language(language: str, text: str, speaker: str) -> None:
    assert speakers(text, language=language)[0] == (speaker, "named")


def test_a_dash_begins_another_turn_though_the_mark_above_is_open() -> None:
    texts = ("« Oui, dit Jean.", "— Non, dit Marie.", "— Pourquoi ? » dit Jean.")
    assert [name for name, _ in speakers(*texts, language="fr")] == ["Jean", "Marie", "Jean"]


@pytest.mark.parametrize(
    ("language", "above", "text", "speaker"),
    [
        ("es", "A lo cual respondió don Quijote:", "— Una golondrina sola no hace verano.", "don Quijote"),
        ("de", "Da sagte der Wirt:", "»Kommt herein.«", "der Wirt"),
        ("en", "Then Mr. Hall said:", "“It is late.”", "Mr. Hall"),
    ],
)
def test_a_paragraph_that_leads_in_names_the_speaker(language: str, above: str, text: str, speaker: str) -> None:
    found = find_dialogue([[above, text]], language)
    assert [each.speaker or each.called for each in found.utterances] == [speaker]


def test_a_noun_that_stands_beside_many_quotations_is_one_person() -> None:
    def is_common(noun: str, times: int) -> bool:
        return find_dialogue([[f"“Yes,” said the {noun}."] * times], "en").persons.all[0].common

    assert [is_common("barber", OFTEN - 1), is_common("barber", OFTEN)] == [True, False]
    assert [is_common(noun, OFTEN) for noun in ("girl", "captain")] == [True, True]


def test_an_article_tells_the_gender_of_a_noun() -> None:
    persons = find_dialogue([["— Sí —dijo la sobrina—. No.", "— Sí —dijo el barbero—. No."]], "es").persons
    assert {each.name: each.gender for each in persons.all} == {"la sobrina": "f", "el barbero": "m"}
