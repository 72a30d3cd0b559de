"""Finds the files of a model: in the job's folder, in a cache, on a peer, or by a download. Checks its licence first.

Needs neither Coqui nor torch, but to download: that is done with Coqui's own code, in one process at a time."""

import errno
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from swarm.config import may_download
from swarm.errors import EnvironmentFault
from swarm.job.spec import CUSTOM, Recipe
from swarm.system.serving import teller
from swarm.voice.coqui.card import model_card
from swarm.voice.coqui.models import HUB, VOCODERS, YOUR_TTS, known_models, licence_of
from swarm.voice.coqui.options import ENV_LICENCE
from swarm.voice.engine import OnProgress, unavailable
from swarm.voice.model_download import ListedModel, RemoteModel, download_lock

PARTIAL_FILES = "blobs/*.incomplete"  # downloads of Hugging Face's library, under way or interrupted
_WEIGHTS = (".pth", ".pt", ".tar", ".safetensors")
_ARCHIVES = (".zip", ".tar.gz")  # Coqui deletes an archive once it is unpacked
# Files that end like weights but are none.
_NO_WEIGHTS = {"speakers_xtts.pth", "speakers.pth", "speaker_ids.pth", "mel_stats.pth", "dvae.pth"}
_AGREED = "tos_agreed.txt"
_SPEAKERS = ("speaker_ids.json", "speakers.json")  # beside the weights, or in a config where neither is there
_MAX_SPEAKERS_BYTES = 16 << 20
_MAX_COMMIT = 64  # characters
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
    whole = "config.json" in names and _has_weights(names) and not _has_archive(names)
    return whole and not any(place.glob(PARTIAL_FILES))


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


SOCKET_TIMEOUT_S = 60.0


def fetch(manager: Any, model: str, tell: OnProgress) -> tuple[Path, Path]:
    """Return the paths of a model's weights and config; download them if need be, reporting the progress to `tell`.

    Raises any error of Coqui, requests, Hugging Face's library or the disk.
    """
    if is_complete(model):
        weights, config, _ = manager.download_model(model)
    else:
        weights, config = _download(manager, model, tell)
    return Path(weights), Path(config or Path(weights).parent / "config.json")


def _download(manager: Any, model: str, tell: OnProgress) -> tuple[Path, Path | None]:
    item, stem, _ = manager._set_model_item(model)
    name = model_card(model).about.removesuffix(" by Coqui")
    with download_lock(manager.output_prefix / f".{stem}.lock", lambda: tell(f"waiting for the download of {name}")):
        _remove_leftovers(manager.output_prefix / stem, folder_of(model))
        with _socket_timeout(), _reported_by_bar(name, tell) as bar:
            if "repo_id" in item:
                _from_hub(item, bar)
            weights, config, _ = manager.download_model(model)
        tell(f"loading {name}")
    return weights, config


def _from_hub(item: Any, bar: Any) -> None:
    """Download as Coqui would, but with our progress bar. Coqui then finds the files in the cache."""
    from huggingface_hub import snapshot_download

    download = partial(
        snapshot_download, item["repo_id"], allow_patterns=item.get("allow"), ignore_patterns=item.get("ignore")
    )
    with suppress(Exception):  # older libraries have no dry run, and the download below raises other faults again
        bar.whole = sum(file.file_size or 0 for file in download(dry_run=True) if file.will_download)
    download(tqdm_class=bar)


def _remove_leftovers(folder: Path, place: Path) -> None:
    """Remove the files of an interrupted download, which Coqui would take for the model, and the hub never resumes."""
    if is_interrupted(folder):
        shutil.rmtree(folder)
    for part in place.glob(PARTIAL_FILES):
        part.unlink(missing_ok=True)


@contextmanager
def _reported_by_bar(name: str, tell: OnProgress) -> Iterator[type]:
    """Replace Coqui's progress bar for a while by one that reports to `tell`."""
    from TTS.utils import manage

    before = manage.tqdm
    bar = _make_bar(name, tell)
    manage.tqdm = bar
    try:
        yield bar
    finally:
        manage.tqdm = before


