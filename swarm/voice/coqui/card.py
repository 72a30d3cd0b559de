"""The cards of Coqui's models, and the speakers that XTTS v2 comes with.

They need no torch, so that a coordinator without it can segment books. Listeners disagree about the gender of one
speaker, which is left open."""

import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from msgspec import structs

from swarm.book.model.language_code import normal_language
from swarm.errors import UsageError
from swarm.job.card import SPEED, EngineCard, SettingCard, VoiceCard
from swarm.job.spec import CUSTOM
from swarm.system.machine import package_line
from swarm.voice.coqui.models import XTTS, YOUR_TTS, choose_model, expect_supported, licence_of, model_language
from swarm.voice.environment import environments_folder

_SPEAKERS_TABLE = (files("swarm.voice.coqui") / "speakers.txt").read_text(encoding="utf-8")
XTTS_SPEAKERS = tuple(
    VoiceCard(name, "*", gender=gender)
    for gender, _, name in (row.partition("\t") for row in _SPEAKERS_TABLE.splitlines())
)


INSTALL = "e2a-swarm engines install coqui"
# As the extra `coqui` in pyproject.toml, which is for those who want Coqui beside the program.
REQUIREMENTS = (
    "coqui-tts>=0.28,<0.29",
    "cutlet>=0.5",
    "fugashi[unidic-lite]>=1.3",
    "nvidia-ml-py>=12",  # the driver's version
    "pypinyin>=0.50",
    "six",
    "torch>=2.11,<2.14",
    "torchaudio==2.11.0",
    "torchcodec==0.17.0",
    "transformers>=4.57,<5.24",
)
DEFAULT_VOICE = "default"

VOCABULARY = "vocab.json"
_SPEAKERS = ("speakers.json", "speaker_ids.json", "language_ids.json", "speakers.pth", "speakers_xtts.pth")
CUSTOM_FILES = (VOCABULARY, *_SPEAKERS)

# Characters that XTTS speaks at a time without cutting off the end, by language, from its own table.
XTTS_LIMITS = (
    ("", 180),
    *(("en", 250), ("de", 253), ("fr", 273), ("es", 239), ("it", 213), ("pt", 203), ("pl", 224), ("zh", 82)),
    *(("ar", 166), ("cs", 186), ("ru", 182), ("nl", 251), ("tr", 226), ("ja", 71), ("hu", 224), ("ko", 95)),
    ("hi", 150),
)
XTTS_LANGUAGES = tuple(sorted(language for language, _ in XTTS_LIMITS if language))
_OTHER_LIMITS = (("", 300), ("ja", 120), ("zh", 120), ("ko", 150))

MAX_SPEAKERS_LISTED = 200  # a custom model with more speakers is listed without their names

_ONE_VOICE = (VoiceCard(DEFAULT_VOICE, "*"),)

_XTTS_SETTINGS = (
    SettingCard("deepspeed", False, about="DeepSpeed on GPUs"),
    SettingCard("half", False, about="half precision on GPUs"),
    SettingCard("length_penalty", 1.0, -10.0, 10.0, about="how much the beams prefer long speech"),
    SettingCard("num_beams", 1, 1, 16, about="variants that it compares as it speaks"),
    SettingCard("repetition_penalty", 5.0, 1.0, 100.0, about="how much it avoids repeated sounds"),
    SPEED,
    SettingCard("temperature", 0.75, 0.01, 2.0, about="how freely it chooses the sound"),
    SettingCard("top_k", 50, 1, 1000, about="among how many sounds it chooses"),
    SettingCard("top_p", 0.85, 0.01, 1.0, about="among what share of the likely sounds it chooses"),
)

# Sentences that are spoken together: in XTTS each takes up to 150 MB beside the model, for some 600 positions in 30
# layers. VITS has no more in its vocoder at once than a single sentence of 48 s.
BATCH = 8
_IS_VITS = re.compile(r"/(?:vits[\w-]*|your_tts|jenny)\Z|\Avits\Z")


def _card(
    about: str,
    languages: tuple[str, ...],
    limits: tuple[tuple[str, int], ...] = _OTHER_LIMITS,
    voices: tuple[VoiceCard, ...] = _ONE_VOICE,
    settings: tuple[SettingCard, ...] = (SPEED,),
    clones: bool = False,
    device: Literal["gpu", "any"] = "any",
    batch: int = 1,
) -> EngineCard:
    return EngineCard(
        name="coqui",
        about=about,
        languages=languages,
        scripts=(),
        limits=limits,
        voices=voices,
        settings=settings,
        device=device,
        install=INSTALL,
        shortest=10,  # models add words of their own to a sentence as short as "Yes."
        takes=3,
        clones=clones,
        any_voice=voices == _ONE_VOICE,
        casts=True,
        batch=batch,
        model=about,
    )


