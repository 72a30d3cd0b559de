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

READ_S = 2.0
STALE_S = 10.0  # figures older than that are of a driver that hangs
SHARE = 5  # percent of a GPU from which a process counts as using it, not only as drawing a desktop


class GpuReading(Struct, frozen=True):
    """One reading of a GPU. `lost`: it was there and is gone."""

    figures: Figures
    users: frozenset[int] = frozenset()  # ids of the processes that use it, ours too
    lost: bool = False


def load_nvml() -> Any:
    """Return the bindings to NVIDIA's management library, initialised; None if they, library or driver are missing."""
    if not find_spec("pynvml"):
        return None
    try:
        nvml = import_module("pynvml")
        nvml.nvmlInit()
    except Exception:  # its errors have no common base
        return None
    return nvml


class GpuReadings:
    """The latest readings of some GPUs, by the names of the devices."""

    def __init__(self, gpus: Sequence[Gpu], load: Callable[[], Any] = load_nvml, read_s: float = READ_S) -> None:
        self._gpus = [gpu for gpu in gpus if gpu.uuid.startswith(("GPU-", "MIG-"))]  # others are not NVIDIA's
        self._load, self._read_s = load, read_s
        self._readings: dict[str, GpuReading] = {}
        self._read_at_s = 0.0
        self._started = False
        self._begun, self._closed = threading.Event(), threading.Event()

    def start(self) -> None:
        """Begin to read, if there is anything to read; a second call does nothing."""
        if self._started:
            return
        self._started = True
        if self._gpus and find_spec("pynvml"):
            threading.Thread(target=self._run, name="gauges", daemon=True).start()
        else:
            self._begun.set()

    def wait(self, patience_s: float) -> dict[str, GpuReading]:
        """Wait for the first readings; return none if they do not come in time."""
        self._begun.wait(patience_s)
        return self.readings()

    def readings(self) -> dict[str, GpuReading]:
        """Return the latest reading of each GPU; none if there are none, or the driver has not answered for long."""
        return dict(self._readings) if time.monotonic() - self._read_at_s < STALE_S else {}

    def close(self) -> None:
        """Stop reading, without waiting for a driver."""
        self._closed.set()

    def _run(self) -> None:
        nvml = self._load()
        looks = [Look(nvml, gpu) for gpu in self._gpus] if nvml else []
        while looks and not self._closed.is_set():
            self._readings = {look.gpu.name: look.read() for look in looks}
            self._read_at_s = time.monotonic()
            self._begun.set()
            self._closed.wait(self._read_s)
        self._begun.set()


class Look:
    """Reads one GPU; values that its driver does not know are left out."""

    def __init__(self, nvml: Any, gpu: Gpu) -> None:
        self._nvml, self.gpu = nvml, gpu
        self._losses = {nvml.NVML_ERROR_GPU_IS_LOST, nvml.NVML_ERROR_RESET_REQUIRED}
        self._found = self._lost = False
        self._since_us = int(time.time() * 1e6)  # of the last look at the processes that use it

    def read(self) -> GpuReading:
        """Return the present reading."""
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
        except Exception as fault:  # it is not told for this GPU, or by this driver
            self._lost = self._lost or self._is_loss(fault)  # a GPU that fell off the bus still has a handle
            return None

    def _users(self, handle: Any) -> frozenset[int]:
        """Return the processes that compute on it or keep it busy; a desktop that is only drawn on it is left out."""
        nvml, since_us = self._nvml, self._since_us
        self._since_us = int(time.time() * 1e6)
        computing = _ids(self._ask(nvml.nvmlDeviceGetComputeRunningProcesses, handle))
        drawing = _ids(self._ask(nvml.nvmlDeviceGetGraphicsRunningProcesses, handle))  # Windows counts all as both
        samples = self._ask(nvml.nvmlDeviceGetProcessUtilization, handle, since_us) or ()
        return computing - drawing | {s.pid for s in samples if max(s.smUtil, s.encUtil, s.decUtil) >= SHARE}


def _ids(processes: Any) -> frozenset[int]:
    return frozenset(process.pid for process in processes or ())
