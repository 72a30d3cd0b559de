import sys
from types import SimpleNamespace
from typing import Any

import pytest

from swarm.voice.probe import prove


class Tensor:
    def __init__(self, value: float) -> None:
        self.value = value

    def __mul__(self, factor: int) -> "Tensor":
        return Tensor(self.value * factor)

    def sum(self) -> float:
        return self.value


def stand_in_torch(*faults: str, cuda: str | None = "12.8", hip: str | None = None, mps: bool = False) -> Any:
    """Make a fake torch with one GPU for each fault. A tensor on that GPU raises the fault; "" means no fault."""

    def ones(count: int, device: str) -> Tensor:
        fault = faults[int(device.partition(":")[2])] if device.startswith("cuda") else ""
        if fault:
            raise RuntimeError(fault)
        return Tensor(float(count))

    def properties(index: int) -> Any:
        return SimpleNamespace(name=f"Card {index}", total_memory=24 * 10**9, uuid=f"5a1e000{index}")

    return SimpleNamespace(
        __version__="2.11",
        version=SimpleNamespace(cuda=cuda, hip=hip),
        ones=ones,
        cuda=SimpleNamespace(device_count=lambda: len(faults), get_device_properties=properties),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
    )


def test_a_gpu_is_proved_by_a_tensor_and_named() -> None:
    (gpu,) = prove(stand_in_torch(""))["gpus"]
    assert (gpu["name"], gpu["about"], gpu["uuid"]) == ("cuda:0", "Card 0", "GPU-5a1e0000")
    assert (gpu["fault"], gpu["memory_bytes"], gpu["platform"]) == ("", 24 * 10**9, "CUDA 12.8")


def test_a_gpu_that_cannot_compute_says_why_and_spares_the_others() -> None:
    first, second = prove(stand_in_torch("CUDA error: no kernel image\nmore", ""))["gpus"]
    assert (first["fault"], second["fault"]) == ("CUDA error: no kernel image", "")


def test_rocm_and_apple_have_their_names() -> None:
    rocm, apple = prove(stand_in_torch("", cuda=None, hip="6.4", mps=True))["gpus"]
    assert (rocm["name"], rocm["platform"]) == ("cuda:0", "ROCm 6.4")
    assert (apple["name"], apple["fault"]) == ("mps", "")


@pytest.mark.gpu
def test_a_real_gpu_proves_itself() -> None:
    torch = pytest.importorskip("torch")
    gpus = prove(torch)["gpus"]
    assert gpus and not any(gpu["fault"] for gpu in gpus)


def test_what_torch_was_built_for_and_the_capability_of_a_card_are_told() -> None:
    torch = stand_in_torch("no kernel image")
    torch.cuda.get_arch_list = lambda: ["sm_75", "sm_86"]
    torch.cuda.get_device_capability = lambda index: (6, 1)
    proof = prove(torch)
    assert (proof["cuda"], proof["archs"]) == ("12.8", ["sm_75", "sm_86"])
    assert proof["gpus"][0]["capability"] == "6.1"


def test_a_part_of_a_gpu_has_the_name_that_its_driver_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def handle(uuid: str) -> None:
        if uuid != "MIG-5a1e0001":
            raise RuntimeError("not found")

    fake_nvml = SimpleNamespace(
        nvmlInit=lambda: None, nvmlDeviceGetHandleByUUID=handle, nvmlSystemGetDriverVersion=lambda: "580.1"
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml)  # type: ignore[arg-type]
    assert [gpu["uuid"] for gpu in prove(stand_in_torch("", ""))["gpus"]] == ["GPU-5a1e0000", "MIG-5a1e0001"]
