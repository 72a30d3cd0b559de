"""The network of a Piper voice: refuses what is no plain network, and takes its noise from us.

Its own noise would depend on all that the process spoke before. So each node that makes noise is replaced by others
that cut it out of an input: the same seed is the same sound.
"""

from collections.abc import Iterable, Iterator
from typing import Any

MAX_BYTES = 400 << 20  # the collection's largest networks have 120 MB
NOISE = "noise_of_the_seed"
_PLAIN_DOMAINS = ("", "ai.onnx")
_INPUTS = ({"input", "input_lengths", "scales"}, {"input", "input_lengths", "scales", "sid"})


class NoPiperNetwork(ValueError):
    """A file is not the network of a Piper voice."""


def seeded(content: bytes) -> bytes:
    """Return a network that takes its noise as the input `NOISE`, shape (numbers,). Raises NoPiperNetwork."""
    import onnx
    from google.protobuf.message import DecodeError

    if len(content) > MAX_BYTES:
        raise NoPiperNetwork(f"it has more than {MAX_BYTES >> 20} MB")
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as fault:
        raise NoPiperNetwork("it is no ONNX file") from fault
    _check(model)
    _replace_noise(model.graph)
    return bytes(model.SerializeToString())


def _check(model: Any) -> None:
    """Refuse a network that has more than numbers and the standard's own operations. Raises NoPiperNetwork."""
    if {each.name for each in model.graph.input} not in _INPUTS or len(model.graph.output) != 1:
        raise NoPiperNetwork("it has not the inputs and the output of a Piper voice")
    if model.functions or model.training_info:
        raise NoPiperNetwork("it has functions of its own")
    for node in model.graph.node:
        if node.domain not in _PLAIN_DOMAINS:
            raise NoPiperNetwork(f"it needs operations of {node.domain[:60]!r}")
        if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
            raise NoPiperNetwork(f"it has a network within a network ({node.op_type[:60]})")
    if any(tensor.external_data or tensor.data_location for tensor in _tensors(model.graph)):
        raise NoPiperNetwork("it keeps weights in other files")


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            yield from (part for sparse in _sparse(attribute) for part in (sparse.values, sparse.indices))


def _sparse(attribute: Any) -> Iterable[Any]:
    return (attribute.sparse_tensor, *attribute.sparse_tensors)


def _replace_noise(graph: Any) -> None:
    from onnx import TensorProto, helper

    nodes: list[Any] = []
    for number, node in enumerate(graph.node):
        if node.op_type == "RandomNormalLike":
            nodes += _cut_out(f"{NOISE}_{number}", node.input[0], node.output[0])
        else:
            nodes.append(node)
    zero = helper.make_tensor(f"{NOISE}_from", TensorProto.INT64, [1], [0])
    graph.initializer.append(zero)
    graph.input.append(helper.make_tensor_value_info(NOISE, TensorProto.FLOAT, ["numbers"]))
    rounded = [node.output[0] for node in nodes if node.op_type == "Ceil"]
    if len(rounded) == 1:  # only the durations of phonemes are rounded up
        graph.output.append(helper.make_tensor_value_info(rounded[0], TensorProto.FLOAT, None))
    # The input has to be known even if none is needed.
    kept = [helper.make_node("Identity", [NOISE], [f"{NOISE}_kept"])]
    del graph.node[:]
    graph.node.extend(kept + nodes)


def _cut_out(name: str, like: str, output: str) -> list[Any]:
    """Return nodes that make a tensor of the shape of another from the first numbers of the noise."""
    from onnx import helper

    shape, size, flat = f"{name}_shape", f"{name}_size", f"{name}_flat"
    return [
        helper.make_node("Shape", [like], [shape]),
        helper.make_node("ReduceProd", [shape], [size], keepdims=1),
        helper.make_node("Slice", [NOISE, f"{NOISE}_from", size], [flat]),
        helper.make_node("Reshape", [flat, shape], [output]),
    ]
