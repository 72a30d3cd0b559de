"""When written words are heard, though the engine was told others, and though a peer or a journal lies."""

from swarm.book.model.book import Pause, Segment, WordTime, pack_words
from swarm.job.clip_info import MAX_WORDS, ClipInfo, heard_words
from swarm.job.state import mended

RATE = 24_000


def clip(words: bytes, length_s: float = 20.0) -> ClipInfo:
    return ClipInfo(samples=round(length_s * RATE), sample_rate=RATE, digest="0" * 64, work_s=0.0, words=words)


def heard(segment: Segment, *words: WordTime) -> list[tuple[str, float]]:
    """Return the written words that have a time, each up to its end."""
    found = heard_words(segment, clip(pack_words(words)))
    return [(segment.written[character:].split()[0], round(moment_s, 2)) for character, moment_s in found]


def test_each_word_has_its_moment_in_the_clip() -> None:
    segment = Segment("It was cold, he said.", Pause.SENTENCE)
    words = ((0, 0.05), (3, 0.2), (7, 0.5), (13, 1.1), (16, 1.3))
    assert heard(segment, *words) == [("It", 0.05), ("was", 0.2), ("cold,", 0.5), ("he", 1.1), ("said.", 1.3)]


def test_a_word_that_was_spelled_for_the_engine_has_no_moment() -> None:
    segment = Segment(
        "In eighteen forty-eight Doctor Smith left.", Pause.SENTENCE, written_otherwise="In 1848 Dr. Smith left."
    )
    words = ((0, 0.0), (3, 0.2), (12, 0.6), (24, 1.2), (31, 1.6), (37, 2.0))
    assert heard(segment, *words) == [("In", 0.0), ("Smith", 1.6), ("left.", 2.0)]


def test_of_several_times_in_one_written_word_the_first_counts() -> None:
    segment = Segment("well-known men", Pause.SENTENCE)
    assert heard(segment, (0, 0.1), (5, 0.4), (11, 0.9)) == [("well-known", 0.1), ("men", 0.9)]


def test_the_users_own_wording_is_what_was_spoken() -> None:
    segment = mended(Segment("Dr. No left the room.", Pause.SENTENCE), "Doctor No has left the room.", "")
    words = ((0, 0.0), (7, 0.5), (10, 0.8), (14, 1.0), (19, 1.4), (23, 1.6))
    assert heard(segment, *words) == [("No", 0.5), ("left", 1.0), ("the", 1.4), ("room.", 1.6)]


def test_times_that_cannot_be_are_none() -> None:
    for packed in [
        b"",
        b"\0",
        b"\0" * 7,
        b"\xff" * 8,
        b"\5\0\0\0\5\0\0\0",  # one word twice
        b"\0\0\x09\0\5\0\1\0",  # back in time
        b"\0\0\xff\xff",  # behind the end of the clip
    ]:
        assert heard_words(Segment("It was cold.", Pause.SENTENCE), clip(packed)) == ()


def test_times_of_characters_that_the_text_lacks_are_passed_over() -> None:
    assert heard(Segment("It was.", Pause.SENTENCE), (3, 0.5), (600, 0.9), (60_000, 1.0)) == [("was.", 0.5)]


def test_a_sentence_of_very_many_words_is_not_compared() -> None:
    few, many = (Segment("a " * count, Pause.SENTENCE) for count in (MAX_WORDS, MAX_WORDS + 1))
    assert len(heard(few, (0, 0.0), (2, 1.0))) == 2
    assert heard(many, (0, 0.0), (2, 1.0)) == []
