import pytest

from swarm.book.page.plain_text import plain_tree, said_about


def shape(text: str) -> list[tuple[str, str]]:
    body = plain_tree(text)[0]
    return [(element.tag, "|".join(element.itertext())) for element in body]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a riv-\ner; in-\ndeed\n\nthe river", [("p", "a river; indeed"), ("p", "the river")]),
        ("a well-\nknown man, well known\n\nx", [("p", "a well-known man, well known"), ("p", "x")]),
        ("Anglo-\nSaxon and the mother-in-\nlaw\n\nx", [("p", "Anglo-Saxon and the mother-in-law"), ("p", "x")]),
        ("ein Haus-\nund Hof, Ei¬\nsen -\nso\n\nx", [("p", "ein Haus- und Hof, Eisen - so"), ("p", "x")]),
        ("one\ntwo\n\nthree", [("p", "one two"), ("p", "three")]),
        ("One line.\nAnother line.", [("p", "One line."), ("p", "Another line.")]),  # a text without blank lines
        ("Chapter 1\n\ntext", [("h2", "Chapter 1"), ("p", "text")]),
        ("Chapter by chapter they fell, and nobody in the whole town could say how many had fallen.\n\nx", None),
        ("IV.\n\ntext", [("h2", "IV."), ("p", "text")]),
        ("at the [Pg 12] river. [Page xiv]\n\n[Pg 15]\n\nx", [("p", "at the river."), ("p", "x")]),
        ("a {1} b {2}\n\nc {3} d", [("p", "a b"), ("p", "c d")]),
        ("a {5} b\n\nc {3} d", [("p", "a {5} b"), ("p", "c {3} d")]),
        ("INDEX\n\nBoat, 12", [("h2", "INDEX"), ("p", "Boat, 12")]),
        ("FOOTNOTES:\n\nx", [("h2", "FOOTNOTES:"), ("p", "x")]),
        ("x\n\n\nTHE END\n\ny", [("p", "x"), ("h2", "THE END"), ("p", "y")]),
        ("x\n\nTHE END\n\ny", [("p", "x"), ("p", "THE END"), ("p", "y")]),
        ("x\n\n  Roses are red,\n  violets blue\n\ny", [("p", "x"), ("p", "Roses are red,|violets blue"), ("p", "y")]),
        (
            "x\n\nRoses are red,\nViolets are blue,\n\ny",
            [("p", "x"), ("p", "Roses are red,|Violets are blue,"), ("p", "y")],
        ),
        ("a _very_ snake_case_name\n\n\x00\x01b", [("p", "a very snake_case_name"), ("p", "b")]),
    ],
)
def test_text_has_a_shape(text: str, expected: list[tuple[str, str]] | None) -> None:
    found = shape(text)
    assert found == expected if expected else found[0][0] == "p"


def test_what_a_text_says_about_itself() -> None:
    assert said_about('Title: "The Ship"\nLanguage: German\nAuthor: A\n') == {
        "title": "The Ship", "language": "de", "author": "A",
    }  # fmt: skip
    assert said_about("x" * 5000 + "\nTitle: no\n") == {}
    assert said_about("Language: Finnish\n") == {"language": "fi"}
    assert said_about("Language: the tongue of men\n") == {"language": "the tongue of men"}


def test_numbers_that_stand_alone_count_chapters_or_pages_or_nothing() -> None:
    told = "He went out and came home again. " * 40
    cut = told + "Then he went away and"
    chapters = "".join(f"{number}\n\n{told}\n\n" for number in range(1, 5))
    assert [text for tag, text in shape(chapters) if tag == "h2"] == ["1", "2", "3", "4"]
    for other in (
        "".join(f"{cut}\n\n{number}\n\nhis dog came too.\n\n" for number in range(1, 5)),
        "".join(f"{number}\n\nA line.\n\n" for number in range(1, 5)),
        f"7\n\n{told}\n\n9\n\n{told}",
        f"1\n\n{told}",
    ):
        assert not [text for tag, text in shape(other) if tag == "h2"], other[:200]


def test_dotted_lines_are_a_table_of_contents_and_the_header_is_a_title_page() -> None:
    lines = "Title: The Ferry\nAuthor: A. B.\n\n"
    lines += "I. The House ...... 1\nII. The River . . . . . 9\nIII. The End .... xii\n\nHe went .... away 5"
    assert [element.get("role") for element in plain_tree(lines)[0]] == ["doc-title-page", "doc-toc", None]
    assert [element.get("role") for element in plain_tree("x\n\nHe went ...... 5\n\ny")[0]] == [None, None, None]
