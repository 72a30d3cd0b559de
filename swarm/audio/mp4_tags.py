"""Writes the tags and the cover of an M4B or M4A with mutagen, into room that FFmpeg leaves in its list of tags.

The room is an atom as large as all of them, `HOLDER`. So nothing behind the tags moves: the index stays in front of the
sound, and a book of ten hours is finished without being copied.
"""

from typing import IO

from mutagen import mp4

from swarm.audio.cover import Picture
from swarm.audio.tags import Tags, clean_tag

HOLDER = "lyrics"  # FFmpeg's name of the atom that keeps the room, and which is gone afterwards
ATOM_BYTES = 128  # more than the heads of any one tag take
FREE = "----:com.apple.iTunes:"
AUDIOBOOK = 2  # the kind of media, to Apple's players


def room_for(tags: Tags, picture: Picture | None) -> str:
    """Return the text of the holder: as long as the tags and the cover will be at most."""
    texts = [*_texts(tags).values(), *_free_texts(tags).values()]
    size = sum(len(text.encode()) + ATOM_BYTES for text in texts) + 5 * ATOM_BYTES
    return " " * (size + (len(picture.data) if picture else 0))


def write_mp4_tags(file: IO[bytes], tags: Tags, picture: Picture | None) -> None:
    """Put the tags in the holder's place, in a finished file that is open for reading and writing. Raises OSError."""
    atoms = mp4.MP4Tags()
    atoms.update({name: [text] for name, text in _texts(tags).items()})
    for name, text in _free_texts(tags).items():
        atoms[FREE + name] = [mp4.MP4FreeForm(text.encode(), mp4.AtomDataType.UTF8)]
    atoms["stik"] = [AUDIOBOOK]
    if tags.series and tags.series_number.isdecimal():
        atoms["\xa9mvi"] = [int(tags.series_number)]
    if tags.parts:
        atoms["trkn"] = [(tags.part, tags.parts)]
    if picture:
        kind = mp4.MP4Cover.FORMAT_JPEG if picture.codec == "mjpeg" else mp4.MP4Cover.FORMAT_PNG
        atoms["covr"] = [mp4.MP4Cover(picture.data, kind)]
    atoms.save(file, padding=lambda info: max(0, info.padding))


def _texts(tags: Tags) -> dict[str, str]:
    """Return the tags that have an atom of their own."""
    return _given(
        {
            "\xa9nam": tags.file_title,
            "\xa9alb": tags.title,
            "\xa9ART": tags.author,
            "aART": tags.author,
            "\xa9wrt": tags.narrator,  # the composer, which is where audiobooks have it
            "\xa9day": tags.year,
            "\xa9gen": tags.genre,
            "\xa9cmt": tags.description,
            "desc": tags.description,
            "ldes": tags.description,
            "cprt": tags.rights,
            "sonm": tags.file_title_sort,
            "soal": tags.title_sort,
            "soar": tags.author_sort,
            "soaa": tags.author_sort,
            "\xa9mvn": tags.series,
            "tvsh": tags.series,
            "tven": tags.series_number,
        }
    )


def _free_texts(tags: Tags) -> dict[str, str]:
    """Return the tags that have none, by the names that Audiobookshelf and Mp3tag use."""
    return _given(
        {
            "SUBTITLE": tags.subtitle,
            "NARRATOR": tags.narrator,
            "SERIES": tags.series,
            "SERIES-PART": tags.series_number,
            "PUBLISHER": tags.publisher,
            "ISBN": tags.isbn,
            "ASIN": tags.asin,
            "TRANSLATOR": tags.translator,
            "LANGUAGE": tags.language,
        }
    )


def _given(texts: dict[str, str]) -> dict[str, str]:
    clean = {name: clean_tag(text) for name, text in texts.items()}
    return {name: text for name, text in clean.items() if text}
