from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from swarm.voice import onnx_session
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.onnx_session import _providers, open_session

CPU = "CPUExecutionProvider"


def test_a_gpu_is_used_only_if_the_library_knows_it() -> None:
    cuda, mine = "CUDAExecutionProvider", [CPU, "CUDAExecutionProvider", "CoreMLExecutionProvider"]
    assert _providers("cpu:3", mine) == [CPU]
    assert _providers("cuda:1", mine) == [(cuda, {"device_id": "1"}), CPU]
    assert _providers("mps", mine) == [("CoreMLExecutionProvider", {}), CPU]
    assert _providers("cuda:0", [CPU, "AzureExecutionProvider"]) == [CPU]


@pytest.mark.parametrize("model", [b"no model", Path("/nonexistent.onnx")])
def test_what_is_no_model_is_unavailable_in_words(model: bytes | Path) -> None:
    with pytest.raises(EngineFault, match="It does not load") as fault:
        open_session(model, "cpu:0", "It")
    assert fault.value.kind is FaultKind.UNAVAILABLE


def test_a_library_for_gpus_is_known_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"onnxruntime"}

    def version(package: str) -> str:
        if package not in here:
            raise PackageNotFoundError(package)
        return "1.23"

    monkeypatch.setattr(onnx_session, "version", version)
    assert onnx_session.computes_on() == "cpu"
    here.add("onnxruntime-gpu")
    assert onnx_session.computes_on() == "any"
