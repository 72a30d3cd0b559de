"""Books whose file, package document or encoding is odd; they are read on, and what was odd is told."""

import epub_maker as maker
from made_book import MORE, STORY, Shape, chapters, page
from prose import PROSE

_BOTH = ("One", "Two")


def _package(old: str, new: str) -> str:
    return maker.opf(chapters("One", "Two")).replace(old, new)


def _encoding() -> Shape:
    wrong = f"<?xml version='1.0' encoding='utf-16'?>{page(PROSE['zh'], title='一')}".encode()
    return Shape(pages={"1.xhtml": wrong}, declared="zh", language="zh", spoken=(PROSE["zh"],))


def _opf(old: str, new: str, odd: str = "", **more: str) -> Shape:
    """Return a book of two chapters whose package document has `new` in place of `old`."""
    package = _package(old, new)
    assert package != maker.opf(chapters(*_BOTH)), old
    return Shape(pages=chapters(*_BOTH), titles=_BOTH, package=package, odd=odd, **more)


def _bytes(data: bytes, spoken: str, language: str = "en") -> Shape:
    return Shape(pages={"1.xhtml": data}, spoken=(spoken,), language=language, declared=language)


def _listed(contents: str, odd: str = "") -> Shape:
    return Shape(pages=chapters(*_BOTH), titles=_BOTH, contents=contents, odd=odd)


def _renamed(name: str, href: str) -> Shape:
    """Return a book with a page whose name is written in another way in the package document."""
    text = page(STORY, MORE, title="One")
    package = maker.opf({"x.xhtml": text}).replace('href="x.xhtml"', f'href="{href}"')
    return Shape(pages={"x.xhtml": ""}, package=package, more={f"OEBPS/{name}": text}, titles=("One",), spoken=(STORY,))


def _broken(html: str, spoken: str) -> Shape:
    """Return a book with a page that is no XML."""
    return Shape(pages={"1.xhtml": f"<html><body><h1>One</h1><p>{STORY}</p>{html}"}, spoken=(spoken,))


_CAFE = f"<html><body><h1>One</h1><p>{STORY}</p><p>He had a “café crème” there — twice.</p></body></html>"
_GOES = "He had a “café crème” there — twice."
PACKAGES: dict[str, Shape] = {
    "a spine toc that leads nowhere": _opf("<spine>", '<spine toc="gone">', "'gone'"),
    "an itemref to nothing": _opf("<spine>", '<spine><itemref/><itemref idref="gone"/>', "'gone'"),
    "UTF-16 declared, UTF-8 in fact": _encoding(),
    "no title and no language": _opf(f"{maker.METADATA}", ""),
    "a manifest item without a file": _opf(
        "</manifest>", '<item id="g" href="g.xhtml" media-type="application/xhtml+xml"/></manifest>'
    ),
    "a page twice in the spine": _opf("</spine>", '<itemref idref="c1.xhtml"/></spine>'),
    "pages called text/html": _opf("application/xhtml+xml", "text/html"),
    "a package document behind a comment": _opf("<package", "<!-- made by hand --><package"),
    "a package document with a document type": _opf(
        "<package", '<!DOCTYPE package PUBLIC "+//ISBN//DTD OEB" "o.dtd"><package'
    ),
    "an unknown version": _opf('version="3.0"', 'version="9"'),
    "a guide that leads nowhere": _opf(
        "</package>", '<guide><reference type="toc" href="gone.xhtml"/></guide></package>'
    ),
    "two titles and two languages": _opf("<dc:title>", "<dc:title></dc:title><dc:language/><dc:title>"),
    "no table of contents": Shape(pages=chapters(*_BOTH), titles=_BOTH),
    "an NCX": _listed(maker.ncx(("c0.xhtml", "One"), ("c1.xhtml", "Two"))),
    "an NCX whose entries lead nowhere": _listed(maker.ncx(("x.xhtml", "One"), ("y.xhtml", "Two"))),
    "a nav whose anchors are gone": _listed(maker.nav(("c0.xhtml#a", "One"), ("c1.xhtml#b", "Two"))),
    "a nav with empty titles": _listed(maker.nav(("c0.xhtml", ""), ("c1.xhtml", ""))),
    "a nav in capitals of another name": _listed(maker.nav(("C0.XHTML", "One"), ("c1.xhtml", "Two"))),
    "a name with signs for its characters": _renamed("a b ü.xhtml", "a%20b%20%C3%BC.xhtml"),
    "a name with a space": _renamed("a b.xhtml", "a b.xhtml"),
    "a name in another case": _renamed("Text.xhtml", "text.xhtml"),
    "a name with a step up": _renamed("a.xhtml", "../OEBPS/a.xhtml"),
    "elements that are not closed": _broken("<p>He came.<p>He went.<br>Then <i>nothing.", "He came."),
    "elements in capitals": _broken("<P>He came.</P></BODY></HTML>", "He came."),
    "an ampersand alone": _broken("<p>R&D and A & B.</p></body></html>", "R&D and A & B."),
    "entities of web pages": _broken("<p>Caf&eacute;&nbsp;&mdash; yes.</p></body></html>", "Café — yes."),
    "an attribute twice": _broken("<p class='a' class='b'>He came.</p></body></html>", "He came."),
    "text behind the end": _broken("</body></html><p>He came.</p>", "He came."),
    "control characters": _broken("<p>He\x0b came\x00.</p></body></html>", "came"),
    "a mark of byte order": _bytes(b"\xef\xbb\xbf" + _CAFE.encode(), _GOES),
    "UTF-16 with its mark": _bytes(_CAFE.encode("utf-16"), _GOES),
    "Windows-1252 that is not declared": _bytes(_CAFE.encode("cp1252"), _GOES),
    "Windows-1252 declared as UTF-8": _bytes(b"<?xml version='1.0' encoding='utf-8'?>" + _CAFE.encode("cp1252"), _GOES),
    "a blank line before the declaration": _bytes(
        b"\n\n<?xml version='1.0' encoding='utf-8'?>" + _CAFE.encode(), _GOES
    ),
    "Polish in Windows-1250": _bytes(
        f"<html><body><h1>I</h1><p>{PROSE['pl']}</p></body></html>".encode("cp1250"), PROSE["pl"], "pl"
    ),
    "Russian in Windows-1251": _bytes(
        f"<html><body><h1>I</h1><p>{PROSE['ru']}</p></body></html>".encode("cp1251"), PROSE["ru"], "ru"
    ),
    "stacks of folders": Shape(
        pages={"a/b/c/1.xhtml": page(STORY, title="One")}, titles=("One",), contents=maker.nav(("a/b/c/1.xhtml", "One"))
    ),
}
