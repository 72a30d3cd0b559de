from pathlib import Path

import pytest
from msgspec import structs
from specs_for_tests import a_job

from swarm.audiobook.style import TAG_FIELDS, make_style
from swarm.book.model.book import LibraryFacts
from swarm.commands.option_table import TAGS
from swarm.config import StyleConfig
from swarm.errors import UsageError


def test_the_book_says_what_the_user_does_not() -> None:
    tags = make_style(StyleConfig(), a_job()).tags
    assert (tags.title, tags.authors, tags.narrator, tags.language) == (
        "Moby Dick", ("Herman Melville",), "tick (metronome)", "eng"
    )  # fmt: skip


def test_parts_are_named_in_the_language_of_the_book() -> None:
    assert make_style(StyleConfig(), a_job()).part_form.format(1, 3) == "Part 1 of 3"


def test_the_user_has_the_last_word(tmp_path: Path) -> None:
    picture = tmp_path / "cover.jpg"
    picture.write_bytes(b"\xff\xd8\xffpicture")
    style = make_style(StyleConfig(title="T", author="A", narrator="N", cover=picture), a_job())
    assert (style.tags.title, style.tags.authors, style.tags.narrator) == ("T", ("A",), "N")
    assert style.cover == b"\xff\xd8\xffpicture"


def test_a_style_is_known_again_and_each_wish_makes_another() -> None:
    plain = make_style(StyleConfig(), a_job())
    assert plain.digest == make_style(StyleConfig(), a_job()).digest
    others = [StyleConfig(output_format="mp3"), StyleConfig(bitrate=96_000), StyleConfig(title="T")]
    assert len({plain.digest, *(make_style(other, a_job()).digest for other in others)}) == 4
    coverless = structs.replace(a_job(), book=structs.replace(a_job().book, cover=None))
    assert make_style(StyleConfig(), coverless).digest != plain.digest


LIBRARY = LibraryFacts(("Law; order", "Trials"), "B0", ("Willa", "Edwin"), "Free.", "Trial, The", "Kafka, Franz")


def test_what_the_book_says_for_libraries_is_in_the_tags() -> None:
    job = structs.replace(a_job(), book=structs.replace(a_job().book, library=LIBRARY))
    tags = make_style(StyleConfig(), job).tags
    assert (tags.genre, tags.asin, tags.translator) == ("Audiobook; Law, order; Trials", "B0", "Willa, Edwin")
    assert (tags.rights, tags.title_sort, tags.author_sort) == ("Free.", "Trial, The", "Kafka, Franz")
    named = make_style(StyleConfig(title="Process", author="F. K."), job).tags
    assert (named.title_sort, named.author_sort) == ("", "")  # the sort names belong to other names


def test_the_user_corrects_every_tag_or_leaves_it_out() -> None:
    for kind in TAGS:
        job = structs.replace(a_job(), book=structs.replace(a_job().book, library=LIBRARY))
        field = TAG_FIELDS.get(kind, kind)
        assert getattr(make_style(StyleConfig(tags=((kind, "Mine"),)), job).tags, field) == "Mine"
        assert getattr(make_style(StyleConfig(tags=((kind, ""),)), job).tags, field) == ""


def test_a_cover_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    text = tmp_path / "cover.txt"
    text.write_text("no picture")
    for path in (text, tmp_path / "absent.jpg", tmp_path):
        with pytest.raises(UsageError, match="--cover"):
            make_style(StyleConfig(cover=path), a_job())
