"""Tests of what a network may have. Refused ones would read other files, or run operations of other libraries."""

from collections.abc import Callable

import piper_bench
import pytest
from onnx import GraphProto, ModelProto, TensorProto, helper

from swarm.voice.piper import voice
from swarm.voice.piper.voice import NOISE, NoPiperNetwork, seeded


def test_noise_becomes_an_input() -> None:
    model = ModelProto.FromString(seeded(piper_bench.tiny_network()))
    assert NOISE in [each.name for each in model.graph.input]
    assert "RandomNormalLike" not in [node.op_type for node in model.graph.node]


def with_own_domain(graph: GraphProto) -> None:
    graph.node.append(helper.make_node("Evil", ["input"], ["x"], domain="com.example"))


def with_a_branch(graph: GraphProto) -> None:
    graph.node.append(helper.make_node("If", ["input"], ["x"], then_branch=GraphProto(), else_branch=GraphProto()))


def with_weights_elsewhere(graph: GraphProto) -> None:
    tensor = graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def with_a_constant_elsewhere(graph: GraphProto) -> None:
    tensor = TensorProto(name="c", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="/etc/passwd")
    graph.node.append(helper.make_node("Constant", [], ["x"], value=tensor))


def with_sparse_weights_elsewhere(graph: GraphProto) -> None:
    sparse = graph.sparse_initializer.add()
    sparse.values.external_data.add(key="location", value="/etc/passwd")


def with_another_input(graph: GraphProto) -> None:
    graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))


def with_two_outputs(graph: GraphProto) -> None:
    graph.output.append(helper.make_tensor_value_info("said", TensorProto.FLOAT, [1]))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (with_own_domain, "operations of 'com.example'"),
        (with_a_branch, "a network within a network"),
        (with_weights_elsewhere, "weights in other files"),
        (with_a_constant_elsewhere, "weights in other files"),
        (with_sparse_weights_elsewhere, "weights in other files"),
        (with_another_input, "not the inputs"),
        (with_two_outputs, "not the inputs"),
    ],
)
def test_more_than_a_plain_network_is_refused(change: Callable[[GraphProto], None], why: str) -> None:
    graph = piper_bench.tiny_graph()
    change(graph)
    with pytest.raises(NoPiperNetwork, match=why):
        seeded(piper_bench.tiny_network(graph))


def test_functions_are_refused() -> None:
    model = ModelProto.FromString(piper_bench.tiny_network())
    model.functions.add(name="f")
    with pytest.raises(NoPiperNetwork, match="functions of its own"):
        seeded(model.SerializeToString())


@pytest.mark.parametrize("content", [b"", b"no network", b"\x0a" * 1000, piper_bench.tiny_network()[:-50]])
def test_what_is_no_network_is_refused(content: bytes) -> None:
    with pytest.raises(NoPiperNetwork):
        seeded(content)


def test_a_network_that_is_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "MAX_BYTES", 100)
    with pytest.raises(NoPiperNetwork, match="more than 0 MB"):
        seeded(piper_bench.tiny_network())
