"""A fake of nvidia-ml-py for a worker's process: the file that FAKE_GPUS names has the readings of its GPUs.

{"GPU-5a00": {"busy": 87, "temperature_c": 71, "computing": [4711], "fault": 15}}
"""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

NVML_TEMPERATURE_GPU = 0
NVML_ERROR_NOT_FOUND, NVML_ERROR_GPU_IS_LOST, NVML_ERROR_RESET_REQUIRED = 6, 15, 16


class NVMLError(Exception):
    def __init__(self, value: int) -> None:
        super().__init__(f"error {value}")
        self.value = value


def nvmlInit() -> None:  # noqa: N802
    pass


def nvmlSystemGetDriverVersion() -> str:  # noqa: N802
    return "570.86"


def nvmlDeviceGetHandleByUUID(uuid: str) -> dict[str, Any]:  # noqa: N802
    gpu: dict[str, Any] = json.loads(Path(os.environ["FAKE_GPUS"]).read_text("utf-8"))[uuid]
    return gpu


def _ask(gpu: dict[str, Any], question: str, otherwise: Any) -> Any:
    if gpu.get("fault"):
        raise NVMLError(gpu["fault"])
    return gpu.get(question, otherwise)


def nvmlDeviceGetMemoryInfo(gpu: dict[str, Any]) -> SimpleNamespace:  # noqa: N802
    return SimpleNamespace(used=_ask(gpu, "used", 5_200_000_000), total=24_000_000_000)


def nvmlDeviceGetUtilizationRates(gpu: dict[str, Any]) -> SimpleNamespace:  # noqa: N802
    return SimpleNamespace(gpu=_ask(gpu, "busy", 0))


def nvmlDeviceGetTemperature(gpu: dict[str, Any], sensor: int) -> int:  # noqa: N802
    degrees: int = _ask(gpu, "temperature_c", 40)
    return degrees


def nvmlDeviceGetPowerUsage(gpu: dict[str, Any]) -> int:  # noqa: N802
    milliwatts: int = _ask(gpu, "milliwatts", 200_000)
    return milliwatts


def nvmlDeviceGetComputeRunningProcesses(gpu: dict[str, Any]) -> list[SimpleNamespace]:  # noqa: N802
    return [SimpleNamespace(pid=pid) for pid in _ask(gpu, "computing", [])]


def nvmlDeviceGetGraphicsRunningProcesses(gpu: dict[str, Any]) -> list[SimpleNamespace]:  # noqa: N802
    return []


def nvmlDeviceGetProcessUtilization(gpu: dict[str, Any], since_us: int) -> list[SimpleNamespace]:  # noqa: N802
    raise NVMLError(NVML_ERROR_NOT_FOUND)
