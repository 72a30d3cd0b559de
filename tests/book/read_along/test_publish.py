"""An EPUB made of a page or a text shows what was read."""

from lxml import etree

from swarm.book.model.book import Block, Book, ChapterText
from swarm.book.page.passage import span, visible_chars
from swarm.book.read_along.publish import PACKAGE, CoverFile, publish

BOOK = Book(
    "As read",
    ("Ada",),
    "en",
    (
        ChapterText("I", (Block("heading", "I"), Block("paragraph", "Roses are\nred & <blue>."), Block("scene"))),
        ChapterText("Licence", (Block("paragraph", "Do as you like.", "la"),), left_out="licence"),
        ChapterText("", ()),
    ),
)


def files(cover: CoverFile | None = None) -> dict[str, bytes]:
    return dict(publish(BOOK, "Given", ("Bea", " "), "urn:x", cover).files)


def text_of(name: str) -> str:
    return "".join(etree.fromstring(files()[name]).itertext())


def test_each_chapter_is_a_document_what_is_left_out_of_the_sound_too() -> None:
    body = etree.fromstring(files()["chapter-001.xhtml"]).find("{*}body")
    assert [child.tag.partition("}")[2] for child in body] == ["h1", "p", "hr"]
    assert [etree.tostring(line, method="text", encoding="unicode") for line in body.iter("{*}br")] == ["red & <blue>."]
    assert "Do as you like." in text_of("chapter-002.xhtml")
    assert etree.fromstring(files()["chapter-002.xhtml"]).find(".//{*}p").get("lang") == "la"


def test_every_block_knows_where_it_stands() -> None:
    for chapter in publish(BOOK, "Given", (), "urn:x").book.chapters:
        for block in chapter.blocks:
            assert block.trace
            whole = visible_chars(text_of(block.trace.document))
            found = span(block.trace, 0, len(visible_chars(block.text)))
            assert (whole[found[0] : found[1]] if found else "") == visible_chars(block.text)


def test_the_package_says_what_it_is_told_and_names_every_file() -> None:
    made = files(CoverFile("cover.png", "image/png", b"picture"))
    package = etree.fromstring(made[PACKAGE])
    said = [(line.tag.partition("}")[2], line.text) for line in package.find("{*}metadata")]
    assert said == [("identifier", "urn:x"), ("title", "Given"), ("language", "en"), ("creator", "Bea")]
    named = {item.get("href") for item in package.iter("{*}item")}
    assert named == set(made) - {PACKAGE, "META-INF/container.xml"}
    assert [item.get("href") for item in package.iter("{*}item") if item.get("properties") == "cover-image"] == [
        "cover.png"
    ]
