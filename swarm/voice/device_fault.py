"""Tells faults of the device (no memory left, a failed GPU) from faults of the text. Does not import torch."""

import re

from swarm.voice.engine import FaultKind

_MEMORY = re.compile(r"out of memory|not enough memory|n.t allocate memory|ALLOC_FAILED", re.IGNORECASE)
_DEVICE = re.compile(
    r"\b(CUDA|HIP|cuDNN|cuBLAS|MIOpen|rocBLAS|MPS)( driver)? error|\b(CUBLAS|CUDNN|ROCBLAS)_STATUS_", re.I
)


def device_fault(fault: BaseException) -> FaultKind | None:
    """Return MEMORY or DEVICE, after which a process cannot go on; None if the device is not to blame."""
    if isinstance(fault, MemoryError):
        return FaultKind.MEMORY
    if not isinstance(fault, RuntimeError):  # every error of torch is a RuntimeError
        return None
    words = str(fault)
    if _MEMORY.search(words):
        return FaultKind.MEMORY
    return FaultKind.DEVICE if _DEVICE.search(words) else None
