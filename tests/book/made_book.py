"""A small book of one shape of defect, as books found in the wild have it. Its words are made up.

A shape knows what a listener should hear of it: the language, the chapters, words that are spoken, words that are
not, and what is told about the file.
"""

from collections.abc import Mapping
from pathlib import Path

import epub_maker as maker
from msgspec import Struct
from prose import PROSE

from swarm.book.model.reading_choice import Reading

STORY = PROSE["en"]
MORE = "He took the oars without a word, and they went out into the dark, where nothing but the water could be heard."


class Shape(Struct, frozen=True, kw_only=True):
    """A book of one shape, and what should be heard of it."""

    pages: Mapping[str, str | bytes]
    titles: tuple[str, ...] = ()  # chapters that are spoken; () for any
    spoken: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    language: str = "en"
    odd: str = ""  # words of what is told about it
    left_out: tuple[str, ...] = ()  # reasons
    contents: str = ""
    declared: str = "en"
    package: str = ""  # the package document in place of the usual one
    more: Mapping[str, str | bytes] = {}
    title: str = "The Ferryman"
    tongues: frozenset[str] = frozenset()  # other languages of its paragraphs
    suffix: str = ""  # not "" for a file that is no EPUB, whose text is `pages[""]`
    reading: Reading = Reading()
    spine: str = ""
    remark: str = ""  # the text of its note, which is said once if the user wants notes

    def write(self, folder: Path) -> Path:
        """Write the book into a folder."""
        if self.suffix:
            text = self.pages[""]
            path = folder / f"book.{self.suffix}"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            return path
        metadata = f'<dc:identifier id="uid">made:1</dc:identifier><dc:title>{self.title}</dc:title>'
        metadata += f"<dc:language>{self.declared}</dc:language>" if self.declared else ""
        more = {**self.more, **{f"OEBPS/{name}": page for name, page in self.pages.items() if isinstance(page, bytes)}}
        more |= {"OEBPS/content.opf": self.package} if self.package else {}
        pages = {name: page if isinstance(page, str) else "" for name, page in self.pages.items()}
        return maker.make(folder, pages, contents=self.contents, metadata=metadata, more=more, spine=self.spine)


def page(*paragraphs: str, title: str = "") -> str:
    """Return a page with a title and paragraphs."""
    heading = f"<h1>{title}</h1>" if title else ""
    return maker.page(heading + "".join(f"<p>{text}</p>" for text in paragraphs))


def chapters(*titles: str, text: str = STORY) -> dict[str, str]:
    """Return a page for each chapter."""
    return {f"c{number}.xhtml": page(text, MORE, title=title) for number, title in enumerate(titles)}
