"""Sessions of ONNX Runtime: one thread, on the device of a slot, and the same sound each time. What computes on a GPU
is chosen from what the installed library knows.

Convolutions of whole numbers, as quantised models have them, become products of matrices where those are quicker on
this processor: both compute the same numbers. The library has quick products of unsigned by signed bytes only."""

import os
import time
from collections.abc import Collection
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarm.voice.engine import EngineFault, FaultKind, device_fault

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime
    from numpy.typing import NDArray
    from onnx import ModelProto, NodeProto, TensorProto

WEBGPU = "WebGpuExecutionProvider"
_CUDA, _MIGRAPHX, _ROCM, _OPENVINO, _DIRECTML, _COREML = (
    f"{name}ExecutionProvider" for name in ("CUDA", "MIGraphX", "ROCM", "OpenVINO", "Dml", "CoreML")
)
# What the library computes with on each kind of device, the best first. Torch calls AMD's GPUs "cuda", too.
PROVIDERS = {
    "cuda": (_CUDA, _MIGRAPHX, _ROCM, WEBGPU),
    "mps": (_COREML, WEBGPU),
    "migraphx": (_MIGRAPHX,),
    "openvino": (_OPENVINO,),
    "directml": (_DIRECTML,),
    "webgpu": (WEBGPU,),
}
_NUMBERED = (_CUDA, _MIGRAPHX, _ROCM, _DIRECTML)  # these are told the number of their GPU
# The packages that compute on GPUs, and the kind of device that a machine without torch has by them.
GPU_PACKAGES = {
    "onnxruntime-gpu": "cuda",
    "onnxruntime-migraphx": "migraphx",
    "onnxruntime-rocm": "cuda",
    "onnxruntime-openvino": "openvino",
    "onnxruntime-directml": "directml",
    "onnxruntime-ep-webgpu": "webgpu",
}
PLUGIN = "onnxruntime_ep_webgpu"  # stands beside the library; the other packages stand in its place


def gpu_kinds() -> tuple[str, ...]:
    """Return the kinds of GPUs that the installed packages compute on. Workers ask it, which do not load them."""
    return tuple(dict.fromkeys(kind for package, kind in GPU_PACKAGES.items() if _is_installed(package)))


def computes_on() -> str:
    """Return the kind of device that the installed library computes on: "any" if it may know a GPU, else "cpu"."""
    return "any" if gpu_kinds() else "cpu"


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def provider_for(device: str, known: Collection[str]) -> tuple[str, dict[str, str]] | None:
    """Return what computes on a slot's device, of what the library knows, and its settings; None for the CPU."""
    kind, _, number = device.partition(":")
    name = next((each for each in PROVIDERS.get(kind, ()) if each in known), None)
    if name is None:
        return None
    if name == _OPENVINO:
        return name, {"device_type": f"GPU.{number}" if number else "GPU"}
    return name, {"device_id": number or "0"} if name in _NUMBERED else {}


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
        plugins = _plugin_devices() if WEBGPU in PROVIDERS.get(device.partition(":")[0], ()) else {}
        chosen = provider_for(device, {*onnxruntime.get_available_providers(), *plugins})
        providers: list[Any] | None = [*filter(None, [chosen]), "CPUExecutionProvider"]
        if chosen and chosen[0] in plugins:
            options.add_provider_for_devices([plugins[chosen[0]]], {})
            providers = None  # the CPU computes what the plugin cannot all the same
        return onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model), options, providers=providers
        )
    except Exception as fault:  # the library has a class of errors for each of its codes, and they are no OSErrors
        kind = device_fault(fault) or FaultKind.UNAVAILABLE
        raise EngineFault(kind, f"{title} does not load: {' '.join(str(fault).split())[:200]}.") from fault


@cache
def _plugin_devices() -> dict[str, Any]:
    """Return the GPU of the plugin for WebGPU, by its provider; {} where neither is here."""
    if not find_spec(PLUGIN):
        return {}
    import onnxruntime

    plugin = import_module(PLUGIN)
    onnxruntime.register_execution_provider_library(WEBGPU, plugin.get_library_path())
    found = [each for each in onnxruntime.get_ep_devices() if each.ep_name == plugin.get_ep_name()]
    return {WEBGPU: found[0]} if found else {}


def gpu_fault(kind: str) -> str:
    """Return why the library cannot compute on a kind of GPU, after a small product there; "" if it can."""
    import numpy as np
    from onnx import TensorProto, helper

    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Mul", ["x", "x"], ["y"])], "square", tensors[:1], tensors[1:])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    try:
        session = open_session(made.SerializeToString(), kind, "a product")
        [result] = session.run(None, {"x": np.arange(4, dtype=np.float32)})
    except Exception as fault:  # the library has a class of errors for each of its codes
        return f"{fault}"[:200]
    if session.get_providers()[0] not in PROVIDERS[kind]:
        return "it finds no such GPU"
    return "" if result.tolist() == [0, 1, 4, 9] else "it computes wrong results"


LAST = 2**62  # the end of a slice that goes to the end
PROBE = (64, 64, 7, 2_000)  # channels out and in, width, and length of the convolution that both ways are timed with
PROBES = 3


