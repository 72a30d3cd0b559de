"""The config of a Piper voice: numbers within bounds and a few known words. Nothing else of the file is used."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from swarm.voice.espeak.voices import IDENTIFIERS

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
