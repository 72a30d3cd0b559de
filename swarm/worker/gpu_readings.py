"""Reads NVIDIA's GPUs in a thread of its own: load, memory, temperature, and the programs that use them.

A driver that hangs keeps that thread and nothing else; without driver or nvidia-ml-py there is neither thread nor cost.
"""

import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from msgspec import Struct

from swarm.lease.message import Figures
from swarm.worker.devices import Gpu

READ_INTERVAL_S = 2.0
MAX_AGE_S = 10.0  # older readings mean that the driver hangs
MIN_USE_PERCENT = 5  # a process below this load only draws a desktop


class GpuReading(Struct, frozen=True):
    """One reading of a GPU. `lost` tells that the GPU worked before and is gone now."""

    figures: Figures
    users: frozenset[int] = frozenset()  # ids of all processes that use the GPU, including our own
    lost: bool = False


def load_nvml() -> Any:
    """Return NVIDIA's management library, initialised; None if its bindings, the library or the driver are missing."""
    if not find_spec("pynvml"):
        return None
    try:
        nvml = import_module("pynvml")
        nvml.nvmlInit()
    except Exception:  # the errors of pynvml have no common base class
        return None
    return nvml


class GpuReadings:
    """The latest readings of some GPUs by their device names."""

    def __init__(
        self, gpus: Sequence[Gpu], load: Callable[[], Any] = load_nvml, read_s: float = READ_INTERVAL_S
    ) -> None:
        # GPUs of other makers have no such UUID.
        self._gpus = [gpu for gpu in gpus if gpu.uuid.startswith(("GPU-", "MIG-"))]
        self._load, self._read_s = load, read_s
        self._readings: dict[str, GpuReading] = {}
        self._read_at_s = 0.0
        self._started = False
        self._begun, self._closed = threading.Event(), threading.Event()

    def start(self) -> None:
        """Start reading, if there is a GPU to read. A second call does nothing."""
        if self._started:
            return
        self._started = True
        if self._gpus and find_spec("pynvml"):
            threading.Thread(target=self._run, name="gauges", daemon=True).start()
        else:
            self._begun.set()

    def wait(self, patience_s: float) -> dict[str, GpuReading]:
        """Wait up to `patience_s` seconds for the first readings; return {} if they do not arrive."""
        self._begun.wait(patience_s)
        return self.readings()

    def readings(self) -> dict[str, GpuReading]:
        """Return the latest reading of each GPU; {} if there is none, or if the driver hangs."""
        return dict(self._readings) if time.monotonic() - self._read_at_s < MAX_AGE_S else {}

    def close(self) -> None:
        """Stop reading, without waiting for the driver."""
        self._closed.set()

    def _run(self) -> None:
        nvml = self._load()
        readers = [GpuReader(nvml, gpu) for gpu in self._gpus] if nvml else []
        while readers and not self._closed.is_set():
            self._readings = {reader.gpu.name: reader.read() for reader in readers}
            self._read_at_s = time.monotonic()
            self._begun.set()
            self._closed.wait(self._read_s)
        self._begun.set()


class GpuReader:
    """The reader of one GPU. It leaves out the values that the driver does not provide."""

    def __init__(self, nvml: Any, gpu: Gpu) -> None:
        self._nvml, self.gpu = nvml, gpu
        self._losses = {nvml.NVML_ERROR_GPU_IS_LOST, nvml.NVML_ERROR_RESET_REQUIRED}
        self._found = self._lost = False
        self._since_us = int(time.time() * 1e6)  # microseconds; the processes that use the GPU were last asked for then

    def read(self) -> GpuReading:
        """Return a new reading."""
        nvml, self._lost = self._nvml, False
        try:
            handle = nvml.nvmlDeviceGetHandleByUUID(self.gpu.uuid)
        except Exception as fault:
            unplugged = self._found and getattr(fault, "value", None) == nvml.NVML_ERROR_NOT_FOUND
            return GpuReading(Figures(self.gpu.name), lost=unplugged or self._is_loss(fault))
        self._found = True
        memory = self._ask(nvml.nvmlDeviceGetMemoryInfo, handle)
        figures = Figures(
            device=self.gpu.name,
            busy=getattr(self._ask(nvml.nvmlDeviceGetUtilizationRates, handle), "gpu", None),
            memory_used=getattr(memory, "used", 0),
            memory_total=getattr(memory, "total", 0),
            temperature_c=self._ask(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
        )
        return GpuReading(figures, self._users(handle), self._lost)

    def _is_loss(self, fault: Exception) -> bool:
        return getattr(fault, "value", None) in self._losses

    def _ask(self, question: Callable[..., Any], *words: Any) -> Any:
        try:
            return question(*words)
        except Exception as fault:  # this GPU or driver does not provide the value
            # A GPU that fell off the bus has a handle, but each query fails.
            self._lost = self._lost or self._is_loss(fault)
            return None

    def _users(self, handle: Any) -> frozenset[int]:
        """Return the processes that compute on a GPU or keep it busy, except those that only draw a desktop."""
        nvml, since_us = self._nvml, self._since_us
        self._since_us = int(time.time() * 1e6)
        computing = _ids(self._ask(nvml.nvmlDeviceGetComputeRunningProcesses, handle))
        # Windows lists every process as both computing and drawing.
        drawing = _ids(self._ask(nvml.nvmlDeviceGetGraphicsRunningProcesses, handle))
        samples = self._ask(nvml.nvmlDeviceGetProcessUtilization, handle, since_us) or ()
        return computing - drawing | {s.pid for s in samples if max(s.smUtil, s.encUtil, s.decUtil) >= MIN_USE_PERCENT}


def _ids(processes: Any) -> frozenset[int]:
    return frozenset(process.pid for process in processes or ())
