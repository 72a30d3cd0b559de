import pytest

from swarm.book.model.book import Block, TextTrace
from swarm.book.speech.segment import Place, SentencePlaces, join_places


def test_sentences_stand_where_their_signs_do() -> None:
    text = "It rained.\nIt rained. We left."
    places = SentencePlaces(Block("paragraph", text, trace=TextTrace("a", text, ((0, 100, 9), (9, 200, 16)))))
    assert places.find_place("It rained.", 0) == ("a", 100, 109)
    assert places.find_place("It rained.", 11) == ("a", 200, 209)
    assert places.find_place("We left.", 11) == ("a", 209, 216)


def test_a_sentence_is_sought_no_earlier_than_it_may_begin() -> None:
    text = "a [pause] a"
    places = SentencePlaces(Block("paragraph", text, trace=TextTrace("a", text, ((0, 0, 9),))))
    assert places.find_place("a", 0) == ("a", 0, 1)
    assert places.find_place("a", 9) == ("a", 8, 9)


def test_what_reading_added_stands_nowhere() -> None:
    text = "Note: It rained."
    places = SentencePlaces(Block("paragraph", text, trace=TextTrace("a", "It rained.", ((0, 50, 9),))))
    assert places.find_place("Note:", 0) is None
    assert places.find_place("It rained.", 0) == ("a", 50, 59)
    assert places.find_place("Not there.", 0) is None
    assert SentencePlaces(Block("paragraph", text)).find_place("Note: It rained.", 0) is None


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (("a", 1, 5), ("a", 7, 9), ("a", 1, 9)),
        (("a", 1, 5), ("b", 7, 9), ("a", 1, 5)),
        (None, ("b", 7, 9), ("b", 7, 9)),
        (("a", 1, 5), None, ("a", 1, 5)),
    ],
)
def test_joined_sentences_stand_from_the_first_to_the_last(one: Place | None, other: Place | None, both: Place) -> None:
    assert join_places(one, other) == both
