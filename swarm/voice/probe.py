"""Finds the GPUs that torch can compute on, or ONNX Runtime if the word "library" follows, and prints them as one
JSON value: `python -m swarm.voice.probe`.

It is a process of its own, so that a driver that hangs or crashes does not take a worker with it.
"""

import importlib
import importlib.metadata
import json
import sys
from collections.abc import Iterator
from typing import Any

MAX_GPUS = 64


def prove(torch: Any) -> dict[str, Any]:
    """Return torch's version, and each GPU with the result of a small computation on it. Torch calls ROCm "cuda"."""
    archs: list[str] = getattr(torch.cuda, "get_arch_list", list)() if torch.version.cuda else []
    about = {"torch": str(torch.__version__), "cuda": torch.version.cuda or "", "archs": list(map(str, archs))}
    return {**about, "gpus": [*_cuda(torch), *_mps(torch)]}


def _cuda(torch: Any) -> Iterator[dict[str, Any]]:
    driver = _driver() if torch.version.cuda else ""
    platform = f"CUDA {torch.version.cuda}" if torch.version.cuda else f"ROCm {torch.version.hip}"
    for index in range(min(torch.cuda.device_count(), MAX_GPUS)):
        name = f"cuda:{index}"
        fault = _tensor_fault(torch, name)
        gpu = {"name": name, "fault": fault, "about": name, "memory_bytes": 0, "uuid": "", "driver": driver}
        if torch.version.cuda:
            gpu["capability"] = _capability(torch, index)
        if not fault:
            spec = torch.cuda.get_device_properties(index)
            uuid = getattr(spec, "uuid", "")
            gpu |= {"about": str(spec.name), "memory_bytes": int(spec.total_memory), "platform": platform}
            gpu["free_bytes"] = _free_bytes(torch, index)
            gpu["uuid"] = _full_uuid(str(uuid)) if uuid and torch.version.cuda else str(uuid)
        yield gpu


def _free_bytes(torch: Any, index: int) -> int:
    """Return the free memory of a GPU in bytes; 0 if torch cannot tell."""
    try:
        return int(torch.cuda.mem_get_info(index)[0])
    except Exception:  # it only decides how many slots a worker opens by itself
        return 0


def _capability(torch: Any, index: int) -> str:
    """Return the compute capability of a GPU, such as "8.6"; "" if torch cannot tell."""
    try:
        return "{}.{}".format(*torch.cuda.get_device_capability(index))
    except Exception:  # it is only told, so any failure to read it is ignored
        return ""


def _full_uuid(uuid: str) -> str:
    """Return a UUID as NVIDIA's driver names it: with "MIG-" for a part of a GPU, which the driver tells apart."""
    try:
        nvml = importlib.import_module("pynvml")
        nvml.nvmlInit()
        nvml.nvmlDeviceGetHandleByUUID(f"MIG-{uuid}")
    except Exception:  # no bindings, no driver, or no such part
        return f"GPU-{uuid}"
    return f"MIG-{uuid}"


def _mps(torch: Any) -> Iterator[dict[str, Any]]:
    if torch.backends.mps.is_available():
        yield {"name": "mps", "fault": _tensor_fault(torch, "mps"), "about": "Apple GPU", "platform": "Metal"}


def _tensor_fault(torch: Any, name: str) -> str:
    """Return the reason why a device cannot compute; "" if it can."""
    try:
        if float((torch.ones(8, device=name) * 2).sum()) == 16.0:
            return ""
    except (RuntimeError, AssertionError) as fault:
        return (str(fault).splitlines() or [type(fault).__name__])[0][:200]
    return "it computes wrong results"


def _driver() -> str:
    """Return the version of NVIDIA's driver; "" if nvidia-ml-py is missing or finds no driver."""
    try:
        nvml = importlib.import_module("pynvml")
        nvml.nvmlInit()
        return str(nvml.nvmlSystemGetDriverVersion())
    except Exception:  # the version is only shown, so any failure to read it is ignored
        return ""


def prove_library(onnx: Any) -> dict[str, Any]:
    """Return the version of ONNX Runtime, and each kind of GPU that its packages are for, after a small computation.

    `onnx` is the module that opens its sessions.
    """
    kinds = {kind: onnx.gpu_fault(kind) for kind in onnx.gpu_kinds()}
    gpus = [
        {"name": "cuda:0" if kind == "cuda" else kind, "about": f"GPU by {kind}", "fault": fault}
        for kind, fault in kinds.items()
    ]
    return {"torch": importlib.metadata.version("onnxruntime"), "gpus": gpus}


if __name__ == "__main__":
    try:
        if "library" in sys.argv:
            found = prove_library(importlib.import_module("swarm.voice.onnx_session"))
        else:
            found = prove(importlib.import_module("torch"))
    except (ImportError, OSError) as fault:
        found = {"fault": f"torch does not load: {fault}"[:300]}
    print(json.dumps(found))  # noqa: T201
