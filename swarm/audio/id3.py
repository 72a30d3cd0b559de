"""Makes ID3 tags with cover and chapters, which stand in front of an MP3 and in a chunk of a WAV.

Version 2.3: of frames inside frames, as chapters have them, readers take the sizes of version 2.4 differently.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from mutagen import id3

from swarm.audio.cover import Picture
from swarm.audio.tags import Tags, clean_tag, comment_language

if TYPE_CHECKING:
    from av.container.core import Chapter  # only the stubs of PyAV have it

HEAD_BYTES = 10
MAX_TABLE = 255  # entries of a table of contents, which counts them in one byte; readers find chapters without it too
SORT_NAMES = frozenset({"TSOT", "TSOA", "TSOP"})
NO_OFFSET = 0xFFFFFFFF  # a chapter is found by its time, not by a place in the file


def id3_tag(tags: Tags, picture: Picture | None, chapters: "Sequence[Chapter]", room_bytes: int = 0) -> bytes:
    """Return a whole tag, padded to `room_bytes` where it is shorter.

    Chapters stand in their order: mutagen would sort a tag's frames by size, and some readers do not sort by time.
    """
    frames = (*_texts(tags), *_pictures(picture), *_table(chapters), *map(_chapter, range(len(chapters)), chapters))
    body = b"".join(map(_rendered, frames))
    body += bytes(max(0, room_bytes - HEAD_BYTES - len(body)))
    size: bytes = id3.BitPaddedInt.to_str(len(body), width=4)
    return b"ID3\x03\0\0" + size + body


def _rendered(frame: id3.Frame) -> bytes:
    """Return a frame as it stands in a tag."""
    tag, file = id3.ID3(), BytesIO()
    tag.add(frame)
    if frame.FrameID not in SORT_NAMES:  # mutagen would drop them, although players read them in version 2.3 too
        tag.update_to_v23()
    tag.save(file, v1=0, v2_version=3, padding=lambda info: 0)
    return file.getvalue()[HEAD_BYTES:]


def _texts(tags: Tags) -> Iterator[id3.Frame]:
    plain = (
        (id3.TIT2, tags.file_title),
        (id3.TIT3, tags.subtitle),
        (id3.TALB, tags.title),
        (id3.TPE1, tags.author),
        (id3.TPE2, tags.author),
        (id3.TCOM, tags.narrator),
        (id3.TDRC, tags.year),
        (id3.TCON, tags.genre),
        (id3.TRCK, tags.track),
        (id3.TPUB, tags.publisher),
        (id3.TLAN, tags.language),
        (id3.TCOP, tags.rights),
        (id3.TSOT, tags.file_title_sort),
        (id3.TSOA, tags.title_sort),
        (id3.TSOP, tags.author_sort),
        (id3.TSO2, tags.author_sort),
        (id3.MVNM, tags.series),
        (id3.MVIN, tags.series_number),
    )
    yield from (kind(encoding=id3.Encoding.UTF8, text=[clean_tag(text)]) for kind, text in plain if clean_tag(text))
    free = (
        ("SERIES", tags.series),
        ("SERIES-PART", tags.series_number),
        ("ISBN", tags.isbn),
        ("ASIN", tags.asin),
        ("TRANSLATOR", tags.translator),
    )
    for name, text in free:
        if clean_tag(text):
            yield id3.TXXX(encoding=id3.Encoding.UTF8, desc=name, text=[clean_tag(text)])
    if clean_tag(tags.description):
        language, description = comment_language(tags), [clean_tag(tags.description)]
        yield id3.COMM(encoding=id3.Encoding.UTF8, lang=language, desc="", text=description)


def _pictures(picture: Picture | None) -> Iterator[id3.Frame]:
    if picture:
        front = id3.PictureType.COVER_FRONT
        yield id3.APIC(encoding=id3.Encoding.LATIN1, mime=picture.mime, type=front, desc="", data=picture.data)


def _table(chapters: "Sequence[Chapter]") -> Iterator[id3.Frame]:
    if 0 < len(chapters) <= MAX_TABLE:
        names = [f"ch{number}" for number in range(len(chapters))]
        flags = id3.CTOCFlags.TOP_LEVEL | id3.CTOCFlags.ORDERED
        yield id3.CTOC(element_id="toc", flags=flags, child_element_ids=names, sub_frames=[])


def _chapter(number: int, chapter: "Chapter") -> id3.Frame:
    start_ms, end_ms = (int(chapter[end] * (chapter["time_base"] or 0) * 1000) for end in ("start", "end"))
    title = id3.TIT2(encoding=id3.Encoding.UTF8, text=[chapter["metadata"]["title"]])
    return id3.CHAP(
        element_id=f"ch{number}",
        start_time=start_ms,
        end_time=end_ms,
        start_offset=NO_OFFSET,
        end_offset=NO_OFFSET,
        sub_frames=[title],
    )
