from pathlib import Path

import epub_maker as maker

from swarm.book.any_file import read_book
from swarm.book.package.package import mend

PAGES = {
    "one.xhtml": maker.page("<h1>One</h1><p>Text of one.</p>"),
    "two.xhtml": maker.page("<h1>Two</h1><p>And two.</p>"),
}
WHOLE = maker.opf(PAGES)
METADATA = WHOLE[WHOLE.index("<metadata") : WHOLE.index("<manifest")]
DEFECTS = {
    "a table of contents that leads nowhere": (WHOLE.replace("<spine>", '<spine toc="ncx">'), "'ncx'"),
    "no metadata": (WHOLE.replace(METADATA, ""), "no metadata"),
    "a line of the manifest without a file": (WHOLE.replace("<manifest>", "<manifest><item/>"), "names no file"),
    "a line of the spine without a name": (WHOLE.replace("<spine>", "<spine><itemref/>"), "names nothing"),
    "grouped metadata": (
        WHOLE.replace(
            METADATA, METADATA.replace("<dc:id", "<dc-metadata><dc:id").replace("</meta", "</dc-metadata></meta")
        ),
        "in groups",
    ),
}


def test_no_book_is_refused_for_a_detail_of_its_package(tmp_path: Path) -> None:
    for defect, (package, told) in DEFECTS.items():
        book = read_book(maker.make(tmp_path, PAGES, more={"OEBPS/content.opf": package}))
        assert [chapter.title for chapter in book.chapters] == ["One", "Two"], defect
        assert any(told in line for line in book.oddities), defect


def test_a_package_that_needs_no_mending_or_cannot_be_mended_stays_as_it_is() -> None:
    for data in [WHOLE.encode(), b"", b"no xml", b"<package/>"]:
        assert mend(data) == (data, ())
