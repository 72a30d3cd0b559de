from swarm.book.model.book import Pause
from swarm.book.page.spoken_mark import pieces_between_marks, without_marks


def test_marks_are_pauses() -> None:
    for text, pieces in [
        ("One [pause:2] two", [("One", Pause.CHAPTER), ("two", None)]),
        ("One [pause:0.5]two", [("One", Pause.SENTENCE), ("two", None)]),
        ("One [break] two [pause]", [("One", Pause.PARAGRAPH), ("two", Pause.SCENE), ("", None)]),
        ("[voice:/v/ann.wav]One[/voice] two", [("", None), ("One", None), ("two", None)]),
        ("a [note] and [brackets: 3]", [("a [note] and [brackets: 3]", None)]),
    ]:
        found = list(pieces_between_marks(text))
        assert [(piece, pause) for _, piece, pause in found] == pieces
        assert all(text.startswith(piece, start) for start, piece, _ in found)


def test_a_title_has_no_marks() -> None:
    assert without_marks("Chapter 1[pause:2] [voice:a.wav]The Storm[/voice] [sic]") == "Chapter 1 The Storm [sic]"
