"""Sessions of ONNX Runtime: one thread, on the device of a slot, and the same sound each time."""

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarm.voice.engine import EngineFault, FaultKind, device_fault

if TYPE_CHECKING:
    import onnxruntime

_GPU_PROVIDERS = {"cuda": ("CUDAExecutionProvider", "ROCMExecutionProvider"), "mps": ("CoreMLExecutionProvider",)}
_FOR_GPUS = ("onnxruntime-gpu", "onnxruntime-rocm")


def computes_on() -> str:
    """Return the kind of device that the installed library computes on: "any" if it may know a GPU, else "cpu".

    It is asked by workers, which do not load the library.
    """
    return "any" if any(map(_is_installed, _FOR_GPUS)) else "cpu"


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def open_session(model: bytes | Path, device: str, title: str) -> "onnxruntime.InferenceSession":
    """Load a model onto a device such as "cpu:3" or "cuda:0"; on the CPU if the library knows no such GPU.

    Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # it would report to its maker, and write to the home folder
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model),
            options,
            providers=_providers(device, onnxruntime.get_available_providers()),
        )
    except Exception as fault:  # the library has a class of errors for each of its codes, and they are no OSErrors
        kind = device_fault(fault) or FaultKind.UNAVAILABLE
        raise EngineFault(kind, f"{title} does not load: {' '.join(str(fault).split())[:200]}.") from fault


def _providers(device: str, known: list[str]) -> list[Any]:
    """Return the library's name for a device, followed by the CPU, which computes what a GPU cannot."""
    kind, _, number = device.partition(":")
    settings = {"device_id": number or "0"} if kind == "cuda" else {}
    gpus: list[Any] = [(name, settings) for name in _GPU_PROVIDERS.get(kind, ()) if name in known]
    return [*gpus, "CPUExecutionProvider"]
