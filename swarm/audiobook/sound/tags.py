"""The tags of a finished file, and the form that FFmpeg takes them in."""

import re

from msgspec import Struct

from swarm.audiobook.sound.format import Family

MAX_TAG_CHARACTERS = 4000
GENRE = "Audiobook"
GENRE_SEPARATOR = "; "  # between several genres, where Audiobookshelf and others look for it
LANGUAGE = re.compile("[a-z]{3}")


class Tags(Struct, frozen=True):
    """A book as players and libraries list it; empty values are left out of the file."""

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
    asin: str = ""
    genre: str = GENRE
    translator: str = ""
    rights: str = ""
    title_sort: str = ""
    author_sort: str = ""
    part_title: str = ""  # the file's own title, if the book is several files
    part: int = 0
    parts: int = 0

    @property
    def file_title(self) -> str:
        """The title of the one file that has these tags."""
        return self.part_title or self.title

    @property
    def file_title_sort(self) -> str:
        """The sort name of the file's title; a part has none."""
        return "" if self.part_title else self.title_sort

    @property
    def author(self) -> str:
        """All authors in one text."""
        return ", ".join(self.authors)

    @property
    def track(self) -> str:
        """The number of this file among several, as "2/9"."""
        return f"{self.part}/{self.parts}" if self.parts else ""


def ffmpeg_tags(tags: Tags, family: Family) -> dict[str, str]:
    """Return the tags of an Ogg, FLAC or WAV by FFmpeg's names; MP3 has `id3.py`, MP4 `mp4_tags.py`."""
    found = {
        "title": tags.file_title,
        "album": tags.title,
        "artist": tags.author,
        "album_artist": tags.author,
        "composer": tags.narrator,  # audiobooks keep the narrator here
        "date": tags.year,
        "genre": tags.genre,
        "track": tags.track,
        **(
            _vorbis(tags)
            if family != "wav"
            else {"comment": tags.description, "language": tags.language, "copyright": tags.rights}
        ),
    }
    return {name: clean_tag(value) for name, value in found.items() if clean_tag(value)}


def clean_tag(value: str) -> str:
    """Return a value as it may be written: bounded, without what ends a string."""
    return value.replace("\0", "").encode(errors="replace").decode()[:MAX_TAG_CHARACTERS]


def comment_language(tags: Tags) -> str:
    """Return the language that an ID3 comment names, three letters."""
    return tags.language if LANGUAGE.fullmatch(tags.language) else "und"


def _vorbis(tags: Tags) -> dict[str, str]:
    return {
        "SUBTITLE": tags.subtitle,
        "NARRATOR": tags.narrator,
        "PUBLISHER": tags.publisher,
        "LANGUAGE": tags.language,
        "DESCRIPTION": tags.description,
        "SERIES": tags.series,
        "SERIES-PART": tags.series_number,
        "MOVEMENTNAME": tags.series,
        "MOVEMENT": tags.series_number,
        "ISBN": tags.isbn,
        "ASIN": tags.asin,
        "TRANSLATOR": tags.translator,
        "COPYRIGHT": tags.rights,
        "TITLESORT": tags.file_title_sort,
        "ALBUMSORT": tags.title_sort,
        "ARTISTSORT": tags.author_sort,
        "ALBUMARTISTSORT": tags.author_sort,
    }
