"""What a job speaks and in which voice: its spec, its recipe, and the clip keys and seeds that follow.

A spec is written once and never changes, so that an upgrade in the middle of a book changes nothing."""

import hashlib

import msgspec
from msgspec import Struct, field

from swarm.book.model.book import Chapter, Cover, LibraryFacts
from swarm.job.job_asset import VOICE, JobAsset

Setting = str | int | float | bool

CUSTOM = "custom:"  # prefix of `Recipe.model` if the files of the model come with the job
CLONE = "clone:"  # prefix of `Recipe.voice` if the voice is that of a recording
TAKES = 3  # a worker speaks a doubtful segment up to so many times, and keeps the best take


class Recipe(Struct, frozen=True):
    """Everything that decides how a segment sounds. Versions of libraries are not part of it."""

    engine: str
    voice: str
    language: str
    model: str = ""
    settings: tuple[tuple[str, Setting], ...] = ()  # sorted by name
    cast: bool = False  # some segments have voices of their own, which their texts name

    @property
    def facts(self) -> dict[str, object]:
        """What clip keys and names of jobs are made of."""
        return {name: getattr(self, name) for name in ("engine", "voice", "language", "model", "settings")}

    @property
    def narrator(self) -> str:
        """The voice's name as a listener hears it, if that is one word of letters; "" for "en-gb" and recordings."""
        return self.voice.capitalize() if self.voice.isalpha() else ""


def clip_key(text: str, recipe: Recipe, take: int) -> str:
    """Return the key of a clip: 32 hexadecimal digits of a hash of text, recipe and take."""
    return hashlib.sha256(msgspec.json.encode((text, recipe.facts, take))).hexdigest()[:32]


def seeds_of(text: str, recipe: Recipe, take: int) -> tuple[int, ...]:
    """Return the seeds of a take and of the following takes, which are used if it is doubtful."""
    return tuple(seed_of(clip_key(text, recipe, each)) for each in range(take, take + TAKES))


def seed_of(key: str) -> int:
    """Return the seed of a take, 31 bits of its clip key, so that the same take always sounds the same."""
    return int(key[:8], 16) & 0x7FFFFFFF


class BookFacts(Struct, frozen=True):
    """A book without its text, for the audiobook's tags and the report."""

    title: str
    authors: tuple[str, ...]
    language: str
    year: str = ""
    publisher: str = ""
    description: str = ""
    identifier: str = ""
    cover: Cover | None = None
    subtitle: str = ""
    series: str = ""
    series_number: str = ""
    isbn: str = ""
    lost: tuple[str, ...] = ()  # a line for each part of its text that could not be read
    library: LibraryFacts = LibraryFacts()
    cautions: tuple[str, ...] = ()  # the user should know these before the book is spoken


class FileOrigin(Struct, frozen=True):
    """The user's file that a job's voice or model was made from: its path as the user named it, and its content."""

    kind: str  # "voice" or "model"
    path: str
    name: str  # the name in the recipe
    digest: str  # "" for a model, whose name has its digest


class JobSpec(Struct, frozen=True):
    """One book under one recipe. `created_s` is seconds since the epoch."""

    job: str
    source: str  # the path the user named, for people
    book: BookFacts
    recipe: Recipe
    chapters: tuple[Chapter, ...]
    created_s: float
    job_files: tuple[JobAsset, ...] = field(name="assets", default=())
    origins: tuple[FileOrigin, ...] = ()
    sample_rate: int = 0  # Hz, of every clip, where the engine's card says it; 0: the first clips tell

    @property
    def unspoken(self) -> int:
        """The number of texts that the voice cannot speak, and that are pauses in the audiobook."""
        return sum(len(chapter.unspoken) for chapter in self.chapters)

    @property
    def has_latents(self) -> bool:
        """Whether latents are computed for the voice, since it speaks like a recording."""
        return any(job_file.name == VOICE for job_file in self.job_files)

    @property
    def voice_name(self) -> str:
        """The voice's name for people; for a recording the name of its file."""
        if not self.recipe.voice.startswith(CLONE):
            return self.recipe.voice
        path = next((origin.path for origin in self.origins if origin.kind == "voice"), "")
        name = path.replace("\\", "/").rpartition("/")[2]
        return name.rpartition(".")[0] or name or "a recording"

    @property
    def title(self) -> str:
        """The title of the book."""
        return self.book.title
