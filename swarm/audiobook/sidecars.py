"""The files that keep an audiobook company: subtitles, cover, metadata and cue sheets."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.audiobook.press import Press
from swarm.audiobook.sound.reel import Cue, Volume
from swarm.audiobook.sound.studio_request import AudiobookDone
from swarm.audiobook.sound.subtitle import SubtitleLine, write_cue_sheet, write_subtitles
from swarm.audiobook.sound.tags import GENRE_SEPARATOR, Tags, clean_tag
from swarm.audiobook.style import COVER, CUE, OPF, Style
from swarm.book.model.book import Chapter, WordTime
from swarm.job.state import Place
from swarm.system.disk import OUTPUT_OPTION, guarded, replace_file

if TYPE_CHECKING:
    from lxml import etree

WordsOf = Callable[[Place], Sequence[WordTime]]

COVER_ENDINGS = {"mjpeg": "jpg", "png": "png"}
PACKAGE_SPACE = "http://www.idpf.org/2007/opf"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
AUTHOR, NARRATOR, TRANSLATOR = "aut", "nrt", "trl"  # roles
CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])  # characters that XML cannot have


def no_words(place: Place) -> Sequence[WordTime]:
    """Return no times: only whole sentences have some."""
    return ()


def write_sidecars(
    press: Press, style: Style, chapters: Sequence[Chapter], target: Path, words: WordsOf = no_words
) -> list[Path]:
    """Write the files that the style wants beside an audiobook, and return them. Raises StoreError.

    `words` tells when the words of a place begin in its clip.
    """
    written = []
    for path, data in _sidecars(press, style, chapters, target, words):
        with guarded(path, OUTPUT_OPTION):
            replace_file(path, data)
        written.append(path)
    return written


def _sidecars(
    press: Press, style: Style, chapters: Sequence[Chapter], target: Path, words: WordsOf
) -> Iterator[tuple[Path, bytes]]:
    for volume, book in press.bound:
        if style.subtitles:
            text = write_subtitles(style.subtitles, _lines(press.cues(volume), chapters, words), press.tags(volume))
            yield _beside(book.path, style.subtitles), text.encode()
        if CUE in style.beside:
            yield from _cue_sheet(press, volume, book)
    if COVER in style.beside:
        yield from _cover(press, target, style)
    if OPF in style.beside:
        yield _of_book(target, style, "metadata.opf"), write_opf(style.tags)


def _lines(cues: Sequence[Cue], chapters: Sequence[Chapter], words: WordsOf) -> list[SubtitleLine]:
    return [_line(cue, chapters[cue.chapter].segments[cue.index].written, words) for cue in cues]


def _line(cue: Cue, written: str, words: WordsOf) -> SubtitleLine:
    """Return a sentence with the moments of its words; subtitles have single spaces."""
    text = " ".join(written.split())
    heard = [
        (len(f"{' '.join(written[:at].split())} ".lstrip()), cue.start_s + s)
        for at, s in words((cue.chapter, cue.index))
    ]
    moments = [(place / len(text), moment_s) for place, moment_s in heard if place < len(text)]
    return SubtitleLine(cue.start_s, cue.end_s, text, tuple(each for each in moments if each[1] < cue.end_s))


def _cue_sheet(press: Press, volume: Volume, book: AudiobookDone) -> Iterator[tuple[Path, bytes]]:
    """Yield the cue sheet of a file, if it has several chapters."""
    from swarm.audiobook.sound.container import embedded_chapters  # imports FFmpeg

    with guarded(book.path):
        marks = embedded_chapters(book.path)
    if len(marks) > 1:
        yield _beside(book.path, "cue"), write_cue_sheet(book.path.name, press.tags(volume), marks).encode()


def _cover(press: Press, target: Path, style: Style) -> Iterator[tuple[Path, bytes]]:
    """Yield the cover that is inside the first file."""
    from swarm.audiobook.sound.container import embedded_cover  # imports a library of pictures

    _, book = press.bound[0]
    with guarded(book.path):
        cover = embedded_cover(book.path)
    if cover:
        yield _of_book(target, style, f"cover.{COVER_ENDINGS[cover.codec]}"), cover.data


def _of_book(target: Path, style: Style, name: str) -> Path:
    """Return the path of a file of the whole book: in the folder of its files if it is split, else beside its file."""
    return target.with_suffix("") / name if style.split else _beside(target, name)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name.rpartition('.')[0]}.{ending}")


def write_opf(tags: Tags) -> bytes:
    """Return the metadata as an OPF package, which Audiobookshelf and Calibre read; it has no manifest of pages."""
    from lxml import etree  # few users ask for it, and all others start sooner

    package = etree.Element(f"{{{PACKAGE_SPACE}}}package", {"version": "2.0"}, nsmap={None: PACKAGE_SPACE})
    metadata = etree.SubElement(package, f"{{{PACKAGE_SPACE}}}metadata", nsmap={"dc": DUBLIN_CORE})
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
            etree.SubElement(metadata, f"{{{PACKAGE_SPACE}}}meta", {"name": name, "content": _clean(value)})
    return bytes(etree.tostring(package, encoding="utf-8", xml_declaration=True, pretty_print=True))


def _add(metadata: "etree._Element", name: str, text: str, attribute: str = "", value: str = "") -> None:
    """Add an element of Dublin Core, unless its text is empty."""
    from lxml import etree

    if _clean(text):
        element = etree.SubElement(
            metadata, f"{{{DUBLIN_CORE}}}{name}", nsmap={"opf": PACKAGE_SPACE} if attribute else None
        )
        element.text = _clean(text)
        if attribute:
            element.set(f"{{{PACKAGE_SPACE}}}{attribute}", value)


def _clean(text: str) -> str:
    return clean_tag(text).translate(CONTROLS)
