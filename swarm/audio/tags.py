"""What the finished file says of itself, in the words that each kind of container has for it."""

import re
from collections.abc import Iterator

from msgspec import Struct

from swarm.audio.format import Family

MAX_TAG_CHARACTERS = 4000
GENRE = "Audiobook"
LANGUAGE = re.compile("[a-z]{3}")


class Tags(Struct, frozen=True):
    """A book as players and libraries list it; what is empty is left out."""

    title: str
    authors: tuple[str, ...] = ()
    subtitle: str = ""
    narrator: str = ""
    series: str = ""
    series_number: str = ""
    year: str = ""
    publisher: str = ""
    description: str = ""
    language: str = ""  # ISO 639-2: "eng"
    isbn: str = ""
    genre: str = GENRE
    part_title: str = ""  # of this file, where the book is several
    part: int = 0
    parts: int = 0


def written_tags(tags: Tags, family: Family) -> dict[str, str]:
    """The tags by FFmpeg's names for a kind of container."""
    authors = ", ".join(tags.authors)
    found = {
        "title": tags.part_title or tags.title,
        "album": tags.title,
        "artist": authors,
        "album_artist": authors,
        "composer": tags.narrator,  # where audiobooks keep the narrator
        "date": tags.year,
        "genre": tags.genre,
        "track": f"{tags.part}/{tags.parts}" if tags.parts else "",
        **dict(_BY_FAMILY[family](tags)),
    }
    return {name: clean_tag(value) for name, value in found.items() if clean_tag(value)}


def free_tags(tags: Tags) -> dict[str, str]:
    """What an MP4 has no atom of its own for, by the names that Audiobookshelf and Mp3tag use."""
    found = {
        "SUBTITLE": tags.subtitle,
        "NARRATOR": tags.narrator,
        "SERIES": tags.series,
        "SERIES-PART": tags.series_number,
        "PUBLISHER": tags.publisher,
        "ISBN": tags.isbn,
        "LANGUAGE": tags.language,
    }
    return {name: clean_tag(value) for name, value in found.items() if clean_tag(value)}


def clean_tag(value: str) -> str:
    """A value as it may be written: bounded, without what ends a string."""
    return value.replace("\0", "").encode(errors="replace").decode()[:MAX_TAG_CHARACTERS]


def _mp4(tags: Tags) -> Iterator[tuple[str, str]]:
    yield "description", tags.description
    yield "comment", tags.description
    yield "show", tags.series
    yield "episode_id", tags.series_number
    yield "media_type", "2"  # an audiobook, to Apple's players


def _id3(tags: Tags) -> Iterator[tuple[str, str]]:
    yield "TIT3", tags.subtitle
    yield "publisher", tags.publisher
    yield "language", tags.language
    yield comment_language(tags), tags.description
    yield "SERIES", tags.series
    yield "SERIES-PART", tags.series_number
    yield "ISBN", tags.isbn


def comment_language(tags: Tags) -> str:
    """The language that an ID3 comment names, three letters."""
    return tags.language if LANGUAGE.fullmatch(tags.language) else "und"


def _vorbis(tags: Tags) -> Iterator[tuple[str, str]]:
    yield "SUBTITLE", tags.subtitle
    yield "NARRATOR", tags.narrator
    yield "PUBLISHER", tags.publisher
    yield "LANGUAGE", tags.language
    yield "DESCRIPTION", tags.description
    yield "SERIES", tags.series
    yield "SERIES-PART", tags.series_number
    yield "ISBN", tags.isbn


def _info(tags: Tags) -> Iterator[tuple[str, str]]:
    yield "comment", tags.description
    yield "language", tags.language


_BY_FAMILY = {"mp4": _mp4, "mp3": _id3, "ogg": _vorbis, "flac": _vorbis, "wav": _info}
