"""Mends a package document before ebooklib reads it, which raises for many small faults."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from lxml import etree

from swarm.book.page.encoding import as_utf_8

OPF = "http://www.idpf.org/2007/opf"
NOTHING = "a line of its reading order names nothing"
DC = "http://purl.org/dc/elements/1.1/"


def mend(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return a package document that ebooklib can read, and what was odd about it; the same bytes if nothing is."""
    text, odd = as_utf_8(data)
    try:
        root = etree.fromstring(text, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        return data, ()
    faults = [f"its package document: {odd}"] if odd else []
    if _is_in_another_namespace(root):
        faults.append("its package document is of an old or unknown form")
        root = _in_namespace(root)
    if root.tag != f"{{{OPF}}}package" or root.find(f"{{{OPF}}}manifest") is None:
        return data, ()
    faults += [*_mend_sections(root), *_mend_manifest(root), *_mend_spine(root)]
    return (etree.tostring(root), tuple(faults)) if faults else (data, ())


def _is_in_another_namespace(root: etree._Element) -> bool:
    name = etree.QName(root)
    return bool(name.localname == "package" and name.namespace != OPF)


def _in_namespace(root: etree._Element) -> etree._Element:
    """Return the same tree in the namespaces of EPUB 2; Dublin Core's elements were in capitals then."""
    made = etree.Element(f"{{{OPF}}}package", dict(root.attrib), nsmap={None: OPF, "dc": DC})
    for element in root.iterchildren("*"):
        section = etree.SubElement(made, f"{{{OPF}}}{etree.QName(element).localname}", dict(element.attrib))
        for line in element.iterdescendants("*"):
            tag, namespace = etree.QName(line).localname, etree.QName(line).namespace or ""
            if tag in ("dc-metadata", "x-metadata"):
                continue
            is_core = "dublin_core" in namespace or "purl.org/dc" in namespace
            name = f"{{{DC}}}{tag.lower()}" if is_core else f"{{{OPF}}}{tag}"
            etree.SubElement(section, name, dict(line.attrib)).text = line.text
    return made


def _mend_sections(root: etree._Element) -> Iterator[str]:
    """Add the metadata, and take Dublin Core's elements out of the groups that old packages put them in."""
    metadata = root.find(f"{{{OPF}}}metadata")
    if metadata is None:
        yield "its package document has no metadata"
        root.insert(0, etree.Element(f"{{{OPF}}}metadata", nsmap={None: OPF, "dc": DC}))
        return
    for group in [*metadata.iterchildren(f"{{{OPF}}}dc-metadata", f"{{{OPF}}}x-metadata")]:
        yield "its metadata are in groups, as in old books"
        for line in [*group]:
            metadata.append(line)
        metadata.remove(group)


def _mend_manifest(root: etree._Element) -> Iterator[str]:
    """Remove lines of the manifest that name no file."""
    manifest = root.find(f"{{{OPF}}}manifest")
    for line in [*manifest]:
        if isinstance(line.tag, str) and not (line.get("id") and line.get("href")):
            yield "a line of its manifest names no file"
            manifest.remove(line)


def _mend_spine(root: etree._Element) -> Iterator[str]:
    """Remove a table of contents that leads nowhere, and lines that name nothing or a file that is easily found."""
    spine, manifest = root.find(f"{{{OPF}}}spine"), root.find(f"{{{OPF}}}manifest")
    if spine is None:
        return
    ids = {line.get("id"): line.get("href") for line in manifest.iterchildren("*")}
    if spine.get("toc") and spine.get("toc") not in ids:
        yield f"its reading order names a table of contents that is not there: {spine.get('toc')!r}"
        del spine.attrib["toc"]
    by_name = {name: key for key, href in ids.items() for name in (href, PurePosixPath(href).stem)}
    for line in [*spine.iterchildren("*")]:
        named = line.get("idref")
        if named in ids:
            continue
        if named and named in by_name:
            yield f"a line of its reading order names a file in place of its id: {named!r}"
            line.set("idref", by_name[named])
        elif not named:
            yield NOTHING
            spine.remove(line)
