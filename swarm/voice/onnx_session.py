"""Sessions of ONNX Runtime: one thread, on the device of a slot, and the same sound each time.

Convolutions of whole numbers, as quantised models have them, become products of matrices where those are quicker on
this processor: both compute the same numbers. The library has quick products of unsigned by signed bytes only."""

import os
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarm.voice.engine import EngineFault, FaultKind, device_fault

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime
    from numpy.typing import NDArray
    from onnx import ModelProto, NodeProto, TensorProto

_GPU_PROVIDERS = {"cuda": ("CUDAExecutionProvider", "ROCMExecutionProvider"), "mps": ("CoreMLExecutionProvider",)}
_FOR_GPUS = ("onnxruntime-gpu", "onnxruntime-rocm")


def computes_on() -> str:
    """Return the kind of device that the installed library computes on: "any" if it may know a GPU, else "cpu".

    It is asked by workers, which do not load the library.
    """
    return "any" if any(map(_is_installed, _FOR_GPUS)) else "cpu"


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


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
        return onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model),
            options,
            providers=_providers(device, onnxruntime.get_available_providers()),
        )
    except Exception as fault:  # the library has a class of errors for each of its codes, and they are no OSErrors
        kind = device_fault(fault) or FaultKind.UNAVAILABLE
        raise EngineFault(kind, f"{title} does not load: {' '.join(str(fault).split())[:200]}.") from fault


def _providers(device: str, known: list[str]) -> list[Any]:
    """Return the library's name for a device, followed by the CPU, which computes what a GPU cannot."""
    kind, _, number = device.partition(":")
    settings = {"device_id": number or "0"} if kind == "cuda" else {}
    gpus: list[Any] = [(name, settings) for name in _GPU_PROVIDERS.get(kind, ()) if name in known]
    return [*gpus, "CPUExecutionProvider"]


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
