"""The voices of Piper's collection, from the table `voices.txt`, and those that users bring: their configs and cards.

Each is a model of its own, with its own licence. Of a config numbers within bounds and a few known words are used."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field, structs

from swarm.book.model.language_code import normal_language
from swarm.errors import UsageError
from swarm.job.card import SPEED, EngineCard, ModelCard, SettingCard, VoiceCard
from swarm.job.spec import CUSTOM
from swarm.voice.espeak.engine import READ_ONLY_IN
from swarm.voice.espeak.voices import IDENTIFIERS
from swarm.voice.model_download import RemoteFile, hub_url, models_folder

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


_ALIASES = {"no": "nb", "pt-pt": "pt", "fr-fr": "fr", "zh": "cmn", "en": "en-gb", "es-es": "es"}
_Scale = Annotated[float, Meta(ge=0, le=10)]
_Sound = Annotated[str, Meta(min_length=1, max_length=8)]
_Numbers = Annotated[tuple[Annotated[int, Meta(ge=0, le=10_000)], ...], Meta(max_length=8)]
_Speaker = Annotated[str, Meta(max_length=100)]
PAD, BEGIN, END = "_", "^", "$"


class _Audio(Struct, frozen=True):
    sample_rate: Annotated[int, Meta(ge=8_000, le=48_000)]


class _Espeak(Struct, frozen=True):
    voice: Annotated[str, Meta(max_length=40)] = ""


class _Inference(Struct, frozen=True):
    noise_scale: _Scale = 0.667
    length_scale: Annotated[float, Meta(ge=0.1, le=10)] = 1.0
    noise_w: _Scale = 0.8


class _Language(Struct, frozen=True):
    code: Annotated[str, Meta(max_length=20)] = ""
    family: Annotated[str, Meta(max_length=20)] = ""


class PiperConfig(Struct, frozen=True):
    """What a voice's config tells of it."""

    audio: _Audio
    phoneme_id_map: Annotated[dict[_Sound, _Numbers], Meta(min_length=4, max_length=2_000)]
    espeak: _Espeak = _Espeak()
    inference: _Inference = _Inference()
    phoneme_type: Literal["espeak", "text"] = "espeak"
    num_speakers: Annotated[int, Meta(ge=1, le=20_000)] = 1
    speaker_id_map: Annotated[dict[_Speaker, int], Meta(max_length=20_000)] = field(default_factory=dict)
    language: _Language = _Language()

    def speaker(self, name: str) -> int | None:
        """Return the number of a speaker, who is given by name or number; None if there is none."""
        number = self.speaker_id_map.get(name)
        if number is None and name.isascii() and name.isdigit() and len(name) < 6:
            number = int(name)
        return number if number is not None and 0 <= number < self.num_speakers else None

    @property
    def espeak_identifier(self) -> str:
        """espeak's identifier of the voice that says its phonemes; "" if espeak has none of that name."""
        name = self.espeak.voice.lower()
        return IDENTIFIERS.get(_ALIASES.get(name, name), "") or (name if name in IDENTIFIERS.values() else "")


def parse_config(content: object) -> PiperConfig:
    """Return the config of a voice from its JSON, or from what that says. Raises ValueError."""
    try:
        if isinstance(content, bytes):
            config = msgspec.json.decode(content, type=PiperConfig)
        else:
            config = msgspec.convert(content, PiperConfig, strict=False)
    except RecursionError as fault:
        raise ValueError("it is nested too deeply") from fault
    if missing := [sign for sign in (PAD, BEGIN, END) if not config.phoneme_id_map.get(sign)]:
        raise ValueError(f"its phoneme_id_map lacks {' '.join(missing)}")
    if config.phoneme_type == "espeak" and not config.espeak_identifier:
        raise ValueError(f"espeak has no voice {config.espeak.voice!r}")
    return config


CUSTOM_VOICE = "default"
MAX_SPEAKERS_LISTED = 50

