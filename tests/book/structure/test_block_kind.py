from pathlib import Path

import epub_maker as maker
import pytest

from swarm.book.epub import read_epub
from swarm.book.model.book import Book
from swarm.book.model.reading_choice import Reading
from swarm.book.structure import block_kind
from swarm.book.structure.block_kind import FEATURES, MAX_ODDS, Weights, first_odds, indexed, weights

LINE = "and she went on through the long wet grass of the meadow, where nobody had gone before her that year, and"
PAGE = f"<h1>One</h1><p>S{LINE}</p><p>12</p><p>{LINE} came home.</p><p>The end of it.</p>" + "<p>And so on.</p>" * 20
# A lone numeral is a page number, all else is spoken.
NUMERALS = indexed(Weights(spoken=(["numeral", 0.5, 4.0, -4.0],), labels={"pagenumber": (1.0,), "note": (0.0,)}))


def read(folder: Path, body: str, reading: Reading | None = None) -> Book:
    return read_epub(maker.make(folder, {"one.xhtml": maker.page(body)}), reading)


def texts(book: Book) -> list[str]:
    return [block.text for chapter in book.chapters if not chapter.left_out for block in chapter.blocks]


@pytest.fixture
def numerals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_kind, "weights", lambda: NUMERALS)


@pytest.mark.usefixtures("numerals")
def test_what_the_model_is_sure_of_is_left_out_and_the_sentence_around_it_joined(tmp_path: Path) -> None:
    book = read(tmp_path, PAGE)
    assert texts(book)[:3] == ["One", f"S{LINE} {LINE} came home.", "The end of it."]
    assert [(chapter.left_out, chapter.grounds) for chapter in book.chapters[1:]] == [
        ("page number", "by its looks, 98% sure")
    ]
    (doubt,) = book.doubts
    assert (doubt.what, doubt.times, doubt.left_out, doubt.option) == ("page number", 1, True, "--include=page number")
    assert doubt.examples[0].endswith("that year, and ▸ 12")


@pytest.mark.usefixtures("numerals")
def test_a_model_that_would_leave_out_most_of_a_book_leaves_out_nothing(tmp_path: Path) -> None:
    figures = "".join(f"<p>{number}</p>" for number in range(1000, 1090))
    book = read(tmp_path, f"<h1>Years</h1><p>She counted on:</p>{figures}<p>Then she slept.</p>")
    assert texts(book)[2:92] == [str(number) for number in range(1000, 1090)]
    assert [(doubt.what, doubt.left_out) for doubt in book.doubts] == [("page number", False)]


@pytest.mark.usefixtures("numerals")
def test_a_doubt_is_decided_otherwise_in_its_place(tmp_path: Path) -> None:
    book = read(tmp_path, PAGE.replace("and</p>", "and.</p>"), Reading(include=("page number",)))
    assert texts(book)[1:4] == [f"S{LINE}.", "12", f"{LINE} came home."]


@pytest.mark.usefixtures("numerals")
def test_the_heading_of_a_part_whose_text_is_left_out_is_no_chapter(tmp_path: Path) -> None:
    pages = {"one.xhtml": PAGE, "two.xhtml": "<h1>Sums</h1><p>14</p>", "three.xhtml": "<h1>Last</h1>"}
    book = read_epub(maker.make(tmp_path, {name: maker.page(body) for name, body in pages.items()}))
    assert [chapter.title for chapter in book.chapters if not chapter.left_out] == ["One", "Last"]


@pytest.mark.usefixtures("numerals")
def test_the_rest_of_a_bibliography_that_is_left_out_goes_with_it(tmp_path: Path) -> None:
    rest = "".join(f"<p>{number}</p>" for number in range(100, 160)) + "<p>He read them all in one long night.</p>"
    for title, kept in (("Bibliography", ["One"]), ("Sums", ["One", "Sums"])):
        pages = {"one.xhtml": PAGE + "<p>On and on.</p>" * 20, "two.xhtml": f"<h1>{title}</h1>{rest}"}
        book = read_epub(maker.make(tmp_path, {name: maker.page(body) for name, body in pages.items()}))
        assert [chapter.title for chapter in book.chapters if not chapter.left_out] == kept


@pytest.mark.usefixtures("numerals")
def test_prose_in_the_midst_of_a_book_needs_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    column = FEATURES.index("size")
    monkeypatch.setattr(block_kind, "first_odds", lambda _, row: asked.append(row[column]) or -MAX_ODDS)
    prose = [f"S{LINE} {LINE} came home with {name}." for name in ("Ann", "Ben", "Cid", "Dan")]
    book = read(tmp_path, "".join(f"<p>Words.</p><p>{text}</p>" for text in prose) + PAGE)
    assert {*prose} <= {*texts(book)}
    assert len(asked) == 30  # the first line of prose among them, as it is near the beginning


def test_blocks_of_one_look_are_decided_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = indexed(
        Weights(
            spoken=(["numeral", 0.5, -0.2, -2.0],),
            again=(["tag_odds", -1.0, -4.0, 4.0],),
            labels={"pagenumber": (1.0,)},
        )
    )
    monkeypatch.setattr(block_kind, "weights", lambda: together)
    said = texts(read(tmp_path, PAGE + "<p class='n'>14</p>" * 5 + "<p class='n'>Nobody</p>"))
    assert "12" in said
    assert not {"14", "Nobody"} & set(said)


def test_a_doubt_alone_is_spoken_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unsure = indexed(Weights(spoken=(["numeral", 0.5, 4.0, -0.4],), labels={"pagenumber": (1.0,)}))
    monkeypatch.setattr(block_kind, "weights", lambda: unsure)
    book = read(tmp_path, PAGE)
    assert "12" in texts(book)
    assert [(doubt.what, doubt.left_out, doubt.option) for doubt in book.doubts] == [
        ("page number", False, "--exclude=page number")
    ]
    assert "12" not in texts(read(tmp_path, PAGE, Reading(exclude=("page number",))))


def test_the_weights_are_small_and_know_all_features() -> None:
    file = Path(block_kind.__file__).with_name("block_kind.json")
    assert file.stat().st_size <= 1 << 20
    model = weights()
    assert model is not None and set(model.labels) <= set(block_kind.REASONS)
    assert model.again and -MAX_ODDS <= first_odds(model, [0.0] * len(FEATURES)) <= MAX_ODDS
