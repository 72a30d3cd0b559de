"""Makes small EPUBs for tests, damaged ones on request."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
METADATA = (
    '<dc:identifier id="uid">test:1</dc:identifier><dc:title>A Test</dc:title>'
    "<dc:creator>Ann Author</dc:creator><dc:language>en-GB</dc:language>"
)


def page(body: str, *, body_type: str = "") -> str:
    """Return an XHTML document."""
    return (
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f'<head><title>Not to be read</title></head><body epub:type="{body_type}">{body}</body></html>'
    )


def nav(*entries: tuple[str, str], landmarks: str = "") -> str:
    """Return a nav document whose entries are (reference, title)."""
    lines = "".join(f'<li><a href="{reference}">{title}</a></li>' for reference, title in entries)
    return page(f'<nav epub:type="toc"><ol>{lines}</ol></nav>{landmarks}')


def ncx(*entries: tuple[str, str]) -> str:
    """Return an NCX whose entries are (reference, title)."""
    points = "".join(
        f'<navPoint id="n{number}"><navLabel><text>{title}</text></navLabel><content src="{reference}"/></navPoint>'
        for number, (reference, title) in enumerate(entries)
    )
    return f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{points}</navMap></ncx>'


def opf(
    pages: Mapping[str, str], *, metadata: str = METADATA, manifest: str = "", spine: str = "", toc: str = ""
) -> str:
    """Return a package document with all pages in the manifest and in the spine, and more lines on request."""
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in pages)
    if toc == "nav":
        items += '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    if toc == "ncx":
        items += '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    lines = "".join(f'<itemref idref="{name}"/>' for name in pages)
    return (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="uid">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{items}{manifest}</manifest><spine{' toc=' + chr(34) + 'ncx' + chr(34) if toc == 'ncx' else ''}>"
        f"{lines}{spine}</spine></package>"
    )


def pack(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a zip file with exactly these entries."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def make(
    folder: Path,
    pages: Mapping[str, str],
    *,
    contents: str = "",
    metadata: str = METADATA,
    manifest: str = "",
    spine: str = "",
    more: Mapping[str, str | bytes] | None = None,
    without: tuple[str, ...] = (),
) -> Path:
    """Write an EPUB; `contents` is a nav document or an NCX, `without` are the names of missing entries."""
    toc = "" if not contents else "ncx" if contents.startswith("<ncx") else "nav"
    files: dict[str, str | bytes] = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER}
    files["OEBPS/content.opf"] = opf(pages, metadata=metadata, manifest=manifest, spine=spine, toc=toc)
    files |= {f"OEBPS/{name}": content for name, content in pages.items()}
    if toc:
        files["OEBPS/toc.ncx" if toc == "ncx" else "OEBPS/nav.xhtml"] = contents
    files |= dict(more or {})
    return pack(folder / "book.epub", {name: content for name, content in files.items() if name not in without})
