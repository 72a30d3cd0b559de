"""Books of each shape of defect are heard as a listener should hear them."""

from pathlib import Path

import pytest
from made_books import SHAPES

from swarm.book.any_file import read_book, read_name
from swarm.book.model.reading_choice import Notes, Reading


@pytest.mark.parametrize("name", SHAPES)
def test_a_book_of_each_shape_is_heard_right(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    path = shape.write(tmp_path)
    book = read_book(path, shape.reading)
    kept = [chapter for chapter in book.chapters if not chapter.left_out]
    heard = "\n".join(block.text for chapter in kept for block in chapter.blocks)
    assert book.language == shape.language
    assert shape.suffix or read_name(path) in (None, (book.title, shape.language))
    assert not shape.titles or tuple(chapter.title for chapter in kept) == shape.titles
    assert [words for words in shape.spoken if words not in heard] == []
    assert [words for words in shape.silent if words in heard] == []
    assert set(shape.left_out) <= {chapter.left_out for chapter in book.chapters}
    assert shape.odd in "\n".join((book.language_doubt, *book.cautions, *book.oddities))
    assert not {block.language for chapter in kept for block in chapter.blocks} - {"", shape.language} - shape.tongues
    assert shape.tongues <= {block.language for chapter in kept for block in chapter.blocks}


@pytest.mark.parametrize("mode", ["inline", "end"])
@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape.remark])
def test_a_note_is_said_once_where_the_user_wants_it(tmp_path: Path, name: str, mode: Notes) -> None:
    shape = SHAPES[name]
    book = read_book(shape.write(tmp_path), Reading(notes=mode))
    heard = [block.text for chapter in book.chapters if not chapter.left_out for block in chapter.blocks]
    sentence, after = (heard.index(words) for words in shape.spoken)
    note = heard.index(f"Note: {shape.remark}")
    assert sum(shape.remark in text for text in heard) == 1
    assert sentence < note < after if mode == "inline" else note > after
