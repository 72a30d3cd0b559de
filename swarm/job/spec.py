"""The spec of a job. It is written once and never changed, so that an upgrade in mid-book changes nothing."""

from msgspec import Struct, field

from swarm.book.model.book import Chapter, Cover, LibraryFacts
from swarm.job.job_asset import VOICE, JobAsset
from swarm.job.recipe import CLONE, Recipe


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
