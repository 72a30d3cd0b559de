"""The metadata of an audiobook as an OPF package, which Audiobookshelf and Calibre read beside it. Pure."""

from lxml import etree

from swarm.audiobook.sound.tags import GENRE_SEPARATOR, Tags, clean_tag

OPF = "http://www.idpf.org/2007/opf"
DC = "http://purl.org/dc/elements/1.1/"
AUTHOR, NARRATOR, TRANSLATOR = "aut", "nrt", "trl"  # roles
CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])  # characters that XML cannot have


def write_opf(tags: Tags) -> bytes:
    """Return the package document, without a manifest: it describes sound, not pages."""
    package = etree.Element(f"{{{OPF}}}package", {"version": "2.0"}, nsmap={None: OPF})
    metadata = etree.SubElement(package, f"{{{OPF}}}metadata", nsmap={"dc": DC})
    _add(metadata, "title", tags.title)
    _add(metadata, "subtitle", tags.subtitle)  # not one of Dublin Core's, but Audiobookshelf looks for it
    for author in tags.authors:
        _add(metadata, "creator", author, "role", AUTHOR)
    _add(metadata, "creator", tags.narrator, "role", NARRATOR)
    _add(metadata, "contributor", tags.translator, "role", TRANSLATOR)
    _add(metadata, "publisher", tags.publisher)
    _add(metadata, "date", tags.year)
    _add(metadata, "description", tags.description)
    _add(metadata, "language", tags.language)
    _add(metadata, "rights", tags.rights)
    _add(metadata, "identifier", tags.isbn, "scheme", "ISBN")
    _add(metadata, "identifier", tags.asin, "scheme", "ASIN")
    for genre in tags.genre.split(GENRE_SEPARATOR):
        _add(metadata, "subject", genre)
    series = (("calibre:series", tags.series), ("calibre:series_index", tags.series and tags.series_number))
    for name, value in (*series, ("calibre:title_sort", tags.title_sort)):
        if _clean(value):
            etree.SubElement(metadata, f"{{{OPF}}}meta", {"name": name, "content": _clean(value)})
    return bytes(etree.tostring(package, encoding="utf-8", xml_declaration=True, pretty_print=True))


def _add(metadata: etree._Element, name: str, text: str, attribute: str = "", value: str = "") -> None:
    """Add an element of Dublin Core, unless its text is empty."""
    if _clean(text):
        element = etree.SubElement(metadata, f"{{{DC}}}{name}", nsmap={"opf": OPF} if attribute else None)
        element.text = _clean(text)
        if attribute:
            element.set(f"{{{OPF}}}{attribute}", value)


def _clean(text: str) -> str:
    return clean_tag(text).translate(CONTROLS)
