"""The configs of commands, as plain values. `commands/` builds them, and everything else reads them."""

import os
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swarm.book.model.reading_choice import Cast, Credits, Reading
    from swarm.job.spec import Setting

DEFAULT_PORT = 5847
STANDBY = "standby"  # the folder, below the state folder, of the copies of other machines' jobs
QUEUE = "queue"  # the folder, below the state folder, of a resident coordinator's queue
ASSETS_LIMIT = 20_000_000_000
ENV_HOME = "E2A_SWARM_HOME"  # the state folder
ENV_KEY = "E2A_SWARM_KEY"  # the swarm's key, for containers
ENV_CREDENTIALS = "CREDENTIALS_DIRECTORY"  # systemd's variable for the folder of the files that LoadCredential= names
ENV_STATE = "STATE_DIRECTORY"  # systemd's variable for the folder of a service that has StateDirectory=
ENV_COORDINATOR = "E2A_SWARM_COORDINATOR"  # host[:port] of the coordinator, tried before any that mDNS finds
ENV_OFFLINE = "HF_HUB_OFFLINE"  # Hugging Face's variable; "1" means that no model is downloaded
ENV_NO_DOWNLOADS = "E2A_SWARM_OFFLINE"  # "1" means the same, for this program alone
ENV_ASSETS_LIMIT = "E2A_SWARM_ASSETS_LIMIT"  # GB of voices and models that a worker keeps
ENV_ABS_TOKEN = (
    "E2A_SWARM_ABS_API_TOKEN"  # the Audiobookshelf token, since other users can see the options of a command
)
ENV_VERIFY = "E2A_SWARM_VERIFY"  # the speech recogniser of --verify: a model name of faster-whisper, or a folder
ENV_VERIFY_SAMPLE = "E2A_SWARM_VERIFY_SAMPLE"  # "1": --verify listens to a sample of the sentences
ENV_TTS_SERVER = "E2A_SWARM_TTS_SERVER"  # the URL of this machine's speech server, as --tts-server
ENV_TTS_KEY = "E2A_SWARM_TTS_KEY"  # the key of that server, since other users can see the options of a command
ENV_SPEAKER_KEY = "E2A_SWARM_SPEAKER_KEY"  # the key of the server of --speaker-server
ENV_SERVE_OPTIONS = "E2A_SWARM_SERVE_OPTIONS"  # further options of `serve`, for containers
ENV_WORK_OPTIONS = "E2A_SWARM_WORK_OPTIONS"  # further options of `work`
ENV_LOG = "E2A_SWARM_LOG"  # the log file of --log
ENV_NOTIFY = "E2A_SWARM_NOTIFY"  # the addresses of --notify, since other users can see the options of a command
ENV_BIND = "E2A_SWARM_BIND"  # the address that coordinators listen on and mDNS uses; default: all
ENV_WEB_PASSWORD = "E2A_SWARM_WEB_PASSWORD"  # the password of the page, for services and containers
Span = tuple[int, int]  # first minute of the day, and the minute after the last; a smaller second one is tomorrow's


def state_folder(chosen: str | Path | None = None) -> Path:
    """Return the state folder: --state-dir, else E2A_SWARM_HOME, else the platform's folder for data.

    Raises StoreError if it is of another version.
    """
    from swarm.system.disk import check_state  # imported here, since --help must be quick

    if chosen or os.environ.get(ENV_HOME):
        return check_state(Path(chosen or os.environ[ENV_HOME]).expanduser().absolute())
    from platformdirs import user_data_path  # imported here, since --help must be quick

    return check_state(user_data_path("e2a-swarm", appauthor=False))


def may_download() -> bool:
    """Return whether models may be downloaded, which HF_HUB_OFFLINE and E2A_SWARM_OFFLINE forbid."""
    said = (os.environ.get(name, "").upper() for name in (ENV_OFFLINE, ENV_NO_DOWNLOADS))
    return not any(word in ("1", "ON", "YES", "TRUE") for word in said)