_OWN = -1.0  # -1 means that the makers of a voice chose the value
_SETTINGS = (
    SettingCard("noise_scale", _OWN, _OWN, 2.0, about="how much the sound varies; -1: as the voice's makers chose"),
    SettingCard("noise_w", _OWN, _OWN, 2.0, about="how much the rhythm varies; -1: as the voice's makers chose"),
    SPEED,
)
_LANGUAGES = tuple(dict.fromkeys(voice.language for voice in listed_voices().values()))


def _voice_card(voice: ListedVoice, speaker: str = "") -> VoiceCard:
    name = f"{voice.name}:{speaker}" if speaker else voice.name
    return VoiceCard(name, voice.language, voice.about, voice.gender, licence_of(voice))


CARD = EngineCard(
    name="piper",
    about="clear, some 15 times as fast as real time on a core",
    languages=_LANGUAGES,
    scripts=(),
    limits=(("", 300), ("zh", 100)),
    voices=tuple(map(_voice_card, listed_voices().values())),
    settings=_SETTINGS,
    characters_s=15.0,
    realtime=20,
    phonemes=("*",),
    read_only_in=READ_ONLY_IN,
    takes=3,
    custom=True,
    any_voice=True,  # speakers
    casts=True,
    licence="each voice its own",
)


def voice_model_card(name: str, config: Mapping[str, object] | None) -> EngineCard:
    """Return the card of a voice of the collection, or of a custom one. Raises UsageError."""
    if not name:
        return CARD
    if name.startswith(CUSTOM):
        return _custom_card(config)
    voice = listed_voices()[name]
    speakers = _speakers(read_config(voice)) if voice.speakers > 1 else ()
    # Each is a model of its own; a book's characters may have those whose sound has the same rate.
    alike = (other for other in listed_voices().values() if other.may_join(voice) and other != voice)
    others = map(_voice_card, alike)
    return structs.replace(
        CARD,
        languages=(voice.language,),
        voices=(_voice_card(voice), *(_voice_card(voice, speaker) for speaker in speakers), *others),
        model=voice.name,
        licence=licence_of(voice),
    )


def _custom_card(config: Mapping[str, object] | None) -> EngineCard:
    if not config:
        return structs.replace(CARD, languages=("*",), voices=(VoiceCard(CUSTOM_VOICE, "*"),))
    try:
        known = parse_config(config)
    except ValueError as fault:
        raise UsageError(f"The config of this Piper voice cannot be used: {fault}.") from fault
    try:
        languages = (normal_language(known.language.family or known.language.code),)
    except UsageError:
        languages = ("*",)
    names = (CUSTOM_VOICE, *(f"{CUSTOM_VOICE}:{speaker}" for speaker in _speakers(known)))
    return structs.replace(
        CARD,
        languages=languages,
        voices=tuple(VoiceCard(name, languages[0]) for name in names),
        any_voice=known.num_speakers > 1,
        sample_rate=known.audio.sample_rate,
        model="a Piper voice",
        licence="",
    )


def read_config(voice: ListedVoice) -> PiperConfig | None:
    """Return the config of a voice if it is on this machine and can be used."""
    try:
        with (folder_of(voice.name) / "config.json").open("rb") as file:
            return parse_config(file.read(MAX_CONFIG))
    except (OSError, ValueError):
        return None


def _speakers(config: PiperConfig | None) -> tuple[str, ...]:
    if config is None or config.num_speakers == 1:
        return ()
    names = sorted(config.speaker_id_map, key=lambda name: config.speaker_id_map[name])
    return tuple(names or map(str, range(config.num_speakers)))[:MAX_SPEAKERS_LISTED]


def model_cards() -> tuple[ModelCard, ...]:
    """Return a card for each voice of the collection."""
    return tuple(
        ModelCard(voice.name, CARD.name, voice.language, True, licence_of(voice), voice.weights[0])
        for voice in listed_voices().values()
    )
