"""Loads a model of Coqui for a recipe, with a rebuilt config and without running pickled code."""

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
from swarm.voice.coqui.card import STATISTICS, VOCABULARY, model_card
from swarm.voice.coqui.config import Config, ConfigRefused, needs_statistics, read_config, rebuild
from swarm.voice.coqui.files import LOADED_FROM_FOLDER, ModelFiles, find_model
from swarm.voice.coqui.invented import open_invented
from swarm.voice.coqui.pickles import only_read
from swarm.voice.coqui.plain import PlainLoader
from swarm.voice.coqui.vocabulary import check_vocabulary
from swarm.voice.coqui.xtts import XttsLoader
from swarm.voice.device_fault import device_fault
from swarm.voice.engine import EngineFault, FaultKind, Voice
from swarm.voice.settings import check_recipe

MAX_SPEAKERS_BYTES = 64 << 20

# Files that a config names by paths of another machine. They are found beside the weights by these names.
_COMPANION_FILES = {
    "speakers_file": ("speaker_ids.json", "speaker_ids.pth"),
    "d_vector_file": ("speakers.json", "speakers.pth"),
    "language_ids_file": ("language_ids.json",),
}
# These files bring a config of their own, so they are used for Coqui's models, but never for a peer's.
_LISTED_COMPANION_FILES = {
    "speaker_encoder_model_path": ("model_se.pth", "model_se.pth.tar"),
    "speaker_encoder_config_path": ("config_se.json",),
}
_PICKLED_NAME = re.compile(r"GLOBAL (\S{1,80})")

_DAMAGED = re.compile(
    r"PytorchStreamReader|central directory|HeaderTooLarge|HeaderTooSmall|InvalidHeader|IncompleteMeta"
)

_MISFIT = re.compile(r"Error\(s\) in loading state_dict[^:]*: ?(.{0,160})")

_NO_CODE = "and code is never run: save them without it, best as safetensors"

_CUT_OFF = "its weights are damaged, cut off or missing"


class Loader:
    """A loader of models, which keeps the last one for further voices."""

    def __init__(self) -> None:
        self._xtts, self._plain = XttsLoader(), PlainLoader()

    def open(self, recipe: Recipe, device: str, job_files: Path | None) -> Voice:
        """Load a recipe's model onto a device. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
        place = torch_device(device)
        files = find_model(recipe, job_files)
        try:
            with only_read():
                return self._open(recipe, files, place, job_files)
        except ConfigRefused as fault:
            raise _unavailable(f"{_name(recipe)} is not loaded: {fault}") from fault
        except EngineFault:
            raise
        except Exception as fault:  # a truncated or malicious file, a config that does not fit, a missing package
            if of_the_device := _fault_of_the_device(fault, device):
                raise of_the_device from fault
            raise _unavailable(f"{_name(recipe)} does not load: {reason(fault)}.") from fault

    def _open(self, recipe: Recipe, files: ModelFiles, place: Any, job_files: Path | None) -> Voice:
        if recipe.model in LOADED_FROM_FOLDER:
            self._xtts.forget()
            self._plain.forget()
            return open_invented(_checked(recipe, {}), files, place, job_files)
        if "fairseq" in recipe.model:  # the config of fairseq has another form
            self._xtts.forget()
            return self._plain.open(_checked(recipe, {}), files, None, place, job_files)
        said = read_config(files.config)
        config = rebuild(said)
        recipe = _checked(recipe, said)
        if config["model"] == "xtts":
            self._plain.forget()
            check_vocabulary(files.folder / VOCABULARY)
            return self._xtts.open(recipe, files.folder, files.weights, config, place, job_files)
        self._xtts.forget()
        _set_companion_paths(config, files)
        if needs_statistics(said):
            config["audio"]["stats_path"] = str(_statistics(files))
        with _config_file(config) as path:
            return self._plain.open(recipe, files, path, place, job_files)


def torch_device(device: str) -> Any:
    """Return the torch device for a slot's device such as "cpu:3" or "cuda:0", after a test. Raises EngineFault."""
    if device.startswith("cpu"):
        torch.set_num_threads(1)  # a slot has one thread, and the bits of a clip depend on the number of threads
        return torch.device("cpu")
    try:
        place = torch.device(device)
        torch.ones(1, device=place).item()
        torch.set_float32_matmul_precision("high")  # TF32, on cards that have it
    except (RuntimeError, AssertionError) as fault:
        reason = str(fault).splitlines()[0][:200] if str(fault) else type(fault).__name__
        kind = device_fault(fault) or FaultKind.DEVICE  # the device worked when the worker started
        words = f"torch {torch.__version__} cannot use {device}: {reason}. `e2a-swarm doctor` says more."
        raise EngineFault(kind, words) from fault
    return place


def _checked(recipe: Recipe, said: Config) -> Recipe:
    """Check a recipe's settings by its model's card: Coqui would accept others, such as names of files to write."""
    try:
        return check_recipe(model_card(recipe.model, said), recipe)
    except UsageError as fault:
        raise _unavailable(f"{fault} The coordinator may have another version of e2a-swarm.") from fault


def _set_companion_paths(config: Config, files: ModelFiles) -> None:
    """Set the paths of a config to the files beside the weights, in place of the paths that were dropped."""
    names = _COMPANION_FILES if files.custom else _COMPANION_FILES | _LISTED_COMPANION_FILES
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
def _config_file(config: Config) -> Iterator[Path]:
    """Write the config to a temporary file while Coqui reads it."""
    with tempfile.TemporaryDirectory(prefix="e2a-swarm-") as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        yield path


def _fault_of_the_device(fault: Exception, device: str) -> EngineFault | None:
    """Return a sentence about a fault of the device; None if the model is to blame."""
    kind, words = device_fault(fault), " ".join(str(fault).split())[:200]
    if kind is FaultKind.MEMORY:
        remedy = "give it fewer --slots, or end other programs that use it"
        return EngineFault(kind, f"{device} does not have enough memory for this model: {remedy} ({words})")
    return EngineFault(kind, f"{device} failed while the model was loaded: {words}") if kind else None


def _name(recipe: Recipe) -> str:
    return "The custom model" if recipe.model.startswith(CUSTOM) else f"The model {recipe.model[:80]}"


def _unavailable(message: str) -> EngineFault:
    return EngineFault(FaultKind.UNAVAILABLE, message)


def reason(fault: Exception) -> str:
    """Return the reason why a model's files could not be loaded, in words for users."""
    words = " ".join(str(fault).split())
    if isinstance(fault, pickle.UnpicklingError):
        found = _PICKLED_NAME.search(words)
        return f"its files carry code besides numbers ({found[1]}), {_NO_CODE}" if found else _CUT_OFF
    if isinstance(fault, EOFError) or _DAMAGED.search(words):
        return _CUT_OFF
    if misfit := _MISFIT.search(words):
        return f"its weights do not belong to the model that its config.json describes ({misfit[1].strip()})"
    if isinstance(fault, KeyError) and fault.args == ("model",):
        return 'its weights are not as Coqui saves them: a dict whose "model" holds them'
    return f"{type(fault).__name__}: {words[:300]}"
