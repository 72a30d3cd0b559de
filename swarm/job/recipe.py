"""The recipe of a job, with the clip keys and the seeds that follow from it."""

import hashlib

import msgspec
from msgspec import Struct

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
