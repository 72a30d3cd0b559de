"""Models of Coqui's list that machines have from each other. Needs neither Coqui nor torch.

No table has digests of these models, so a member of the swarm could pass on a wrong one. Therefore what came from
another machine is loaded as strictly as a custom model, and models that Coqui's own code would load otherwise are not
shared: those with a vocoder or an encoder of speakers, which bring a config of their own, Bark, Tortoise and fairseq's.
"""

import os
import re
from functools import partial
from pathlib import Path

from swarm.voice.coqui.cache import folder_of, is_complete, models_folder, place_of, size_of
from swarm.voice.coqui.models import BARK, TORTOISE, YOUR_TTS, known_models
from swarm.voice.coqui.options import ENV_LICENCE
from swarm.voice.coqui.origins import HUB, VOCODERS, licence_of
from swarm.voice.listing import ListedModel
from swarm.voice.remote_model import RemoteModel

MARK = "e2a-swarm-neighbour.txt"  # this file marks the folder of a model that came from another machine
_CONFIG, _REFERENCE = "config.json", "refs/main"
_SNAPSHOT = r"(snapshots/[0-9a-f]{40}/)?"
_FILE = re.compile(
    rf"{_SNAPSHOT}[A-Za-z0-9_][A-Za-z0-9_.-]*\.(json|pth|pt|tar|safetensors|npy|txt|md|md5)|{_REFERENCE}"
)
_ENCODERS = ("config_se.json", "model_se.pth", "model_se.pth.tar")
_AGREED = "tos_agreed.txt"
_NEEDS_AGREEMENT = "CPML"


def remote_model(model: str) -> RemoteModel | None:
    """Return how other machines know a model of Coqui's list; None for one that is not shared."""
    strict = model in known_models() and model not in VOCODERS and model not in (BARK, TORTOISE, YOUR_TTS)
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
