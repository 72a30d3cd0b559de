"""Finds the files of a model: in the job's folder, in a cache, or by a download. Checks its licence first."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarm.config import may_download
from swarm.job.recipe import CUSTOM, Recipe
from swarm.system.serving import teller
from swarm.voice.coqui.cache import folder_of, is_complete, place_of
from swarm.voice.coqui.fetch import fetch
from swarm.voice.coqui.models import BARK, TORTOISE
from swarm.voice.coqui.options import ENV_LICENCE
from swarm.voice.coqui.shared import came_from_neighbour
from swarm.voice.engine import EngineFault, FaultKind, OnProgress

LICENCE = "https://tts-hub.github.io/cpml"
WEIGHTS = ("model.pth", "model_file.pth", "model_file.pth.tar", "checkpoint.pth", "best_model.pth", "model.safetensors")
_UNREACHABLE = {"ConnectionError", "ConnectError", "ConnectTimeout", "ReadTimeout", "gaierror", "TimeoutError"}
LOADED_FROM_FOLDER = (BARK, TORTOISE)  # models that have a loader of their own


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
            raise _unavailable("The files of the custom model are not here.")
        return files_in(job_files / "model", custom=True)
    return find_listed_model(recipe.model, teller())


def files_in(folder: Path, *, custom: bool = False) -> ModelFiles:
    """Return the weights and the config in a folder. Raises EngineFault(UNAVAILABLE)."""
    weights = [folder / name for name in WEIGHTS if (folder / name).is_file()] or sorted(folder.glob("*.pth"))
    config = folder / "config.json"
    if not weights or not config.is_file():
        raise _unavailable(
            f"The model in {folder} lacks {'its weights (model.pth)' if not weights else 'config.json'}."
        )
    return ModelFiles(folder, weights[0], config, custom=custom)


def find_listed_model(model: str, tell: OnProgress) -> ModelFiles:
    """Return the files of a model of Coqui's list; download them if need be. Raises EngineFault(UNAVAILABLE)."""
    from TTS.utils.manage import ModelManager

    manager = ModelManager(progress_bar=True)
    try:
        item, stem, _ = manager._set_model_item(model)
    except (KeyError, ValueError) as fault:
        raise _unavailable(f"Coqui has no model {model}.") from fault
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
        raise _unavailable(
            f"The model {model} is not on this machine, which downloads none (--offline): copy it to "
            f"{folder_of(model)}, or run `e2a-swarm models fetch {model}`."
        )
    try:
        return fetch(manager, model, tell)
    except Exception as fault:  # an error of requests, huggingface_hub, zipfile or the disk
        raise _unavailable(
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
        raise _unavailable(
            f"{model.rpartition('/')[2]} is under the Coqui Public Model License, for non-commercial use ({LICENCE}): "
            f"if you agree to it, give --accept-coqui-license or set {ENV_LICENCE}=1."
        )


def _unavailable(message: str) -> EngineFault:
    return EngineFault(FaultKind.UNAVAILABLE, message)
