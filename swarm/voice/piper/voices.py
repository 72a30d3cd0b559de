"""The voices of Piper's collection, from the table `voices.txt`: each is a model of its own, with its own licence.

A line has the name, the number of speakers, f or m for the gender, the size and MD5 digest of the weights, those of the
config, and the licence as the voice's card tells it. "-" and 0 stand for what is not known: the card is fetched with
the voice, and tells it. The first voice of a language is its default.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from swarm.errors import UsageError
from swarm.job.language import normal_language
from swarm.voice.download import RemoteFile, hub_url, models_folder

_PREFIX = "piper:"
_COLLECTION = "rhasspy/piper-voices"
# Voices without a config's digest are at the tag, those with one at the commit.
_TAG, _COMMIT = "v1.0.0", "c10ece1aade47bb51c153c893d14e5bf8e5b7117"
CARD_FILE = "MODEL_CARD"
MAX_CONFIG = 1 << 20  # bytes
_MAX_CARD = 1 << 16
_GENDERS = {"f": "female", "m": "male"}


@dataclass(frozen=True)
class ListedVoice:
    """A voice of the collection."""

    name: str  # "de_DE-thorsten-medium"
    speakers: int
    gender: str
    licence: str
    weights: tuple[int, str]  # size and digest
    config: tuple[int, str]  # size 0 where unknown

    @property
    def language(self) -> str:
        """The primary subtag of its language."""
        return normal_language(self.name.partition("_")[0])

    def may_join(self, other: "ListedVoice") -> bool:
        """Return whether a book may be spoken by both: one language, and one rate, which the quality decides."""
        return self.language == other.language and self.name.endswith("low") == other.name.endswith("low")

    @property
    def about(self) -> str:
        """Its region, quality and speakers, such as "DE, medium, 8 speakers"."""
        place, _, quality = self.name.split("-")
        many = f", {self.speakers} speakers" if self.speakers > 1 else ""
        return f"{place.partition('_')[2]}, {quality}{many}"

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        """Its files, by the addresses that they have at the hub."""
        place, name, quality = self.name.split("-")
        revision = _COMMIT if self.config[0] else _TAG
        folder = f"{hub_url()}/{_COLLECTION}/resolve/{revision}/{place.partition('_')[0]}/{place}/{name}/{quality}"
        size, digest = self.config if self.config[0] else (MAX_CONFIG, "")
        return (
            RemoteFile(CARD_FILE, f"{folder}/{CARD_FILE}", _MAX_CARD, ""),
            RemoteFile("config.json", f"{folder}/{self.name}.onnx.json", size, digest, "md5"),
            RemoteFile("model.onnx", f"{folder}/{self.name}.onnx", *self.weights, "md5"),
        )


@cache
def listed_voices() -> dict[str, ListedVoice]:
    """Return the voices of the table by name, the default of each language first."""
    table = (files("swarm.voice.piper") / "voices.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in table.splitlines())
    return {
        name: ListedVoice(
            name,
            int(speakers),
            _GENDERS.get(gender, ""),
            licence.replace("_", " ").strip("-"),
            (int(size), digest),
            (int(config_size), config_digest),
        )
        for name, speakers, gender, size, digest, config_size, config_digest, licence in rows
    }


def find_listed(word: str, language: str = "") -> ListedVoice:
    """Return a voice by its name, "piper:" before it or not, or the default voice of a language. Raises UsageError."""
    wanted = word.strip().removeprefix(_PREFIX)
    plain = {name.lower(): voice for name, voice in listed_voices().items()}
    if voice := plain.get(wanted.lower()):
        return voice
    of_language = [voice for voice in plain.values() if voice.language == language]
    if wanted in ("", _PREFIX.strip(":")) and of_language:
        return of_language[0]
    if wanted in ("", _PREFIX.strip(":")) and not language:
        raise UsageError("piper has a voice for each language: choose one, as in --language de.")
    raise UsageError(
        f"Piper's collection has no voice {word[:100]!r}: `e2a-swarm models` lists all. A voice of your own is given "
        "with --custom-model voice.onnx."
    )


def is_piper(word: str) -> bool:
    """Return whether a word of --tts-engine means one of Piper's voices."""
    return word == _PREFIX.strip(":") or word.startswith(_PREFIX)


def folder_of(name: str) -> Path:
    """Return the folder of a voice, which may not exist yet."""
    return models_folder() / _folder_name(name)


@cache
def _folder_name(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()  # a locale may have no other letters
    return f"piper-{plain}"


def voices_here() -> tuple[ListedVoice, ...]:
    """Return the voices that have a folder: to ask for each one's files takes long, and most are not here."""
    try:
        here = {path.name for path in models_folder().iterdir()}
    except OSError:
        return ()
    return tuple(voice for name, voice in listed_voices().items() if _folder_name(name) in here)


def licence_of(voice: ListedVoice) -> str:
    """Return a voice's licence: that of its card if it is here, else that of the table."""
    try:
        with (folder_of(voice.name) / CARD_FILE).open(encoding="utf-8", errors="replace") as card:
            lines = card.read(_MAX_CARD).splitlines()
    except OSError:
        lines = []
    told = (line.partition("License:")[2].strip() for line in lines if "License:" in line)
    return next(filter(None, told), voice.licence)[:100] or "see its card"
