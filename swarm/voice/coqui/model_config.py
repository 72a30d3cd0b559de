"""Rebuilds the config.json of a model from its harmless values, and checks its vocabulary before Coqui reads it.

A config from a peer could make Coqui run code, and a vocabulary may bring patterns of its own."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Config = dict[str, Any]

MAX_CONFIG_BYTES = 4 << 20
_MAX_DEPTH = 6
_MAX_ITEMS = 20_000
_MAX_NUMBER = 1e9
_MAX_TEXT = 20_000
_DEEP = re.compile(r"(layers?|blocks?|flows?|stacks?|stages?|heads?|repeats?)(_|$)")  # parts of a network
_MAX_DEEP = 256
_WIDE = re.compile(r"(channels|dim|hidden|dims|features)(_|$)|(^|_)num_chars$")
_MAX_WIDE = 65_536

KINDS = ("xtts", "vits", "glow_tts", "tacotron", "tacotron2", "fast_pitch")
# These kinds make waves; the others make spectrograms, and may need statistics of their training sound.
_WAVE_KINDS = ("xtts", "vits")
NO_STATISTICS = "it needs a file of statistics, which is a pickle, and no pickle is opened: use xtts, vits or fairseq."

_CODE = r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*"
_WORDS = {
    "model": "|".join(KINDS),
    "base_model": "|".join(KINDS),
    "text_cleaner": "[a-z_]+_cleaners",
    "phonemizer": "espeak|gruut|multi_phonemizer|(ja_jp|ko_kr|zh_cn|bn|be)_phonemizer",
    "phoneme_language": _CODE,
    "language": _CODE,
    "characters_class": r"TTS\.tts\.utils\.text\.characters\.(Graphemes|IPAPhonemes|BaseVocabulary|BaseCharacters)"
    r"|TTS\.tts\.models\.vits\.VitsCharacters",
    "log_func": r"np\.log(10)?",
    "stft_pad_mode": "reflect|constant",
    "resblock_type_decoder": "[12]",
    "encoder_type": "[a-z_]+",
    "attention_type": "[a-z_]+",
    "attention_norm": "[a-z_]+",
    "prenet_type": "[a-z_]+",
    "memory_size_type": "[a-z_]+",
}
# Coqui never opens these names of alphabets as files.
_TEXTS = (
    "pad",
    "eos",
    "bos",
    "blank",
    "characters",
    "punctuations",
    "phonemes",
)
_NAMES = ("speakers", "languages")  # names of lists of words
_DROPPED = ("test_sentences", "test_sentences_file")
_NOTHING = object()


class ConfigRefused(Exception):
    """A config that cannot be used. Its message is for the worker's user."""


def read_config(path: Path) -> Config:
    """Read a config.json of at most MAX_CONFIG_BYTES. Raises ConfigRefused."""
    return read_object(path, "config", MAX_CONFIG_BYTES)


def read_object(path: Path, kind: str, max_bytes: int) -> dict[str, Any]:
    """Read a JSON object of at most so many bytes, the config or vocabulary of a model. Raises ConfigRefused."""
    try:
        if path.stat().st_size > max_bytes:
            raise ConfigRefused(f"{path.name} is larger than {max_bytes >> 20} MiB.")
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise ConfigRefused(f"{path.name} cannot be read: {fault}.") from fault
    if not isinstance(said, dict):
        raise ConfigRefused(f"{path.name} is not the {kind} of a model.")
    return said


def rebuild(said: Config) -> Config:
    """Return a config that has only the allowed values. Raises ConfigRefused."""
    kind = str(said.get("model", "")).lower()
    if kind not in KINDS:
        raise ConfigRefused(
            f"A model of the kind {kind[:40]!r} cannot be loaded from files: only {', '.join(KINDS)} can."
        )
    allowed: Config = _allowed_part("", {**said, "model": kind}, 0)
    return allowed


def expect_no_statistics(said: Config) -> None:
    """Raise ConfigRefused if a model needs the file that its config names at `audio.stats_path`."""
    audio = said.get("audio")
    named = isinstance(audio, dict) and audio.get("stats_path") and audio.get("signal_norm", True)
    if named and str(said.get("model", "")).lower() not in _WAVE_KINDS:
        raise ConfigRefused(NO_STATISTICS)


def _allowed_part(name: str, value: object, depth: int) -> Any:
    """Return the allowed part of a value; _NOTHING if no part is allowed."""
    if depth > _MAX_DEPTH or name in _DROPPED:
        return _NOTHING
    if isinstance(value, dict):
        first = [(str(key)[:200], below) for key, below in list(value.items())[:_MAX_ITEMS]]
        pairs = [(key, _allowed_part(key, below, depth + 1)) for key, below in first]
        return {key: below for key, below in pairs if below is not _NOTHING}
    if isinstance(value, list):
        items = [_allowed_part(name, below, depth + 1) for below in value[:_MAX_ITEMS]]
        return [below for below in items if below is not _NOTHING]
    return value if _is_harmless(name, value) else _NOTHING


def _is_harmless(name: str, value: object) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        _check_size(name, value)
        return abs(value) <= _MAX_NUMBER
    return isinstance(value, str) and _is_allowed(name, value)


def _check_size(name: str, number: float) -> None:
    """Refuse a network of such a size that building it would take hours or all memory. Raises ConfigRefused."""
    most = _MAX_DEEP if _DEEP.search(name) else _MAX_WIDE if _WIDE.search(name) else _MAX_NUMBER
    if number > most and most < _MAX_NUMBER:
        raise ConfigRefused(f"The model's config asks for {name[:60]} = {number:g}; at most {most:g} are built.")


def _is_allowed(name: str, word: str) -> bool:
    if name in _TEXTS:
        return len(word) <= _MAX_TEXT
    if name in _NAMES:
        return len(word) <= 200
    return name in _WORDS and len(word) <= 200 and re.fullmatch(_WORDS[name], word) is not None


MAX_VOCABULARY_BYTES = 32 << 20
_STEPS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")  # these work on each text that is spoken
_MAX_PARTS = 1000


def check_vocabulary(path: Path) -> None:
    """Check that a vocab.json works without regular expressions, which could take for ever. Raises ConfigRefused."""
    said = read_object(path, "vocabulary", MAX_VOCABULARY_BYTES)
    for count, part in enumerate(_parts([said.get(step) for step in _STEPS])):
        if "Regex" in part or count > _MAX_PARTS:
            raise ConfigRefused(f"{path.name} has regular expressions, which models from elsewhere may not bring.")


def _parts(values: list[object]) -> Iterator[dict[str, object]]:
    """Yield every dict in these values."""
    while values:
        value = values.pop()
        if isinstance(value, dict):
            yield value
            values.extend(value.values())
        elif isinstance(value, list):
            values.extend(value)
