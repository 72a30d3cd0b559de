"""The recipe: what decides how a segment sounds, and the names that follow from it."""

import hashlib

import msgspec
from msgspec import Struct

Setting = str | int | float | bool

CUSTOM = "custom:"  # begins the model of a recipe whose files come with the job
CLONE = "clone:"  # begins the voice of a recipe that speaks as a recording does
INVENTED = "invented"  # the voice of models that have none until they make one up
TAKES = 3  # of a doubtful clip, one after the other on the same worker, before the best is kept


class Recipe(Struct, frozen=True):
    """Everything that decides how a segment sounds. Versions of libraries are not part of it."""

    engine: str
    voice: str
    language: str
    model: str = ""
    settings: tuple[tuple[str, Setting], ...] = ()  # sorted by name


def clip_key(text: str, recipe: Recipe, take: int) -> str:
    """Return the key of a clip: 32 hexadecimal digits of a hash of text, recipe and take."""
    return hashlib.sha256(msgspec.json.encode((text, recipe, take))).hexdigest()[:32]


def seeds_of(text: str, recipe: Recipe, take: int) -> tuple[int, ...]:
    """Return the seeds of a take and of the takes that follow if it is doubtful."""
    return tuple(seed_of(clip_key(text, recipe, each)) for each in range(take, take + TAKES))


def seed_of(key: str) -> int:
    """Return the seed of a take, 31 bits: the same text, recipe and take sound the same again."""
    return int(key[:8], 16) & 0x7FFFFFFF
