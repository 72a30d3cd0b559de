"""Which names of a book mean one person."""

import pytest

from swarm.book.speech.dialogue import find_utterances, shortest_names


@pytest.mark.parametrize(
    ("names", "persons"),
    [
        (("Utterson", "Mr. Utterson"), ["Utterson"]),
        (("Holmes", "Mr. Holmes", "Mr. Sherlock Holmes", "Watson"), ["Holmes", "Watson"]),
        (("the Cat", "the Cheshire Cat"), ["the Cat"]),
        # "Bennet" may be either's name.
        (("Bennet", "Mr. Bennet", "Mrs. Bennet"), ["Bennet", "Mr. Bennet", "Mrs. Bennet"]),
        (("Mr. Bennet", "Mrs. Bennet"), ["Mr. Bennet", "Mrs. Bennet"]),
        (("the man", "the old man"), ["the man", "the old man"]),
        (("", "Ann"), ["", "Ann"]),
    ],
)
def test_names_of_one_person_are_one(names: tuple[str, ...], persons: list[str]) -> None:
    assert sorted(set(shortest_names(names).values())) == sorted(persons)


def test_one_person_under_two_names_takes_no_turns_with_itself() -> None:
    texts = ("“Yes,” said Utterson.", "“Sir,” said Mr. Utterson.", "“Well?”")
    found = [each.speaker for spoken in find_utterances(texts, "en") for each in spoken]
    assert found == ["Utterson", "Mr. Utterson", ""]
