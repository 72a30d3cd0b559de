"""Finds the models of Coqui on this machine, and removes them. Needs neither Coqui nor torch."""

import json
import os
import shutil
from pathlib import Path

from platformdirs import user_data_path

from swarm.errors import EnvironmentFault
from swarm.voice.coqui.models import BARK, TORTOISE, known_models
from swarm.voice.coqui.origins import HUB, VOCODERS

PARTIAL_FILES = "blobs/*.incomplete"  # downloads of Hugging Face's library, under way or interrupted
_WEIGHTS = (".pth", ".pt", ".tar", ".safetensors")
_ARCHIVES = (".zip", ".tar.gz")  # Coqui deletes an archive once it is unpacked
# Files that end like weights but are none.
_NO_WEIGHTS = {"speakers_xtts.pth", "speakers.pth", "speaker_ids.pth", "mel_stats.pth", "dvae.pth"}
_AGREED = "tos_agreed.txt"
_SPEAKERS = ("speaker_ids.json", "speakers.json")  # beside the weights, or in a config where neither is there
_MAX_SPEAKERS_BYTES = 16 << 20
_MAX_COMMIT = 64  # characters
_WITHOUT_CONFIG = (BARK, TORTOISE)  # models whose folders have no config.json
_FAIRSEQ = "tts_models--*--fairseq--vits"


def models_folder() -> Path:
    """Return Coqui's own cache: the folder `tts` in TTS_HOME, else XDG_DATA_HOME, else the platform's data folder."""
    home = os.environ.get("TTS_HOME", os.environ.get("XDG_DATA_HOME"))
    return Path(home).expanduser() / "tts" if home is not None else user_data_path("tts", appauthor=False)


def hub_folder() -> Path:
    """Return the cache of Hugging Face's library, which has the other models."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("HF_HOME", f"{cache}/huggingface")
    folder = os.environ.get("HF_HUB_CACHE", os.environ.get("HUGGINGFACE_HUB_CACHE", f"{home}/hub"))
    return Path(os.path.expandvars(folder)).expanduser()


def folder_of(model: str) -> Path:
    """Return the folder of a model, which may not exist yet."""
    if model in HUB:
        return hub_folder() / f"models--{HUB[model].replace('/', '--')}"
    return models_folder() / model.replace("/", "--")


def place_of(model: str) -> Path:
    """Return the folder with a model's own files: of one in the hub's cache, that of its current commit."""
    return _snapshot(folder_of(model)) if model in HUB else folder_of(model)


def is_here(model: str) -> bool:
    """Return whether a model and its vocoder can be loaded without a network."""
    return all(is_complete(name) for name in (model, VOCODERS.get(model, "")) if name)


def kept_models() -> tuple[str, ...]:
    """Return the models on this machine in the order of Coqui's list, followed by those of fairseq."""
    return tuple(model for model in (*known_models(), *fairseq_models()) if is_here(model))


def fairseq_models() -> tuple[str, ...]:
    """Return the models of fairseq that have a folder on this machine."""
    return tuple(path.name.replace("--", "/") for path in sorted(models_folder().glob(_FAIRSEQ)))


def size_of(model: str) -> int:
    """Return the size of a model and its vocoder in bytes."""
    places = [folder_of(name) for name in (model, VOCODERS.get(model, "")) if name]
    files = [path for place in places for path in place.rglob("*")]
    return sum(path.stat().st_size for path in files if path.is_file() and not path.is_symlink())


def remove(model: str) -> None:
    """Delete a model, and its vocoder unless another model on this machine needs it. Raises EnvironmentFault."""
    _delete(folder_of(model))
    vocoder = VOCODERS.get(model, "")
    if vocoder and vocoder not in [VOCODERS.get(other) for other in kept_models()]:
        _delete(folder_of(vocoder))


def speakers_of(model: str) -> tuple[str, ...]:
    """Return the names of a model's speakers; () if it is not here, or if no file of text tells them."""
    folder = place_of(model)
    named = [names for file in (*_SPEAKERS, "config.json") if (names := _speakers_in(folder / file))]
    return named[0] if named else ()


def _speakers_in(path: Path) -> tuple[str, ...]:
    try:
        said = json.loads(path.read_bytes()) if path.stat().st_size <= _MAX_SPEAKERS_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return ()
    if not isinstance(said, dict):
        return ()
    names = said.get("speakers") if path.name == "config.json" else said
    if isinstance(names, dict):  # each name has a number, or a vector with the speaker's own name
        names = [each.get("name", name) if isinstance(each, dict) else name for name, each in names.items()]
    return tuple(dict.fromkeys(map(str, names))) if isinstance(names, list) else ()


def _delete(place: Path) -> None:
    try:
        if place.is_dir():
            shutil.rmtree(place)
    except OSError as fault:
        raise EnvironmentFault(f"{place} cannot be removed: {fault.strerror or fault}.") from fault


def is_complete(model: str) -> bool:
    """Return whether a model or vocoder was downloaded completely."""
    place = folder_of(model)
    if not place.is_dir():  # searching its files takes far longer, and most models are not here
        return False
    names = _names(place_of(model))
    config = "config.json" in names or model in _WITHOUT_CONFIG
    return config and _has_weights(names) and not _has_archive(names) and not any(place.glob(PARTIAL_FILES))


def is_interrupted(folder: Path) -> bool:
    """Return whether an interrupted download left this folder of a model."""
    names = _names(folder)
    return bool(names) and names != {_AGREED} and (_has_archive(names) or not _has_weights(names))


def _names(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.rglob("*") if path.is_file()}
    except OSError:
        return set()


def _has_weights(names: set[str]) -> bool:
    return any(name.endswith(_WEIGHTS) for name in names - _NO_WEIGHTS)


def _has_archive(names: set[str]) -> bool:
    return any(name.endswith(_ARCHIVES) for name in names)


def _snapshot(repository: Path) -> Path:
    """Return the folder of a repository's current commit in the hub's cache, which may not exist."""
    try:
        with (repository / "refs" / "main").open(encoding="ascii") as file:
            commit = file.read(_MAX_COMMIT).strip()
    except (OSError, ValueError):
        commit = ""
    return repository / "snapshots" / (commit if commit.isalnum() else "none")  # another machine may have written it
