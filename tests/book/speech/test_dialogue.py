"""What is said, and by whom: by marks, dashes and the words beside them, in the forms of several languages."""

import pytest
from steps import steps_of

from swarm.book.speech.dialogue import find_utterances


def said(text: str, language: str = "en", around: tuple[str, ...] = ()) -> list[str]:
    found = find_utterances([text, *around], language)[0]
    return [text[each.start : each.end].strip() for each in found]


def speakers(*texts: str, language: str = "en") -> list[tuple[str, str]]:
    return [(each.speaker or each.called, each.grounds) for found in find_utterances(texts, language) for each in found]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "“Come in,” said Tom. “Sit down.” He waited.", ["“Come in,”", "“Sit down.”"]),
        ("en", "‘Don’t go,’ said Tom. ‘It’s the boys’ room.’", ["‘Don’t go,’", "‘It’s the boys’ room.’"]),
        ("en", '"Come in," he said.', ['"Come in,"']),
        ("en", "He asked, “Did she say ‘no’ to you?” and left.", ["“Did she say ‘no’ to you?”"]),
        ("de", "„Komm herein“, sagte Anna. „Setz dich.“", ["„Komm herein“", "„Setz dich.“"]),
        ("de", "»Komm herein«, sagte Anna.", ["»Komm herein«"]),
        ("fr", "« Bonjour, dit Jean. Entrez. » Il sourit.", ["« Bonjour, dit Jean. Entrez. »"]),
        ("fr", "— Bonjour, dit Jean.", ["— Bonjour, dit Jean."]),
        ("es", "—Buenos días —dijo Ana—. ¿Cómo está?", ["—Buenos días", ". ¿Cómo está?"]),
        ("ru", "— Привет, — сказал Иван. — Как дела?", ["— Привет,", "Как дела?"]),
        ("pl", "— Dobrze — powiedział Jan. — Idziemy.", ["— Dobrze", "Idziemy."]),
        ("ja", "「こんにちは。」と彼は言った。", ["「こんにちは。」"]),
        ("sv", "”Kom in”, sade Anna. ”Sätt dig.” Hon log.", ["”Kom in”", "”Sätt dig.”"]),
        ("sv", "»Kom in», sade Anna och log.", ["»Kom in»"]),
        ("sv", "– Kom in, sade Anna.", ["– Kom in, sade Anna."]),
        ("fi", "”Tule sisään”, sanoi Anna. Hän hymyili.", ["”Tule sisään”"]),
        ("da", "»Kom ind,« sagde Anna. Det regnede.", ["»Kom ind,«"]),
    ],
)
def test_each_language_has_its_forms(language: str, text: str, found: list[str]) -> None:
    assert said(text, language) == found


@pytest.mark.parametrize(
    "text",
    [
        "He called it “home” and wept over the “Times” at night.",
        "They sang “Auld Lang Syne” until the lamps went out.",
        "The so-called “experts” were wrong.",
        "A dash — and nothing else — is no dialogue in English.",
    ],
)
def test_titles_and_terms_are_no_dialogue(text: str) -> None:
    assert said(text, around=("“Come in,” said Tom.", "“I will,” said Ann.")) == []


def test_a_quotation_over_paragraphs_is_dialogue_to_its_end() -> None:
    texts = ["“It began in May.", "“Then came the rain.", "“And then I left.” He sighed.", "It was late."]
    found = find_utterances(texts, "en")
    assert [[text[each.start : each.end] for each in row] for text, row in zip(texts, found, strict=True)] == [
        ["“It began in May."],
        ["“Then came the rain."],
        ["“And then I left.”"],
        [],
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("“Come in,” said Holmes.", "Holmes"),
        ("“Come in,” Mr. Sherlock Holmes replied.", "Mr. Sherlock Holmes"),
        ("Holmes said quietly: “Come in.”", "Holmes"),
        ("“Come in,” said the old man.", "the old man"),
        ("“Come in,” said the Hatter, yawning.", "the Hatter"),
        ("“Come in,” he said.", ""),
        ("“Come in,” said she.", ""),
        ("“Come in.” The door was open.", ""),
        ("“Come in,” and with that he cried Watson’s name.", ""),
    ],
)
def test_a_speaker_is_named_beside_the_quotation(text: str, name: str) -> None:
    assert [each for each, _ in speakers(text)] == [name]


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("sv", "”Kom in”, sade Anna.", "Anna"),
        ("sv", "”Kom in”, svarade fröken Julie.", "fröken Julie"),
        ("sv", "Anna viskade: ”Kom in.”", "Anna"),
        ("sv", "– Kom in, sade Arvid Falk och log.", "Arvid Falk"),
        ("sv", "– Kom in, sade han.", ""),
        ("sv", "”Kom in”, sade hon.", ""),
        ("da", "»Kom ind,« sagde Anna.", "Anna"),
        ("nb", "«Kom inn,» sa Nora.", "Nora"),
        ("fi", "”Tule sisään”, sanoi Anna.", "Anna"),
    ],
)
def test_languages_without_a_file_have_verbs_of_saying_too(language: str, text: str, name: str) -> None:
    assert [each for each, _ in speakers(text, language=language)] == [name]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Alice replied, rather shyly, “I hardly know.”", "Alice"),
        ("“No,” the old woman said.", "the old woman"),
        ("“No,” said the doctor quietly.", "the doctor"),
        ("“No,” said the doctor’s voice.", "the doctor"),
        ("“No,” said the other.", ""),
        ("“No,” the latter added.", ""),
        ("“No,” said one of the doctors.", ""),
        ("“No,” said I.", "I"),
        ("“No,” I said.", "I"),
        ("I answered slowly, “No.”", "I"),
    ],
)
def test_further_words_tell_who_speaks_or_that_nobody_knows(text: str, name: str) -> None:
    assert [each for each, _ in speakers(text)] == [name]


def test_a_narrator_who_speaks_is_known_in_german_too() -> None:
    assert speakers("„Nein“, sagte ich.", language="de") == [("ich", "named")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "sign",
    [
        "“",
        "”",
        "’",
        "‘",
        "—",
        " —",
        "«",
        "“a” ",
        "said ",
        "“a,” said the ",
        "A b ",
        "“A,” Mr ",
        "the a ",
        "A, and ",
        "“A” A, ",
        "I a ",
        "“A, sir,” he said. A went to B. ",
    ],
)
def test_a_hostile_paragraph_takes_steps_in_proportion_to_its_length(sign: str) -> None:
    few, many = (
        steps_of(lambda times=times: find_utterances([sign * times, "“A,” said the a. “A,” said A."], "en"))
        for times in (2000, 8000)
    )
    assert many < 6 * few


def test_one_person_under_two_names_takes_no_turns_with_itself() -> None:
    texts = ("“Yes,” said Utterson.", "“Sir,” said Mr. Utterson.", "“Well?”")
    found = [each.speaker for spoken in find_utterances(texts, "en") for each in spoken]
    assert found == ["Utterson", "Utterson", ""]
