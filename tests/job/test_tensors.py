"""What is taken for safetensors, and what is not."""

import json
import random

import numpy as np
import pytest
from small_tensors import small_tensors

from swarm.job.job_asset import MAX_HEADER_BYTES, fault_of_tensors


def packed(header: object, numbers: bytes) -> bytes:
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return len(text).to_bytes(8, "little") + text + numbers


def tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_whole_safetensors_have_no_fault() -> None:
    assert fault_of_tensors(small_tensors(b"latents")) == ""
    two = {"b": tensor("F32", [1, 2, 3], 8, 32), "a": tensor("I64", [1], 0, 8), "__metadata__": {"format": "pt"}}
    assert fault_of_tensors(packed(two, bytes(32))) == ""
    assert fault_of_tensors(packed({"scalar": tensor("BF16", [], 0, 2)}, b"\x80\x3f")) == ""


def test_junk_is_not_taken_for_safetensors() -> None:
    for data in [b"", b"\xff" * 7, b"\xff" * 18_000, random.Random(1).randbytes(18_000), bytes(18_000)]:
        assert "no header" in fault_of_tensors(data)


def test_a_header_that_is_none_is_refused() -> None:
    for header in [
        b"[]",
        b"{",
        b"[" * 5000,
        b'{"a":' * 5000,
        {"a": {"dtype": "F32", "shape": [1]}},
        {"a": tensor("F32", [-1], 0, 4)},
        {"a": tensor("F32", [0], 0, 0)},
        {"a": tensor("F32", [1] * 9, 0, 4)},
        {"a": {**tensor("F32", [1], 0, 4), "code": "print()"}},
        {"": tensor("F32", [1], 0, 4)},
        {"a": tensor("F32", [2**62], 0, 4)},
        {"a": tensor("F32", [1], 0, 4), "__metadata__": [1]},
        b" " + json.dumps({"a": tensor("F32", [1], 0, 4)}).encode(),
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":"I32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
    ]:
        assert "header" in fault_of_tensors(packed(header, bytes(4)))


def test_tensors_have_to_cover_the_file_exactly() -> None:
    for header in [
        {"a": tensor("F32", [1], 0, 8)},
        {"a": tensor("F32", [2], 0, 8)},
        {"a": tensor("F33", [1], 0, 4)},
        {"a": tensor("F32", [1], 4, 8)},
        {"a": tensor("F32", [1], 0, 4), "b": tensor("F32", [1], 0, 4)},
        {"a": tensor("F16", [1], 0, 2)},
        {"a": tensor("F32", [2**31, 2**31, 2**31], 0, 4)},
    ]:
        assert fault_of_tensors(packed(header, bytes(4))) == "their tensors do not cover the file"


def test_the_number_of_tensors_and_the_length_of_the_header_are_bounded() -> None:
    many = {f"t{n}": tensor("U8", [1], n, n + 1) for n in range(65)}
    assert fault_of_tensors(packed(many, bytes(65))) == "they have 65 tensors"
    assert fault_of_tensors(packed({}, b"")) == "they have 0 tensors"
    long = json.dumps({"a": tensor("U8", [1], 0, 1)}).encode() + b" " * MAX_HEADER_BYTES
    assert "no header" in fault_of_tensors(packed(long, bytes(1)))


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused(dtype: str, number: float) -> None:
    numbers = np.array([1.0, number], dtype)
    header = {"a": tensor(f"F{8 * numbers.itemsize}", [2], 0, numbers.nbytes)}
    assert "no numbers" in fault_of_tensors(packed(header, numbers.tobytes()))