class _NullOutput(io.TextIOBase):
    """The output of a progress bar that must not be shown, since `tell` shows the progress."""

    def write(self, text: str) -> int:
        """Drop the text."""
        return len(text)


def _make_bar(name: str, tell: OnProgress) -> type:
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        said = -1
        whole = 0  # total bytes, since the hub's own total counts only the files that were begun

        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **{**settings, "file": _NullOutput()})

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            # The hub also has a bar that counts files, and one for bytes before they are unpacked: both are ignored.
            of_bytes = self.unit in ("B", "iB") and not str(self.desc).startswith("Downloading")
            whole = max(self.total or 0, self.whole)
            percent = min(99, int(100 * self.n / whole)) if of_bytes and whole else -1
            if percent > -1 and percent != self.said:
                self.said = percent
                tell(f"downloading {name}, {percent} %")
            return shown

    return Bar


@contextmanager
def _socket_timeout() -> Iterator[None]:
    """Limit each wait for the network, since a firewall that drops packets would block the slot for ever."""
    import socket

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SOCKET_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


MARK = "e2a-swarm-neighbour.txt"  # this file marks the folder of a model that came from another machine
_CONFIG, _REFERENCE = "config.json", "refs/main"
_SNAPSHOT = r"(snapshots/[0-9a-f]{40}/)?"
_FILE = re.compile(rf"{_SNAPSHOT}[A-Za-z0-9_][A-Za-z0-9_.-]*\.(json|pth|pt|tar|safetensors|txt|md|md5)|{_REFERENCE}")
_ENCODERS = ("config_se.json", "model_se.pth", "model_se.pth.tar")
_NEEDS_AGREEMENT = "CPML"


def remote_model(model: str) -> RemoteModel | None:
    """Return how other machines know a model of Coqui's list; None for one that is not shared."""
    strict = model in known_models() and model not in VOCODERS and model != YOUR_TTS
    if not strict or not _is_agreed(model) or (is_complete(model) and not names(model)):
        return None
    folder = folder_of(model)
    parts = partial(names, model), may_have, partial(size_of, model)
    return RemoteModel(model, folder, (), ListedModel(f"coqui {model}", folder, *parts, MARK))


def came_from_neighbour(model: str) -> bool:
    """Return whether a model's files came from another machine."""
    return (folder_of(model) / MARK).is_file() and is_complete(model)


def names(model: str) -> tuple[str, ...]:
    """Return the places of a model's files, the one that makes it complete last; () if it is not to be shared."""
    if not is_complete(model):
        return ()
    folder, place = folder_of(model), place_of(model)
    here = sorted(path.relative_to(folder).as_posix() for path in place.iterdir() if path.is_file())
    if {Path(name).name for name in here}.intersection(_ENCODERS):
        return ()
    last = _REFERENCE if model in HUB else _CONFIG
    files = [name for name in here if may_have(name) and Path(name).name not in (MARK, _AGREED) and name != last]
    return (*files, last)


def may_have(name: str) -> bool:
    """Return whether a model may have a file of this name: data alone, and nothing with a config of its own."""
    return _FILE.fullmatch(name) is not None and Path(name).name not in (*_ENCODERS, MARK, _AGREED)


def _is_agreed(model: str) -> bool:
    """Return whether the operator has accepted the licence of a model, if it needs that."""
    stem = model.replace("/", "--")
    agreed = os.environ.get(ENV_LICENCE) == "1" or (models_folder() / stem / _AGREED).is_file()
    return agreed or licence_of(model) != _NEEDS_AGREEMENT


LICENCE = "https://tts-hub.github.io/cpml"
WEIGHTS = ("model.pth", "model_file.pth", "model_file.pth.tar", "checkpoint.pth", "best_model.pth", "model.safetensors")
_UNREACHABLE = {"ConnectionError", "ConnectError", "ConnectTimeout", "ReadTimeout", "gaierror", "TimeoutError"}


@dataclass(frozen=True)
class ModelFiles:
    """A model's folder, and the files in it whose names differ from model to model."""

    folder: Path
    weights: Path
    config: Path
    vocoder: "ModelFiles | None" = None
    custom: bool = False  # the files came from another machine, so they are not trusted


