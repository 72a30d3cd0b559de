"""What a command was asked to do, as plain values. Built by `commands/`, read by everything else."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swarm.job.reading import Reading
    from swarm.job.recipe import Setting

DEFAULT_PORT = 5847
ASSETS_LIMIT = 20_000_000_000
ENV_HOME = "E2A_SWARM_HOME"  # the state folder
ENV_KEY = "E2A_SWARM_KEY"  # the swarm's key, for containers
ENV_CREDENTIALS = (
    "CREDENTIALS_DIRECTORY"  # the folder in which systemd lays what LoadCredential= names; the name is systemd's
)
ENV_COORDINATOR = "E2A_SWARM_COORDINATOR"  # host[:port], tried before anything that is found
ENV_OFFLINE = "HF_HUB_OFFLINE"  # "1": no model is downloaded; the name is Hugging Face's
ENV_ASSETS_LIMIT = "E2A_SWARM_ASSETS_LIMIT"  # GB of voices and models that a worker keeps
ENV_ABS_TOKEN = "E2A_SWARM_ABS_API_TOKEN"  # the Audiobookshelf server's token; other users can see options only
ENV_VERIFY = "E2A_SWARM_VERIFY"  # the recogniser that listens to each clip: a name of faster-whisper's, or a folder
ENV_LOG = "E2A_SWARM_LOG"  # the file that runs write their messages and decisions to
ENV_BIND = "E2A_SWARM_BIND"  # the address coordinators listen on and mDNS speaks from; default: all
Span = tuple[int, int]  # minutes of the day, the second not included; it runs over midnight where the second is smaller


def state_folder(chosen: str | Path | None = None) -> Path:
    """Return where jobs, clips and the key live: --state-dir, else E2A_SWARM_HOME, else the platform's place."""
    if chosen or os.environ.get(ENV_HOME):
        return Path(chosen or os.environ[ENV_HOME]).expanduser().absolute()
    from platformdirs import user_data_path  # not at import time: --help must be quick

    return user_data_path("e2a-swarm", appauthor=False)


def may_download() -> bool:
    """Return whether models that are not here may be downloaded."""
    return os.environ.get(ENV_OFFLINE, "").upper() not in ("1", "ON", "YES", "TRUE")


@dataclass(frozen=True, kw_only=True)
class StyleConfig:
    """How the finished file is to be: nothing here has a sentence spoken again."""

    output_format: str = "m4b"
    split: str = ""  # "chapter", or hours: "6h"; empty: one file
    bitrate: int = 0  # bit/s; 0: what the format takes for speech
    channels: int = 1
    sample_rate: int = 0  # Hz; 0: the voice's own, where the format has it
    title: str = ""  # empty: the book's own
    author: str = ""  # empty: the book's own
    narrator: str = ""  # empty: the voice
    cover: Path | None = None
    loudness: str = "-18"  # LUFS, or "off", or "acx"
    keep_chapters: bool = False  # a file a chapter too, while the rest is spoken
    report_html: bool = False
    subtitles: str = ""  # "vtt", "srt", "lrc"
    read_along: bool = False  # the EPUB with its sound too
    pauses_s: tuple[tuple[str, float], ...] = ()  # by the kind of pause, sorted; the others are as usual


@dataclass(frozen=True, kw_only=True)
class RedoConfig:
    """Which sentences to speak once more. Chapters and sentences count from 1, as reports do."""

    segments: tuple[tuple[int, int, int], ...] = ()  # chapter, first sentence, last sentence
    chapters: tuple[int, ...] = ()
    doubtful: bool = False


@dataclass(frozen=True, kw_only=True)
class UploadConfig:
    """An Audiobookshelf server that finished audiobooks are uploaded to."""

    server: str  # its address, as in a browser, without a slash at the end
    token: str = field(repr=False)
    abs_library_id: str = ""  # empty: the only one for books


@dataclass(frozen=True, kw_only=True)
class RenderConfig:
    """How books are to sound and where they go; common to convert and coordinate."""

    books: tuple[Path, ...]
    output_dir: Path
    state_dir: Path
    found: frozenset[Path] = frozenset()  # those books that a folder held: one that cannot be read stops no other
    output_url: str = ""  # where files go in place of the folder: s3://bucket/folder, sftp://host/folder
    upload: UploadConfig | None = None
    style: StyleConfig = StyleConfig()
    engine: str = ""  # empty: the embedded voice for the book's language
    model: str = ""  # one of several that the engine has; empty: its usual one
    voice: str = ""
    voice_file: Path | None = None  # a recording to speak like
    custom_model: Path | None = None  # a folder or zip
    language: str = ""
    chapters: str = ""  # "1-3,7"; empty: the whole book
    redo: RedoConfig | None = None
    preview_s: float = 0.0  # only so much of the beginning; 0: all
    lexicon: Path | None = None  # how words are to be said
    reading: "Reading | None" = None  # which words of the book; None: as a listener would expect
    settings: "dict[str, Setting]" = field(default_factory=dict)  # of the engine, as given; its card checks them
    on_failure: str = "finish"  # or "stop"
    min_workers: int = 0
    allow_sleep: bool = False
    assets_limit: int = ASSETS_LIMIT  # bytes that convert's own worker keeps of voices and models


@dataclass(frozen=True, kw_only=True)
class CoordinateConfig:
    """A coordinator: what to render and where to listen."""

    render: RenderConfig
    bind: str = ""  # empty: every interface, IPv6 too
    port: int | None = None  # None: 5847, else the next free one
    open: bool = False  # no key, no encryption
    advertise: bool = True


@dataclass(frozen=True, kw_only=True)
class WorkConfig:
    """A worker: what it computes on and whom it serves."""

    state_dir: Path
    devices: tuple[str, ...]  # one a slot: "cpu:0", "cuda:0"
    coordinator: str = ""  # host[:port]; empty: found
    open: bool = False
    exit_when_done: bool = False
    limits: "Limits | None" = None  # when it may work; None: always
    assets_limit: int = ASSETS_LIMIT  # bytes kept of voices and models that coordinators sent
    name: str = ""
    allow_sleep: bool = False


@dataclass(frozen=True)
class Limits:
    """What an operator allows; as it is here: everything."""

    hours: tuple[Span, ...] = ()  # local time; none: always
    max_temperature: int | None = None  # degrees Celsius
    idle_only: bool = False

    @property
    def watch_gpus(self) -> bool:
        """Whether keeping them needs readings of the GPUs."""
        return self.idle_only or self.max_temperature is not None
