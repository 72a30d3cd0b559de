"""What an engine's process takes of the memory of its device, and whether a model's need is free there."""

import importlib
import sys
from importlib.util import find_spec
from math import inf
from typing import Any

from swarm.system.capacity import read_capacity
from swarm.system.platform import peak_bytes
from swarm.voice.engine import EngineFault, FaultKind

_CUDA_BYTES = 512 << 20  # CUDA itself keeps this on a GPU for each process, and torch does not count it


def peak_on(device: str) -> int:
    """Return the most memory that this process took of a device such as "cpu:3" or "cuda:0"; 0 if it is unknown."""
    if device.startswith("cpu"):
        return peak_bytes()
    torch: Any = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda"):
        return 0
    reserved = int(torch.cuda.max_memory_reserved(device))
    return reserved + _CUDA_BYTES if reserved else 0


def free_on(device: str) -> float:
    """Return the free memory of a device; infinite if it is unknown."""
    if device.startswith("cpu"):
        return read_capacity().free_bytes
    if not device.startswith("cuda") or not find_spec("torch"):
        return inf
    free, _ = importlib.import_module("torch").cuda.mem_get_info(device)
    return float(free)


def check_room(device: str, need: int) -> None:
    """Raise EngineFault(MEMORY) if a device has less free memory than is needed; 0 is a need that is not known."""
    if need and (free := free_on(device)) < need:
        raise EngineFault(
            FaultKind.MEMORY,
            f"{device} does not have enough memory for this model: it took {need / 1e9:.1f} GB before, "
            f"{free / 1e9:.1f} GB are free",
        )
