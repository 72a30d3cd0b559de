"""A fake of pynvml: GPUs by their UUIDs as a driver would tell of them. Stands in for a card that is not there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

NOT_SUPPORTED, NOT_FOUND, GPU_IS_LOST, RESET_REQUIRED = 3, 6, 15, 16


class FakeError(Exception):
    def __init__(self, value: int) -> None:
        super().__init__(f"error {value}")
        self.value = value


@dataclass
class FakeGpu:
    """One card; all its readings raise `fault`, and it does not answer the questions in `untold`."""

    busy: int = 87
    used: int = 5_200_000_000
    total: int = 24_000_000_000
    temperature_c: int = 71
    milliwatts: int = 250_000
    computing: tuple[int, ...] = ()
    drawing: tuple[int, ...] = ()
    shares: dict[int, int] = field(default_factory=dict)  # process -> percent
    fault: int = 0
    untold: tuple[str, ...] = ()


class FakeNvml:
    NVML_TEMPERATURE_GPU = 0
    NVML_ERROR_NOT_FOUND = NOT_FOUND
    NVML_ERROR_GPU_IS_LOST = GPU_IS_LOST
    NVML_ERROR_RESET_REQUIRED = RESET_REQUIRED

    def __init__(self, **gpus: FakeGpu) -> None:
        self.gpus = {name.replace("_", "-"): gpu for name, gpu in gpus.items()}
        self.waits: Callable[[], Any] = lambda: None  # a driver that hangs would wait here
        self.asked = 0

    def _tell(self, question: str, gpu: FakeGpu) -> FakeGpu:
        self.asked += 1
        if gpu.fault or question in gpu.untold:
            raise FakeError(gpu.fault or NOT_SUPPORTED)
        return gpu

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> FakeGpu:  # noqa: N802
        self.waits()
        if uuid not in self.gpus:
            raise FakeError(NOT_FOUND)
        return self.gpus[uuid]

    def nvmlDeviceGetMemoryInfo(self, gpu: FakeGpu) -> Any:  # noqa: N802
        return SimpleNamespace(used=self._tell("memory", gpu).used, total=gpu.total)

    def nvmlDeviceGetUtilizationRates(self, gpu: FakeGpu) -> Any:  # noqa: N802
        return SimpleNamespace(gpu=self._tell("busy", gpu).busy)

    def nvmlDeviceGetTemperature(self, gpu: FakeGpu, sensor: int) -> int:  # noqa: N802
        return self._tell("temperature", gpu).temperature_c

    def nvmlDeviceGetPowerUsage(self, gpu: FakeGpu) -> int:  # noqa: N802
        return self._tell("power", gpu).milliwatts

    def nvmlDeviceGetComputeRunningProcesses(self, gpu: FakeGpu) -> Any:  # noqa: N802
        return [SimpleNamespace(pid=pid) for pid in self._tell("processes", gpu).computing]

    def nvmlDeviceGetGraphicsRunningProcesses(self, gpu: FakeGpu) -> Any:  # noqa: N802
        return [SimpleNamespace(pid=pid) for pid in self._tell("processes", gpu).drawing]

    def nvmlDeviceGetProcessUtilization(self, gpu: FakeGpu, since_us: int) -> Any:  # noqa: N802
        if not self._tell("shares", gpu).shares:
            raise FakeError(NOT_FOUND)  # the library does this
        return [SimpleNamespace(pid=pid, smUtil=share, encUtil=0, decUtil=0) for pid, share in gpu.shares.items()]