class _Unfolding:
    """A model whose convolutions of whole numbers become products of matrices."""

    def __init__(self, model: "ModelProto") -> None:
        self._graph = model.graph
        self._known = {tensor.name: tensor for tensor in model.graph.initializer}
        self._added: dict[str, TensorProto] = {}

    def unfold(self) -> None:
        """Replace each convolution that is plain enough."""
        nodes = [each for node in self._graph.node for each in self._unfolded(node)]
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        used = {name for node in nodes for name in node.input}
        kept = [tensor for tensor in self._graph.initializer if tensor.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend((*kept, *self._added.values()))

    def _unfolded(self, node: "NodeProto") -> "list[NodeProto]":
        """Return the nodes in place of one: the shifted inputs side by side, times the weights."""
        import numpy as np
        from onnx import helper, numpy_helper

        told = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        named = list(node.input)
        if node.op_type != "ConvInteger" or not {*named[1::2]} <= self._known.keys() or len(named) < 4:
            return [node]
        weights, zero = (numpy_helper.to_array(self._known[name]) for name in named[1::2])
        is_plain = told.get("group", 1) == 1 and {*told.get("strides", [1])} == {1} and "auto_pad" not in _odd(told)
        if weights.dtype != np.uint8 or weights.ndim != 3 or zero.ndim or not is_plain:
            return [node]
        outs, ins, width = weights.shape
        matrix = (weights.astype(np.int16) - 128).astype(np.int8).transpose(2, 1, 0).reshape(width * ins, outs)
        by = self._constant(f"{named[1]} unfolded", matrix)
        zero_name = self._constant(f"{named[3]} unfolded", np.asarray(int(zero) - 128, np.int8))
        nodes, rows = self._rows(node, told.get("pads", [0, 0]), told.get("dilations", [1])[0], width)
        product = helper.make_node("MatMulInteger", [rows, by, named[2], zero_name], [f"{node.name} product"])
        back = helper.make_node("Transpose", list(product.output), list(node.output), perm=[0, 2, 1])
        return [*nodes, product, back]

    def _rows(self, node: "NodeProto", pads: list[int], step: int, width: int) -> "tuple[list[NodeProto], str]":
        """Return nodes that put what a convolution looks at for each place into a row, and the name of the rows."""
        import numpy as np
        from onnx import helper

        name, zero = node.name, node.input[2]
        nodes = [helper.make_node("Transpose", [node.input[0]], [f"{name} turned"], perm=[0, 2, 1])]
        if any(pads):
            around = self._constant(f"pads {pads}", np.asarray([0, pads[0], 0, 0, pads[1], 0]))
            nodes.append(helper.make_node("Pad", [*nodes[-1].output, around, zero], [f"{name} padded"]))
        whole = nodes[-1].output[0]
        if width == 1:
            return nodes, whole
        axis, parts = self._constant("places", np.asarray([1])), [f"{name} shift {shift}" for shift in range(width)]
        for shift, part in enumerate(parts):
            end = (shift - width + 1) * step or LAST
            bounds = [self._constant(f"at {place}", np.asarray([place])) for place in (shift * step, end)]
            nodes.append(helper.make_node("Slice", [whole, *bounds, axis], [part]))
        return [*nodes, helper.make_node("Concat", parts, [f"{name} rows"], axis=2)], f"{name} rows"

    def _constant(self, name: str, value: "NDArray[np.generic]") -> str:
        from onnx import numpy_helper

        if name not in self._added:
            self._added[name] = numpy_helper.from_array(value, name)
        return name


def _odd(told: dict[str, Any]) -> set[str]:
    """Return the names of those attributes that say something unusual."""
    return {"auto_pad"} if told.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"") else set()


def unfolded(model: bytes) -> bytes:
    """Return a model with its convolutions of whole numbers as products of matrices."""
    from onnx import load_model_from_string

    parsed = load_model_from_string(model)
    _Unfolding(parsed).unfold()
    return bytes(parsed.SerializeToString())


def quickest(model: bytes) -> bytes:
    """Return a model in the way that computes it most quickly on this processor, with the same result."""
    return unfolded(model) if _products_are_quicker() else model


@cache
def _products_are_quicker() -> bool:
    """Time a small convolution both ways. Some processors round products of bytes, which rules them out."""
    import numpy as np

    plain = _probe_model()
    wide = np.full((1, PROBE[1], PROBE[3]), 255, np.uint8)  # the largest sums that there are
    (first_s, first), (second_s, second) = (_timed(each, wide) for each in (plain, unfolded(plain)))
    return np.array_equal(first, second) and second_s < first_s


def _probe_model() -> bytes:
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    outs, ins, width, _ = PROBE
    tensors = {"w": np.full((outs, ins, width), 255, np.uint8), "zx": np.uint8(0), "zw": np.uint8(128)}
    node = helper.make_node("ConvInteger", ["x", "w", "zx", "zw"], ["y"], "conv", pads=[width // 2, width // 2])
    graph = helper.make_graph(
        [node],
        "probe",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [1, ins, "n"])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [1, outs, "n"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in tensors.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(made.SerializeToString())


def _timed(model: bytes, x: "NDArray[np.uint8]") -> "tuple[float, NDArray[np.int32]]":
    """Return the least seconds of the processor that a model takes, and what it computes."""
    session = open_session(model, "cpu", "a probe")
    took_s = []
    for _ in range(PROBES):
        began_s = time.thread_time()
        result = session.run(None, {"x": x})[0]
        took_s.append(time.thread_time() - began_s)
    return min(took_s), result