@dataclass(frozen=True, kw_only=True)
class StyleConfig:
    """How the finished file is made. A change of these speaks no sentence again."""

    output_format: str = "m4b"
    split: str = ""  # "chapter", or hours such as "6h"; empty: one file
    bitrate: int = 0  # bit/s; 0: the format's bitrate for speech
    channels: int = 1
    sample_rate: int = 0  # Hz; 0: the voice's own rate, or the nearest of the format
    title: str = ""  # empty: the book's own
    author: str = ""  # empty: the book's own
    narrator: str = ""  # empty: the name of the voice
    tags: tuple[tuple[str, str], ...] = ()  # further tags by kind, in place of the book's; an empty text leaves one out
    cover: Path | None = None
    loudness: str = "-18"  # LUFS, or "off", or "acx"
    keep_chapters: bool = False  # also write a file for each finished chapter
    report_html: bool = False
    subtitles: str = ""  # "vtt", "srt", "lrc"
    read_along: bool = False  # also write an EPUB with the sound
    read_along_words: bool = False  # mark its words, not only its sentences
    beside: tuple[str, ...] = ()  # "cover", "cue", "opf": also write these files, sorted
    pauses_s: tuple[
        tuple[str, float], ...
    ] = ()  # seconds by the kind of pause, sorted by kind; other kinds keep their defaults


@dataclass(frozen=True, kw_only=True)
class RedoConfig:
    """The sentences to speak again. Chapters and sentences count from 1, as in reports.

    With `job` and `stem` the edition is known by a file of it; without, it follows from the book and the other options.
    """

    segments: tuple[tuple[int, int, int], ...] = ()  # chapter, first sentence, last sentence
    chapters: tuple[int, ...] = ()
    doubtful: bool = False
    texts: tuple[str, ...] = ()  # words of sentences, or /patterns/
    every: bool = False  # whether `texts` may match any number of sentences
    heard: tuple[tuple[int, int, float], ...] = ()  # chapter, sentence, and the second of its file where it is heard
    recast: tuple[str, str] = ("", "")  # a character's voice, and the voice that takes its place
    rename: tuple[str, str] = ("", "")  # a character's name, and another one; by that of another both are one
    speaker: str = ""  # the character that says the chosen sentences, or "narrator"
    say: str | None = None  # another wording of the only sentence; "": the book's own again
    job: str = ""
    stem: str = ""  # name of its files, without an ending
    notes: tuple[str, ...] = ()  # lines for the user, about how the sentences were found


@dataclass(frozen=True, kw_only=True)
class UploadConfig:
    """An Audiobookshelf server that finished audiobooks are uploaded to."""

    server: str  # the URL of its web page, without a slash at the end
    token: str = field(repr=False)
    abs_library_id: str = ""  # empty: the only library for books


@dataclass(frozen=True, kw_only=True)
class RenderConfig:
    """How books sound and where the audiobooks go, for both convert and coordinate."""

    books: tuple[Path, ...]
    output_dir: Path
    state_dir: Path
    from_others: bool = False  # whether others may have sent the books
    found: frozenset[Path] = frozenset()  # books from folders, which are skipped if they cannot be read
    output_url: str = ""  # replaces the folder if not empty: s3://bucket/folder, sftp://host/folder
    upload: UploadConfig | None = None
    style: StyleConfig = StyleConfig()
    engine: str = ""  # empty: the default engine for the book's language
    model: str = ""  # one of the engine's models; empty: the default model
    voice: str = ""
    voice_file: Path | None = None  # a recording to speak like
    custom_model: Path | None = None  # a folder or zip
    language: str = ""
    chapters: str = ""  # "1-3,7"; empty: the whole book
    redo: RedoConfig | None = None
    take_over: str = ""  # the job that another coordinator had; its book and recipe are those of the job
    least_epoch: int = 0  # jobs are served under this epoch or a higher one: that of a queue that was taken over
    preview_s: float = 0.0  # seconds of the beginning to speak; 0: everything
    preview_name: str = ""  # speak only sentences with this word
    lexicon: Path | None = None  # a pronunciation dictionary
    reading: "Reading | None" = None  # the parts of the book to speak; None: the defaults
    credits: "Credits | None" = None  # names for a spoken opening and closing; None: neither is spoken
    cast: "Cast | None" = None  # voices of characters; None: one voice speaks the book
    expressive: bool = False  # the engine is told what is whispered, shouted or asked
    speaker_server: str = ""  # the URL of a language model that points at who speaks; "": the rules alone tell
    speaker_model: str = ""  # its name on that server
    one_engine: bool = False  # passages in other languages are left to the engine of the book
    settings: "dict[str, Setting]" = field(
        default_factory=dict
    )  # settings of the engine as given; its card checks them later
    on_failure: str = "finish"  # "finish" or "stop"
    deliver_gaps: bool = False  # also deliver an audiobook that lacks many sentences
    anyway: bool = False  # also speak a book most of which the voice cannot say
    replace: bool = False  # take the place of the last edition even if that has another voice
    keep_both: bool = False  # let the last edition of the same book keep its name, and name this one "(2)"
    # The user's words for file and reading: the report has them, so that `redo` needs none.
    options: tuple[str, ...] = ()
    min_workers: int = 0
    allow_sleep: bool = False
    assets_limit: int = ASSETS_LIMIT  # bytes that convert's own worker keeps of voices and models


