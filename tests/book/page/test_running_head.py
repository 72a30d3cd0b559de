from pathlib import Path

import epub_maker as maker

from swarm.book.any_file import read_book
from swarm.book.model.book import Book
from swarm.book.page.passage import Passage
from swarm.book.page.printed_page import mark_running_heads

PAGE = (
    "A long paragraph begins on this page and it goes on for quite a while, with more words, until the page ends and{}"
)


def pages(count: int, head: str, cut: str = " the", rest: str = "sentence goes on here.") -> list[str]:
    found: list[str] = []
    for number in range(1, count + 1):
        found += [PAGE.format(f" {number}{cut}"), head.format(number), rest]
    return found


def left(texts: list[str]) -> list[str]:
    passages = [Passage("paragraph", text) for text in texts]
    mark_running_heads(passages)
    return [passage.text for passage in passages if not passage.left_out]


def test_what_recurs_and_cuts_sentences_is_left_out_and_the_sentences_are_whole() -> None:
    for head in ["MOBY DICK", "{}", "Page {}", "12 The Whale", "Chapter 3 | {}"]:
        assert left(pages(6, head)) == [
            f"{PAGE.format(f' {number}')} the sentence goes on here." for number in range(1, 7)
        ]


def test_a_word_that_the_page_divided_is_whole() -> None:
    assert left(pages(5, "{}", " exam-", "ple of it."))[0].endswith("1 example of it.")


def test_a_head_and_a_number_together_cut_a_paragraph_over_several_pages() -> None:
    texts = []
    for number in range(1, 7):
        texts += [PAGE.format(f" {number} the").replace("A long", "a long"), str(number), "THE WHALE"]
    joined = left([*texts, "end of it all."])
    assert len(joined) == 1
    assert joined[0].endswith("6 the end of it all.")


def test_what_only_recurs_is_the_book() -> None:
    for texts in [
        pages(4, "{}"),  # too few to be running heads
        pages(9, "{}", "."),  # headings of chapters cut no sentence
        pages(9, "“Yes.”", " said so."),
        ["and the rain", "La la la", "and the wind"] * 9,
        pages(9, "he said"),
    ]:
        assert left(texts) == texts


def book(folder: Path) -> Book:
    body = "".join(f"<p>{text}</p>" for text in pages(6, "MOBY DICK"))
    return read_book(maker.make(folder, {"1.xhtml": maker.page(body)}))


def test_a_book_names_what_it_leaves_out_and_knows_where_the_rest_stands(tmp_path: Path) -> None:
    text, head = book(tmp_path).chapters
    assert (head.left_out, [block.text for block in head.blocks if block.text]) == ("running head", ["MOBY DICK"] * 6)
    first = text.blocks[0]
    assert first.trace is not None
    assert first.trace.text.replace(" ", "") == first.text.replace(" ", "")


def test_a_text_of_pages_has_no_chapters_for_them(tmp_path: Path) -> None:
    path = tmp_path / "pages.txt"
    path.write_text("\n\n\n".join(pages(8, "THE WHALE\n\n\n{}")))
    spoken = [chapter for chapter in read_book(path).chapters if not chapter.left_out]
    assert len(spoken) == 1
    assert len(spoken[0].blocks) == 8


def test_the_stamp_of_a_site_is_left_out_where_it_recurs() -> None:
    for stamp in ["OceanofPDF.com", "z-library.sk, 1lib.sk", "https://www.example.org/", "[books.example]"]:
        told = ["It rained.", stamp, "Then the sun came out.", stamp, "So they went."]
        assert left(told) == ["It rained.", "Then the sun came out.", "So they went."], stamp
        assert left(told[:3]) == told[:3], stamp


def test_a_sentence_that_a_stamp_cuts_is_whole() -> None:
    assert left(pages(2, "ebooks.example"))[0].endswith("1 the sentence goes on here.")


def test_short_lines_that_recur_are_no_stamps() -> None:
    for line in ["No.", "and so on.", "a.m.", "Yes. No.", "Mr.Smith", "...", "He said no.why"]:
        told = ["It rained.", line, "Then the sun came out.", line, "So they went."]
        assert left(told) == told, line
