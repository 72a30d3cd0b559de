import msgspec

from swarm.book.model.book import Chapter, Pause, Segment, Unspoken


def test_a_chapter_survives_the_journal_in_few_bytes() -> None:
    chapter = Chapter(
        "One", (Segment("Text.", Pause.SENTENCE), Segment("More.", Pause.CHAPTER)), (Unspoken(0, "漢", "why"),)
    )
    packed = msgspec.msgpack.encode(chapter)
    assert msgspec.msgpack.decode(packed, type=Chapter) == chapter
    assert b"pause" not in packed


def test_pauses_are_declared_from_the_shortest_to_the_longest() -> None:
    assert [pause.value for pause in Pause] == ["clause", "sentence", "paragraph", "scene", "heading", "chapter"]
