"""Coqui's models by name, with their repositories, vocoders and licences, and the models for ebook2audiobook's names.

From Coqui's list, version 0.28, in models.txt. Does not import torch."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files

from swarm.book.model.language_code import language_name, long_code, normal_language
from swarm.errors import UsageError

XTTS = "tts_models/multilingual/multi-dataset/xtts_v2"
YOUR_TTS = "tts_models/multilingual/multi-dataset/your_tts"

# ebook2audiobook's names of engines. A name of _ONE_MODEL means that model, the others a model for each language.
ENGINES = ("xtts", "vits", "yourtts", "fairseq", "tacotron", "glowtts")
_ONE_MODEL = {"coqui": XTTS, "xtts": XTTS, "xttsv2": XTTS, "yourtts": YOUR_TTS}
_FAMILIES = {"vits": "vits", "glowtts": "glow-tts", "tacotron": "tacotron2", "tacotron2": "tacotron2"}
ONE_LANGUAGE = ("vits", "glowtts", "tacotron", "fairseq")  # engines whose models speak one language each
_REFUSED = re.compile(r"\A(?:bark|tortoise(?:v2)?)\Z")  # they would invent another voice for each sentence
_DEFAULT_WORDS = ("", "internal", "std")  # words of --fine-tuned that mean the default model in ebook2audiobook

# Coqui's list, its repositories, its vocoders and its licences: what begins with # tells each block of the table.
_TABLE = (files("swarm.voice.coqui") / "models.txt").read_text(encoding="utf-8")
_LIST, _HUB, _VOCODERS, _LICENCES = (block.splitlines() for block in re.split(r"^# .*\n", _TABLE, flags=re.M)[1:])
A_FAIRSEQ = "tts_models/eng/fairseq/vits"  # an example of some 1100 models
_FAIRSEQ = re.compile(r"tts_models/[a-z]{3}[a-z0-9_-]{0,60}/fairseq/vits")


@cache
def known_models() -> tuple[str, ...]:
    """Return the models of Coqui's list, which leaves out fairseq's models for some 1100 languages."""
    rows = [line.split() for line in _LIST]
    return tuple(f"tts_models/{language}/{data}/{model}" for language, data, *models in rows for model in models)


def is_coqui(engine: str) -> bool:
    """Return whether a name on the command line means one of Coqui's models."""
    return _plain(engine) in (*_ONE_MODEL, *_FAMILIES, "fairseq") or _REFUSED.match(_plain(engine)) is not None


def expect_supported(name: str) -> None:
    """Raise UsageError if an engine's name, or a model's, means one that is not spoken with."""
    if _REFUSED.match(_plain(name.rpartition("/")[2])):
        raise UsageError(
            f"{name[:100]}: Bark and Tortoise, which invent their voices, are not spoken with; "
            "use --tts-engine xtts, vits or fairseq."
        )


def choose_model(engine: str, language: str, fine_tuned: str = "") -> str:
    """Return the model for an engine's name, or the one that `fine_tuned` names. Raises UsageError."""
    if fine_tuned.strip().lower() not in _DEFAULT_WORDS:
        return _named(fine_tuned.strip(), "--fine-tuned ")
    expect_supported(engine)
    word = _plain(engine)
    if word in _ONE_MODEL:
        return _ONE_MODEL[word]
    if word == "fairseq":
        return f"tts_models/{long_code(language)}/fairseq/vits"
    return _of_family(word, language)


def find_listed(name: str, language: str = "") -> str:
    """Return the model for an engine's name, with a language if it has a model for each, or for a model's own name.

    Raises UsageError.
    """
    expect_supported(name)
    word = _plain(name)
    if word in _ONE_MODEL:
        return _ONE_MODEL[word]
    if not is_coqui(name):
        return _named(name, "")
    if not language:
        raise UsageError(f"{name} has a model for each language: choose one, as in --language fr.")
    return choose_model(name, normal_language(language))


@lru_cache(maxsize=1024)
def engine_of(model: str) -> str:
    """Return the engine's name that means a model, by itself or with the model's language; "" if none does."""
    for word in ENGINES:
        if _ONE_MODEL.get(word) == model or (word == "fairseq" and _FAIRSEQ.fullmatch(model)):
            return word
        if word in _FAMILIES and model in _of_each_language(word):
            return word
    return ""


@lru_cache(maxsize=1024)
def model_language(model: str) -> str:
    """Return the primary subtag of the one language that a model speaks; "" if its name tells none."""
    word = model.split("/")[1] if model.count("/") == 3 else "multilingual"
    try:
        return "" if word == "multilingual" else normal_language(word.partition("_")[0])
    except UsageError:
        return ""


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _named(name: str, option: str) -> str:
    expect_supported(name)
    found = [model for model in known_models() if name in (model, model.partition("/")[2], model.rpartition("/")[2])]
    if len(found) == 1:
        return found[0]
    if _FAIRSEQ.fullmatch(name):
        return name
    if found:
        raise UsageError(f"{option}{name} may be {' or '.join(found)}: give the whole name.")
    raise UsageError(
        f"{option}{name[:100]}: Coqui has no such model; give a name such as tts_models/en/jenny/jenny, "
        "or your own files with --custom-model. The fine-tuned models of ebook2audiobook are not included: "
        "download one, and name its folder with --custom-model."
    )


def _of_family(word: str, language: str) -> str:
    for model in _of_each_language(word):
        if model_language(model) == language:
            return model
    raise UsageError(
        f"{word} has no {language_name(language)} among Coqui's models: use --tts-engine xtts or fairseq, or a model "
        "of your own with --custom-model."
    )


@lru_cache(maxsize=64)
def _of_each_language(word: str) -> tuple[str, ...]:
    """Return a family's default model for each language."""
    models = [model for model in known_models() if model.rpartition("/")[2].startswith(_FAMILIES[word])]
    first = {model_language(model): model for model in reversed(models)}
    return tuple(first.values())


def _pairs(lines: Sequence[str]) -> list[tuple[str, str]]:
    return [(left, right) for left, _, right in (line.partition(" ") for line in lines)]


HUB = {f"tts_models/{model}": repository for model, repository in _pairs(_HUB)}
VOCODERS = {f"tts_models/{model}": f"vocoder_models/{vocoder}" for model, vocoder in _pairs(_VOCODERS)}
LICENCES = _pairs(_LICENCES)


def licence_of(model: str) -> str:
    """Return the licence of a model of Coqui's list or of fairseq."""
    name = model.partition("/")[2]
    return next(licence for pattern, licence in LICENCES if fnmatchcase(name, pattern))
