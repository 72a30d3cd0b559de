"""Books of each shape of defect are heard as a listener should hear them."""

from pathlib import Path

import pytest
from made_books import SHAPES

from swarm.book.epub import read_name
from swarm.book.file import read_book


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