_XTTS = structs.replace(
    _card("XTTS v2 by Coqui", XTTS_LANGUAGES, XTTS_LIMITS, XTTS_SPEAKERS, _XTTS_SETTINGS, True, "gpu"),
    polyglot=True,
    natural=XTTS_LANGUAGES,
    batch=BATCH,
)
_BY_NAME = {
    XTTS: _XTTS,
    XTTS.replace("v2", "v1.1"): _XTTS,
    YOUR_TTS: _card("YourTTS by Coqui", ("en", "fr", "pt"), clones=True, batch=BATCH),
}
COQUI = structs.replace(
    _card(
        "XTTS v2, VITS and other Coqui models, best on a GPU",
        ("*",),
        XTTS_LIMITS,
        settings=(),
        clones=True,
        device="gpu",
    ),
    natural=XTTS_LANGUAGES,
    custom=True,
    batch=BATCH,
    model="",
    licence="MPL-2.0",
)


def is_installed() -> bool:
    """Return whether Coqui's packages are installed beside this process, without importing them."""
    return all(find_spec(package) for package in ("torch", "torchaudio", "TTS"))


def more_line(*packages: str) -> str:
    """Return the command that adds packages to Coqui's environment, or to the program's if Coqui runs there."""
    if environments_folder() not in Path(sys.prefix).parents:
        return package_line(*packages)
    return " ".join((INSTALL, *(f"--package {package}" for package in packages)))


def model_card(model: str, config: Mapping[str, object] | None = None) -> EngineCard:
    """Return the card of a model by its name, "" being the default model. A custom model's card follows from `config`.

    Raises UsageError for a model that is not supported, and for a custom one of a kind that is not allowed.
    """
    expect_supported(model)
    if (model or XTTS) in _BY_NAME:
        return structs.replace(_BY_NAME[model or XTTS], licence=licence_of(model or XTTS))
    if model.startswith(CUSTOM):
        return _custom_card(config or {})
    language = model_language(model)
    card = _card(f"{model.partition('/')[2]} by Coqui", (language,) if language else ("*",), batch=_batch(model))
    return structs.replace(card, licence=licence_of(model))


def engines_for(language: str) -> list[str]:
    """Return the words of --tts-engine for a language, the best first; fairseq may have a model if no other has."""
    try:
        choose_model("vits", language)
    except UsageError:
        return ["xtts"] if language in XTTS_LANGUAGES else ["fairseq"]
    return ["xtts", "vits"] if language in XTTS_LANGUAGES else ["vits"]


def _custom_card(config: Mapping[str, object]) -> EngineCard:
    kind = str(config.get("model", "xtts")).lower()
    expect_supported(kind)
    languages = _languages(config.get("languages"))
    if kind == "xtts":
        return _card(
            "a custom XTTS model",
            languages or XTTS_LANGUAGES,
            XTTS_LIMITS,
            settings=_XTTS_SETTINGS,
            clones=True,
            device="gpu",
            batch=BATCH,
        )
    about, voices = f"a custom {kind[:40]} model", _custom_voices(config)
    return _card(about, languages or ("*",), voices=voices, batch=_batch(kind))


def _batch(model: str) -> int:
    return BATCH if _IS_VITS.search(model) else 1


def _custom_voices(config: Mapping[str, object]) -> tuple[VoiceCard, ...]:
    """Return the speakers that a config lists, after the default; the default alone if another file may list them."""
    arguments = config.get("model_args")
    places = (config, arguments if isinstance(arguments, dict) else {})
    named = config.get("speakers")
    elsewhere = any(place.get(field) for place in places for field in ("speakers_file", "d_vector_file"))
    if elsewhere or not isinstance(named, list) or not 0 < len(named) <= MAX_SPEAKERS_LISTED:
        return _ONE_VOICE
    return (*_ONE_VOICE, *(VoiceCard(str(name)[:200], "*") for name in named))


def _languages(named: object) -> tuple[str, ...]:
    """Return the primary subtags of a config's languages, such as "pt" for "pt-br"; other words are left out."""
    found: dict[str, None] = {}
    for word in named if isinstance(named, list) else []:
        try:
            found[normal_language(str(word))] = None
        except UsageError:
            continue
    return tuple(found)
