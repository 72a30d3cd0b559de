from pathlib import Path

import epub_maker as maker
import pytest

from swarm.book.any_file import read_book
from swarm.book.page.front_matter import CONTENTS, COPYRIGHT, NOTES, named


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Spis treści", CONTENTS),
        ("ОГЛАВЛЕНИЕ", CONTENTS),
        ("Зміст", CONTENTS),
        ("目次", CONTENTS),
        ("もくじ", CONTENTS),
        ("目录", CONTENTS),
        ("차례", CONTENTS),
        ("Περιεχόμενα", CONTENTS),
        ("Innehåll", CONTENTS),
        ("Sisällys", CONTENTS),
        ("Obsah", CONTENTS),
        ("Tartalom", CONTENTS),
        ("İçindekiler", CONTENTS),
        ("版权页", COPYRIGHT),
        ("Примечания", NOTES),
        ("Poznámky", NOTES),
    ],
)
def test_names_of_parts_are_known_in_languages_without_a_whole_file(name: str, reason: str) -> None:
    assert named(name) == reason


def test_a_page_of_contents_is_left_out_by_its_title_and_a_long_chapter_of_that_name_is_not(tmp_path: Path) -> None:
    lines = "".join(f"<p>Kapitola {number}</p>" for number in range(9))
    pages = {
        "a.xhtml": maker.page(f"<h1>Obsah</h1>{lines}"),
        "b.xhtml": maker.page(f"<h1>Hora</h1><p>{'Byla to dlouhá cesta. ' * 400}</p>"),
        "c.xhtml": maker.page(f"<h1>Obsah</h1><p>{'A to byl celý obsah jeho života. ' * 400}</p>"),
    }
    chapters = read_book(maker.make(tmp_path, pages)).chapters
    assert [(chapter.title, chapter.left_out) for chapter in chapters] == [
        ("Obsah", CONTENTS), ("Hora", ""), ("Obsah", ""),
    ]  # fmt: skip
