"""Loads a model of Coqui for a recipe: rebuilds its config, and reads its weights without running pickled code."""

import json
import pickle
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from swarm.errors import UsageError
from swarm.job.recipe import CUSTOM, Recipe
from swarm.voice.coqui.card import STATISTICS, model_card
from swarm.voice.coqui.config import Config, ConfigRefused, needs_statistics, read_config, rebuild
from swarm.voice.coqui.files import KNOWS_ITSELF, ModelFiles, find_model
from swarm.voice.coqui.invented import open_invented
from swarm.voice.coqui.pickles import only_read
from swarm.voice.coqui.plain import open_plain
from swarm.voice.coqui.xtts import XttsLoader
from swarm.voice.device_fault import device_fault
from swarm.voice.engine import EngineFault, FaultKind, Voice
from swarm.voice.settings import check_recipe

MAX_SPEAKERS_BYTES = 64 << 20

# Files of a model that its config names by paths of another machine: by these names they are found beside it.
_BESIDE = {
    "speakers_file": ("speaker_ids.json", "speaker_ids.pth"),
    "d_vector_file": ("speakers.json", "speakers.pth"),
    "language_ids_file": ("language_ids.json",),
}
# These come with configs of their own, so they are taken from Coqui's models only, not from a peer's.
_BESIDE_LISTED = {
    "speaker_encoder_model_path": ("model_se.pth", "model_se.pth.tar"),
    "speaker_encoder_config_path": ("config_se.json",),
}
_CODE = re.compile(r"GLOBAL (\S{1,80})")

_DAMAGED = re.compile(
    r"PytorchStreamReader|central directory|HeaderTooLarge|HeaderTooSmall|InvalidHeader|IncompleteMeta"
)

_MISFIT = re.compile(r"Error\(s\) in loading state_dict[^:]*: ?(.{0,160})")

_NO_CODE = "and code is never run: save them without it, best as safetensors"

_CUT_OFF = "its weights are damaged, cut off or none"


class Loader:
    """Loads models, and keeps the last XTTS model for the voices that follow."""

    def __init__(self) -> None:
        self._xtts = XttsLoader()

    def open(self, recipe: Recipe, device: str, job_files: Path | None) -> Voice:
        """Load a recipe's model onto a device. Raises EngineFault: UNAVAILABLE, or MEMORY or DEVICE."""
        place = torch_device(device)
        files = find_model(recipe, job_files)
        try:
            with only_read():
                return self._open(recipe, files, place, job_files)
        except ConfigRefused as fault:
            raise _unavailable(f"{_name(recipe)} is not loaded: {fault}") from fault
        except EngineFault:
            raise
        except Exception as fault:  # a truncated or a malicious file, a config that does not fit it, a missing package
            if of_the_device := _fault_of_the_device(fault, device):
                raise of_the_device from fault
            raise _unavailable(f"{_name(recipe)} does not load: {reason(fault)}.") from fault

    def _open(self, recipe: Recipe, files: ModelFiles, place: Any, job_files: Path | None) -> Voice:
        if recipe.model in KNOWS_ITSELF:
            self._xtts.forget()
            return open_invented(_checked(recipe, {}), files, place, job_files)
        if "fairseq" in recipe.model:  # its config is not Coqui's
            self._xtts.forget()
            return open_plain(_checked(recipe, {}), files, None, place, job_files)
        said = read_config(files.config)
        config = rebuild(said)
        recipe = _checked(recipe, said)
        if config["model"] == "xtts":
            return self._xtts.open(recipe, files.folder, files.weights, config, place, job_files)
        self._xtts.forget()
        _find_beside(config, files)
        if needs_statistics(said):
            config["audio"]["stats_path"] = str(_statistics(files))
        with _written(config) as path:
            return open_plain(recipe, files, path, place, job_files)


def torch_device(device: str) -> Any:
    """Return the torch device for a slot's device such as "cpu:3" or "cuda:0", proved. Raises EngineFault."""
    if device.startswith("cpu"):
        torch.set_num_threads(1)  # a slot is one thread's worth of work, and the bits of a clip depend on it
        return torch.device("cpu")
    try:
        place = torch.device(device)
        torch.ones(1, device=place).item()
    except (RuntimeError, AssertionError) as fault:
        reason = str(fault).splitlines()[0][:200] if str(fault) else type(fault).__name__
        kind = device_fault(fault) or FaultKind.DEVICE  # it was proved when the worker started
        words = f"torch {torch.__version__} cannot use {device}: {reason}. `e2a-swarm doctor` says more."
        raise EngineFault(kind, words) from fault
    return place


def _checked(recipe: Recipe, said: Config) -> Recipe:
    """Return the recipe with only its model's settings: Coqui takes others too, such as names of files to write."""
    try:
        return check_recipe(model_card(recipe.model, said), recipe)
    except UsageError as fault:
        raise _unavailable(f"{fault} Perhaps the coordinator's version of e2a-swarm is another one.") from fault


def _find_beside(config: Config, files: ModelFiles) -> None:
    """Put the files beside the weights into the config, in place of the paths that were dropped."""
    names = _BESIDE if files.custom else _BESIDE | _BESIDE_LISTED
    arguments = config.setdefault("model_args", {})
    for field, candidates in names.items():
        found = [files.folder / name for name in candidates if (files.folder / name).is_file()]
        if found and found[0].stat().st_size <= MAX_SPEAKERS_BYTES * (1 if files.custom else 16):
            path = str(found[0])
            arguments[field] = config[field] = [path] if field == "d_vector_file" else path


def _statistics(files: ModelFiles) -> Path:
    path = files.folder / STATISTICS
    if not path.is_file():
        raise ConfigRefused(f"it needs {STATISTICS} beside its config.json.")
    return path


@contextmanager
def _written(config: Config) -> Iterator[Path]:
    """Keep the config as a file for as long as Coqui reads it."""
    with tempfile.TemporaryDirectory(prefix="e2a-swarm-") as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        yield path


def _fault_of_the_device(fault: Exception, device: str) -> EngineFault | None:
    """Return the fault of a device in words; None where the model is to blame."""
    kind, words = device_fault(fault), " ".join(str(fault).split())[:200]
    if kind is FaultKind.MEMORY:
        remedy = "give it fewer --slots, or end what else uses it"
        return EngineFault(kind, f"{device} has not enough memory for this model: {remedy} ({words})")
    return EngineFault(kind, f"{device} failed while the model was loaded: {words}") if kind else None


def _name(recipe: Recipe) -> str:
    return "The custom model" if recipe.model.startswith(CUSTOM) else f"The model {recipe.model[:80]}"


def _unavailable(message: str) -> EngineFault:
    return EngineFault(FaultKind.UNAVAILABLE, message)


def reason(fault: Exception) -> str:
    """Return what is wrong with a model's files, in words."""
    words = " ".join(str(fault).split())
    if isinstance(fault, pickle.UnpicklingError):
        found = _CODE.search(words)
        return f"its files carry code besides numbers ({found[1]}), {_NO_CODE}" if found else _CUT_OFF
    if isinstance(fault, EOFError) or _DAMAGED.search(words):
        return _CUT_OFF
    if misfit := _MISFIT.search(words):
        return f"its weights are not of the model that its config.json describes ({misfit[1].strip()})"
    if isinstance(fault, KeyError) and fault.args == ("model",):
        return 'its weights are not as Coqui saves them: a dict whose "model" holds them'
    return f"{type(fault).__name__}: {words[:300]}"
