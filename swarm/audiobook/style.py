"""The style of an edition's files: the user's choices, completed from the book and its voice."""

import hashlib
from functools import cached_property
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from swarm.audiobook.sound.format import FORMATS, Coding, Format, Level, make_coding, read_level
from swarm.audiobook.sound.reel import PAUSE_LENGTHS_S, START, START_S, VARY, VARY_SHARE, varied_s
from swarm.audiobook.sound.studio_request import MAX_COVER_BYTES
from swarm.audiobook.sound.tags import GENRE, GENRE_SEPARATOR, Tags
from swarm.book.model.book import Pause, Segment, picture_kind
from swarm.book.model.language_code import long_code
from swarm.book.speech.script import part_form
from swarm.config import StyleConfig
from swarm.errors import UsageError
from swarm.job.spec import JobSpec

CHAPTER_SPLIT = "chapter"
COVER, OPF, CUE = "cover", "opf", "cue"  # files that may stand beside an audiobook
TAG_FIELDS = {"series-part": "series_number", "title-sort": "title_sort", "author-sort": "author_sort"}
STYLE_FORMAT = 5  # raise it to have finished files written again: the digest of each style contains it


class Style(Struct, frozen=True, dict=True):
    """Everything that decides the files of an edition, except the clips."""

    tags: Tags
    cover: bytes | None = None
    output_format: str = "m4b"
    split: str = ""
    bitrate: int = 0
    channels: int = 1
    sample_rate: int = 0
    level: Level = Level()
    subtitles: str = ""
    keep_chapters: bool = False
    report_html: bool = False
    read_along: bool = False
    read_along_words: bool = False
    beside: tuple[str, ...] = ()  # COVER, OPF, CUE
    part_form: str = "{}/{}"  # the title of one of several files of some hours, by its number and how many there are
    pauses_s: tuple[tuple[str, float], ...] = ()  # kind and length of those that differ from the default; VARY

    @cached_property
    def digest(self) -> str:
        """A digest that is the same for styles that make the same files."""
        return hashlib.sha256(msgspec.msgpack.encode((STYLE_FORMAT, self))).hexdigest()[:16]

    @property
    def format(self) -> Format:
        """The format of the files."""
        return FORMATS[self.output_format]

    def pause_s(self, pause: Pause) -> float:
        """Return the usual seconds of a pause."""
        return dict(self.pauses_s).get(pause.value, PAUSE_LENGTHS_S[pause])

    def pause_after_s(self, segment: Segment, place: tuple[int, int]) -> float:
        """Return the seconds of the pause after the segment in a place."""
        share = dict(self.pauses_s).get(VARY, VARY_SHARE)
        return varied_s(segment.pause, self.pause_s(segment.pause), share, segment.spoken, place)

    @property
    def start_s(self) -> float:
        """The seconds of silence at the head of each file."""
        return dict(self.pauses_s).get(START, START_S)

    def coding(self, voice_rate: int) -> Coding:
        """Return how to encode a voice of a rate in Hz."""
        return make_coding(self.output_format, voice_rate, self.sample_rate, self.channels, self.bitrate)


def make_style(config: StyleConfig, spec: JobSpec) -> Style:
    """Complete what the user asked for. Raises UsageError if the cover cannot be read."""
    book = spec.book
    return Style(
        tags=_make_tags(config, spec),
        cover=read_cover(config.cover) if config.cover else book.cover.data if book.cover else None,
        output_format=config.output_format,
        split=config.split,
        bitrate=config.bitrate,
        channels=config.channels,
        sample_rate=config.sample_rate,
        level=read_level(config.loudness),
        subtitles=config.subtitles,
        report_html=config.report_html,
        read_along=config.read_along,
        read_along_words=config.read_along_words,
        beside=config.beside,
        keep_chapters=config.keep_chapters and config.split != CHAPTER_SPLIT,
        part_form=part_form(spec.recipe.language),
        pauses_s=config.pauses_s,
    )


def _make_tags(config: StyleConfig, spec: JobSpec) -> Tags:
    """Return the book's own tags, with those that the user gave in their place."""
    book, library = spec.book, spec.book.library
    tags = Tags(
        title=config.title or book.title,
        authors=(config.author,) if config.author else book.authors,
        subtitle=book.subtitle,
        narrator=config.narrator or f"{spec.voice_name} ({spec.recipe.engine})",
        series=book.series,
        series_number=book.series_number,
        year=book.year,
        publisher=book.publisher,
        description=book.description,
        language=long_code(spec.recipe.language),
        isbn=book.isbn,
        asin=library.asin,
        genre=GENRE_SEPARATOR.join((GENRE, *(subject.replace(";", ",") for subject in library.subjects))),
        translator=", ".join(library.translators),
        rights=library.rights,
        title_sort="" if config.title else library.title_sort,
        author_sort="" if config.author else library.author_sort,
    )
    return replace(tags, **{TAG_FIELDS.get(kind, kind): text for kind, text in config.tags})


def read_cover(path: Path) -> bytes:
    """Read the user's own cover picture. Raises UsageError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_COVER_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--cover {path} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_COVER_BYTES:
        raise UsageError(f"--cover {path} is larger than {MAX_COVER_BYTES >> 20} MiB: name a smaller picture.")
    if not picture_kind(data):
        raise UsageError(f"--cover {path} is no picture that players show: name a JPEG or PNG file.")
    return data
