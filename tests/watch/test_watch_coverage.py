from swarm.audiobook.sound.reel import Cue
from swarm.watch.report import HeardSentence, locate

FILES = [
    ("a.m4b", [Cue(0, 0, 0.0, 1.0), Cue(0, 2, 2.0, 3.0)]),
    ("b.m4b", [Cue(1, 0, 0.0, 1.5)]),
]


def test_a_sentence_is_where_it_is_heard() -> None:
    assert locate(FILES, []) == {
        (0, 0): HeardSentence("a.m4b", 0.0, 1.0),
        (0, 2): HeardSentence("a.m4b", 2.0, 3.0),
        (1, 0): HeardSentence("b.m4b", 0.0, 1.5),
    }


def test_a_missing_one_ought_to_be_after_the_one_before_it() -> None:
    found = locate(FILES, [(0, 1), (1, 1)])
    assert found[0, 1] == HeardSentence("a.m4b", 1.0, 1.0)
    assert found[1, 1] == HeardSentence("b.m4b", 1.5, 1.5)


def test_a_missing_first_one_ought_to_begin_the_first_file() -> None:
    later = [("a.m4b", [Cue(0, 1, 0.5, 1.0)]), ("b.m4b", [Cue(1, 0, 0.0, 1.5)])]
    assert locate(later, [(0, 0)])[0, 0] == HeardSentence("a.m4b", 0.0, 0.0)


def test_a_book_that_is_not_written_has_no_places() -> None:
    assert locate([], [(0, 1)]) == {}