@dataclass(frozen=True, kw_only=True)
class CoordinateConfig:
    """The config of a coordinator: what to render and where to listen."""

    render: RenderConfig
    bind: str = ""  # empty: every interface, IPv6 too
    port: int | None = None  # None: DEFAULT_PORT, or the next free port
    open: bool = False  # no key, no encryption
    advertise: bool = True
    approve: bool = False  # a machine that comes by the code waits until a member approves it
    announce: str = ""  # "host:port" that workers are told over mDNS; empty: this machine's own
    also_at: tuple[str, ...] = ()  # further "host:port" addresses that lead here, such as that of a relay
    cross_check: float = 0.0  # the share of clips that another worker speaks again


@dataclass(frozen=True, kw_only=True)
class ServeConfig:
    """The config of a resident coordinator: where it listens, and the folders that it takes books from."""

    network: CoordinateConfig
    watched: tuple[Path, ...] = ()
    words: tuple[str, ...] = ()  # its options that hold on any machine, for one that takes the queue over
    given: "Mapping[str, Path]" = field(default_factory=dict)  # the files that options name
    left: tuple[str, ...] = ()  # its options that were given and hold on this machine alone
    wake_above_s: float = inf  # more work than that wakes machines that sleep


@dataclass(frozen=True, kw_only=True)
class WorkConfig:
    """The config of a worker: its devices, and the coordinators that it serves."""

    state_dir: Path
    devices: tuple[str, ...]  # one for each slot: "cpu:0", "cuda:0"
    coordinator: str = ""  # host[:port]; empty: found by mDNS
    open: bool = False
    exit_when_done: bool = False
    for_s: float | None = None  # seconds that it stays at most; None: until it is stopped
    idle_s: float | None = None  # seconds without work after which it leaves; None: never
    limits: "Limits | None" = None  # when it may work; None: always
    stands_back: bool = False  # whether all other programs of the machine come before its engines and encoders
    obeys: bool = True  # whether users of other machines may pause it
    assets_limit: int = ASSETS_LIMIT  # bytes kept of voices and models that coordinators sent
    name: str = ""
    tag: str = ""  # a word that status and metrics show with it
    engines: tuple[str, ...] = ()  # names of the only engines that it speaks with; (): all that are here
    allow_sleep: bool = False
    may_wake: bool = False  # whether the swarm may wake this machine for work
    sleep_after_s: float = 600.0  # a machine that was woken sleeps again after so long without work
    standby: bool = False  # whether it keeps a copy of each book
    silence_s: float | None = None  # after which a standby takes over by itself; None: never
    output_dir: Path = Path()  # for audiobooks of books that it took over


@dataclass(frozen=True)
class Limits:
    """The operator's limits. The defaults allow everything."""

    hours: tuple[Span, ...] = ()  # hours of work in local time; empty: always
    max_temperature: int | None = None  # degrees Celsius
    idle_only: bool = False
    on_battery: bool = True

    @property
    def watch_gpus(self) -> bool:
        """Whether these limits need readings of the GPUs."""
        return self.idle_only or self.max_temperature is not None
