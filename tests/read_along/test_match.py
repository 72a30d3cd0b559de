from swarm.read_along.match import Phrase, match_sentences


def test_a_sentence_a_segment() -> None:
    assert match_sentences(["One.", "Two."], ["One.", "Two."]) == [Phrase(0, 1, 0, 1), Phrase(1, 2, 1, 2)]


def test_a_sentence_in_pieces_is_one_phrase() -> None:
    assert match_sentences(["One, two."], ["One,", "two."]) == [Phrase(0, 1, 0, 2)]


def test_sentences_that_are_said_together_are_one_phrase() -> None:
    assert match_sentences(["No.", "Yes.", "Then."], ["No. Yes.", "Then."]) == [Phrase(0, 2, 0, 1), Phrase(2, 3, 1, 2)]


def test_a_sentence_that_nobody_says_is_in_no_phrase() -> None:
    assert match_sentences(["One.", "別の話。", "Two."], ["One.", "Two."]) == [Phrase(0, 1, 0, 1), Phrase(2, 3, 1, 2)]


def test_a_segment_of_no_sentence_is_in_no_phrase() -> None:
    said = ["A long enough sentence.", "Another sentence."]
    segments = ["Spoken otherwise once.", "A long enough sentence.", "Another sentence."]
    assert match_sentences(said, segments) == [Phrase(0, 1, 1, 2), Phrase(1, 2, 2, 3)]


def test_what_an_older_version_said_otherwise_costs_that_sentence_only() -> None:
    said = ["The year was nineteen ten.", "It rained all the day.", "Nobody came."]
    segments = ["The year was 1910.", "It rained all the day.", "Nobody came."]
    assert match_sentences(said, segments) == [Phrase(1, 2, 1, 2), Phrase(2, 3, 2, 3)]


def test_a_short_sentence_is_not_looked_for_further_on() -> None:
    assert match_sentences(["Yes."], ["She said nothing.", "Yes."]) == []