def find_model(recipe: Recipe, job_files: Path | None) -> ModelFiles:
    """Return the files of a recipe's model, and download them if need be. Raises EngineFault(UNAVAILABLE)."""
    if recipe.model.startswith(CUSTOM):
        if job_files is None:
            raise unavailable("The files of the custom model are not here.")
        return files_in(job_files / "model", custom=True)
    return find_listed_model(recipe.model, teller())


def files_in(folder: Path, *, custom: bool = False) -> ModelFiles:
    """Return the weights and the config in a folder. Raises EngineFault(UNAVAILABLE)."""
    weights = [folder / name for name in WEIGHTS if (folder / name).is_file()] or sorted(folder.glob("*.pth"))
    config = folder / "config.json"
    if not weights or not config.is_file():
        raise unavailable(f"The model in {folder} lacks {'its weights (model.pth)' if not weights else 'config.json'}.")
    return ModelFiles(folder, weights[0], config, custom=custom)


def find_listed_model(model: str, tell: OnProgress) -> ModelFiles:
    """Return the files of a model of Coqui's list; download them if need be. Raises EngineFault(UNAVAILABLE)."""
    from TTS.utils.manage import ModelManager

    manager = ModelManager(progress_bar=True)
    try:
        item, stem, _ = manager._set_model_item(model)
    except (KeyError, ValueError) as fault:
        raise unavailable(f"Coqui has no model {model}.") from fault
    check_licence(model, bool(item.get("tos_required")), manager.output_prefix / stem)
    if came_from_neighbour(model):
        return files_in(place_of(model), custom=True)
    if item.get("repo_id") and (folder := _in_hub_cache(item["repo_id"])):
        return files_in(folder)
    weights, config = _fetch(manager, model, tell)
    vocoder = item.get("default_vocoder")
    folder = weights if weights.is_dir() else weights.parent
    return ModelFiles(folder, weights, config, _vocoder(manager, vocoder, tell) if vocoder else None)


def _vocoder(manager: Any, name: str, tell: OnProgress) -> ModelFiles:
    weights, config = _fetch(manager, name, tell)
    return ModelFiles(weights.parent, weights, config)


def _fetch(manager: Any, model: str, tell: OnProgress) -> tuple[Path, Path]:
    """Return the weights and config of a model; download them if need be. Raises EngineFault(UNAVAILABLE)."""
    if not may_download() and not is_complete(model):
        raise unavailable(
            f"The model {model} is not on this machine, which downloads none (--offline): copy it to "
            f"{folder_of(model)}, or run `e2a-swarm models fetch {model}`."
        )
    try:
        return fetch(manager, model, tell)
    except Exception as fault:  # an error of requests, huggingface_hub, zipfile or the disk
        raise unavailable(
            f"The model {model} is not on this machine and cannot be downloaded ({_failure_reason(fault)}): "
            f"copy it to {folder_of(model)}, or connect this machine."
        ) from fault


def _failure_reason(fault: Exception) -> str:
    """Return the reason of a failed download, in words for users if it is a common one."""
    chain: list[BaseException] = [fault]
    while (before := chain[-1].__cause__ or chain[-1].__context__) and len(chain) < 20:
        chain.append(before)
    if any(isinstance(each, OSError) and each.errno == errno.ENOSPC for each in chain):
        return "the disk is full"
    names = {type(each).__name__ for each in chain}
    return "its server is out of reach" if names & _UNREACHABLE else type(fault).__name__


def _in_hub_cache(repository: str) -> Path | None:
    """Return the folder of a model in the hub's cache, without asking the hub; None if it is not there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(repository, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    return folder if (folder / "config.json").is_file() and (folder / "model.pth").is_file() else None


def check_licence(model: str, needed: bool, folder: Path) -> None:
    """Raise EngineFault(UNAVAILABLE) if the operator has not accepted the licence that a model needs."""
    agreed = os.environ.get(ENV_LICENCE) == "1" or (folder / "tos_agreed.txt").is_file()
    if needed and not agreed:
        raise unavailable(
            f"{model.rpartition('/')[2]} is under the Coqui Public Model License, for non-commercial use ({LICENCE}): "
            f"if you agree to it, give --accept-coqui-license or set {ENV_LICENCE}=1."
        )
