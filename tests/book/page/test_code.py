from lxml import etree

from swarm.book.any_file import read_page
from swarm.book.model.reading_choice import Reading
from swarm.book.page.block import CODE, is_code

LISTINGS = [
    "<pre class='programlisting'>a b c</pre>",
    "<pre><code>x</code></pre>",
    "<pre>const f = () =&gt; alert(1);\nif (x) {\n  f();\n}</pre>",
    "<pre>$ git clone x\n$ npm install</pre>",
]
TEXTS = [
    "<pre>The ship went down,\n  the sea was calm,\nand all was still.</pre>",
    "<pre class='programlisting'>From: Ann\nTo: Bob\n\nI think that you should not do this again.\n"
    "It makes everybody here unhappy, and you too.</pre>",
]


def test_a_code_listing_is_told_from_verse_and_letters_that_keep_their_lines() -> None:
    for block in LISTINGS + TEXTS:
        assert is_code(etree.fromstring(block)) is (block in LISTINGS), block


def spoken(path, code="") -> list[str]:
    book = read_page(path, Reading(code=code))
    return [block.text for chapter in book.chapters if not chapter.left_out for block in chapter.blocks]


def test_listings_are_left_out_of_prose_and_this_is_told(tmp_path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# One\n\nSome prose about it, longer than the code.\n\n```\nx = f(1);\n```\n\nMore.\n")
    assert spoken(path) == ["One", "Some prose about it, longer than the code.", "More."]
    assert spoken(path, "say")[2] == "x = f(1);"
    book = read_page(path)
    assert book.cautions == ("code listings of 3 words are left out: --code say reads them",)
    assert [chapter.left_out for chapter in book.chapters] == ["", CODE]
    path.write_text("# One\n\nSome prose about it, longer than the code.\n\n```\nx=1\n```\n")
    assert read_page(path).cautions == ("code listings of 1 word are left out: --code say reads them",)


def test_listings_of_a_book_that_explains_much_code_are_left_out(tmp_path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# One\n\nSome prose about it.\n\n```\n" + "x = f(x, y);\n" * 8 + "```\n")
    assert spoken(path) == ["One", "Some prose about it."]


def test_a_book_that_is_little_but_code_is_read(tmp_path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# One\n\n```\nx = f(1);\ny = f(x);\nz = f(x, y, 1);\n```\n")
    assert len(spoken(path)) == 2
    assert len(spoken(path, "skip")) == 1
