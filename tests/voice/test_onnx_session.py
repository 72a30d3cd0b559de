"""Convolutions of whole numbers as products of matrices: the same numbers, where a processor computes them exactly."""

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, load_model_from_string, numpy_helper

import swarm
from swarm.voice import onnx_session
from swarm.voice.onnx_session import (
    WEBGPU,
    computes_on,
    gpu_kinds,
    open_session,
    provider_for,
    quickest,
    unfolded,
)

ATTRIBUTES: list[tuple[int, dict[str, object]]] = [
    (1, {}),
    (3, {"pads": [1, 1]}),
    (7, {"pads": [9, 9], "dilations": [3]}),
    (5, {"pads": [2, 0], "dilations": [1], "strides": [1], "group": 1, "auto_pad": "NOTSET"}),
]
LEFT: list[tuple[int, dict[str, object]]] = [(3, {"strides": [2]}), (3, {"group": 2}), (3, {"auto_pad": "SAME_UPPER"})]


def convolution(width: int, attributes: dict[str, object]) -> bytes:
    """Return a model of one convolution with weights that no processor rounds."""
    weights = np.random.default_rng(1).integers(100, 160, (6, 4 // int(str(attributes.get("group", 1))), width))
    tensors = {"w": weights.astype(np.uint8), "zx": np.uint8(11), "zw": np.uint8(130)}
    node = helper.make_node("ConvInteger", ["x", "w", "zx", "zw"], ["y"], "conv", **attributes)
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [1, 4, "n"])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in tensors.items()],
    )
    made: ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return made.SerializeToString()


def computed(model: bytes) -> NDArray[np.int32]:
    x = np.random.default_rng(2).integers(0, 100, (1, 4, 50)).astype(np.uint8)
    result: NDArray[np.int32] = open_session(model, "cpu:0", "it").run(None, {"x": x})[0]
    return result


@pytest.mark.parametrize(("width", "attributes"), ATTRIBUTES)
def test_products_compute_what_a_convolution_does(width: int, attributes: dict[str, object]) -> None:
    plain = convolution(width, attributes)
    made = unfolded(plain)
    kinds = [node.op_type for node in load_model_from_string(made).graph.node]
    assert "ConvInteger" not in kinds and kinds.count("MatMulInteger") == 1
    assert np.array_equal(computed(made), computed(plain))


@pytest.mark.parametrize(("width", "attributes"), LEFT)
def test_a_convolution_that_is_not_plain_stays(width: int, attributes: dict[str, object]) -> None:
    kinds = [node.op_type for node in load_model_from_string(unfolded(convolution(width, attributes))).graph.node]
    assert kinds == ["ConvInteger"]


def test_a_processor_that_rounds_or_is_no_quicker_so_has_its_models_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, timed = convolution(3, {}), onnx_session._timed

    def first_s(*took_s: float, rounds: bool = False) -> bool:
        left = list(took_s)

        def told(model: bytes, x: NDArray[np.uint8]) -> tuple[float, NDArray[np.int32]]:
            small = x[:, :, :20]
            return left.pop(0), timed(model, small)[1] * 0 + (rounds and not left)

        monkeypatch.setattr(onnx_session, "_timed", told)
        onnx_session._products_are_quicker.cache_clear()
        is_unfolded = quickest(plain) != plain
        onnx_session._products_are_quicker.cache_clear()
        return is_unfolded

    assert first_s(2.0, 1.0)
    assert not first_s(1.0, 2.0)
    assert not first_s(2.0, 1.0, rounds=True)


ROCM, MIGRAPHX, CUDA = "ROCMExecutionProvider", "MIGraphXExecutionProvider", "CUDAExecutionProvider"


@pytest.mark.parametrize(
    ("device", "known", "chosen"),
    [
        ("cpu:3", {CUDA, WEBGPU}, None),
        ("cuda:1", {CUDA, WEBGPU}, (CUDA, {"device_id": "1"})),
        ("cuda:0", {ROCM, MIGRAPHX}, (MIGRAPHX, {"device_id": "0"})),
        ("cuda:0", {"CPUExecutionProvider"}, None),
        ("mps", {"CoreMLExecutionProvider"}, ("CoreMLExecutionProvider", {})),
        ("openvino", {"OpenVINOExecutionProvider"}, ("OpenVINOExecutionProvider", {"device_type": "GPU"})),
        ("directml", {"DmlExecutionProvider"}, ("DmlExecutionProvider", {"device_id": "0"})),
        ("webgpu", {WEBGPU}, (WEBGPU, {})),
        ("tpu", {WEBGPU}, None),
    ],
)
def test_a_device_is_computed_on_by_what_the_library_knows(device: str, known: set[str], chosen: object) -> None:
    assert provider_for(device, known) == chosen


def test_the_packages_tell_which_gpus_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"onnxruntime"}

    def version(package: str) -> str:
        if package not in installed:
            raise PackageNotFoundError(package)
        return "1"

    monkeypatch.setattr(onnx_session, "version", version)
    assert (computes_on(), gpu_kinds()) == ("cpu", ())
    installed |= {"onnxruntime-ep-webgpu", "onnxruntime-openvino"}
    assert (computes_on(), gpu_kinds()) == ("any", ("openvino", "webgpu"))


@pytest.mark.slow
@pytest.mark.skipif(
    not any(Path("/usr/share/vulkan/icd.d").glob("lvp_icd*")), reason="needs mesa-vulkan-drivers, a Vulkan in software"
)
def test_webgpu_computes_and_a_machine_without_a_gpu_is_told_so(tmp_path: Path) -> None:
    """It is installed beside the environment of the tests, in which each worker would look for GPUs."""
    line = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path))
    subprocess.run((*line, "onnxruntime-ep-webgpu>=0.4,<1"), check=True, stdout=subprocess.DEVNULL)

    def probe(**env: str) -> dict[str, object]:
        line = [sys.executable, "-m", "swarm.voice.probe", "library"]
        env |= {"PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(swarm.__file__).parents[1]}"}
        done = subprocess.run(line, capture_output=True, check=True, env=os.environ | env)
        [gpu] = json.loads(done.stdout)["gpus"]
        return dict(gpu)

    found = probe(ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER="1")
    assert (found["name"], found["fault"]) == ("webgpu", "")
    assert probe(ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER="0")["fault"] == "it finds no such GPU"
