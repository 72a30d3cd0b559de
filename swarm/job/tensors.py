"""Tells whether bytes are safetensors, as latents have to be, without building a tensor.

A file is eight bytes with the length of its header, the header as JSON, and the numbers of all tensors without a gap.
"""

import json
from math import prod
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

MAX_HEADER_BYTES = 64 * 1024
MAX_TENSORS = 64
BYTES_OF = {"BOOL": 1, "I8": 1, "U8": 1, "I16": 2, "U16": 2, "I32": 4, "U32": 4, "I64": 8, "U64": 8}
BYTES_OF |= {"F16": 2, "BF16": 2, "F32": 4, "F64": 8}
# A float in which all these bits are set is infinite or no number.
EXPONENTS = {"F16": 0x7C00, "BF16": 0x7F80, "F32": 0x7F80_0000, "F64": 0x7FF0 << 48}
METADATA = "__metadata__"

TensorName = Annotated[str, Meta(min_length=1, max_length=200)]
Side = Annotated[int, Meta(ge=1, le=2**31)]
Offset = Annotated[int, Meta(ge=0, le=2**40)]


class _Tensor(Struct, frozen=True, forbid_unknown_fields=True):
    dtype: str
    shape: Annotated[tuple[Side, ...], Meta(max_length=8)]
    data_offsets: tuple[Offset, Offset]


def fault_of_tensors(data: bytes) -> str:
    """Return why bytes are no whole safetensors of finite numbers; "" if they are."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= length <= min(MAX_HEADER_BYTES, len(data) - 8):
        return "they have no header of safetensors"
    try:
        tensors = _read_header(data[8 : 8 + length])
    except (ValueError, RecursionError) as fault:
        return f"their header is no header of safetensors: {fault}"
    if not 1 <= len(tensors) <= MAX_TENSORS:
        return f"they have {len(tensors)} tensors"
    return _fault_of_layout(tensors, memoryview(data)[8 + length :])


def _read_header(header: bytes) -> list[_Tensor]:
    """Read what every reader of safetensors reads alike. Raises ValueError, RecursionError."""
    if not header.startswith(b"{"):
        raise ValueError("it does not begin as a JSON object")
    named = json.loads(header, object_pairs_hook=_unique)
    msgspec.convert(named.pop(METADATA, {}), dict[str, str])
    return list(msgspec.convert(named, dict[TensorName, _Tensor]).values())


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make a dict of an object's members. Raises ValueError for a name that is there twice."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name is there twice")
    return members


def _fault_of_layout(tensors: list[_Tensor], numbers: memoryview) -> str:
    end = 0
    for tensor in sorted(tensors, key=lambda tensor: tensor.data_offsets):
        begin, end_before = tensor.data_offsets[0], end
        end = tensor.data_offsets[1]
        if begin != end_before or end - begin != prod(tensor.shape) * BYTES_OF.get(tensor.dtype, 0):
            return "their tensors do not cover the file"
        if end <= len(numbers) and not _is_finite(tensor.dtype, numbers[begin:end]):
            return "some of their numbers are infinite, or no numbers"
    return "" if end == len(numbers) else "their tensors do not cover the file"


def _is_finite(dtype: str, numbers: memoryview) -> bool:
    if dtype not in EXPONENTS:
        return True
    import numpy as np  # slow to load, and only jobs with latents need it

    exponent = EXPONENTS[dtype]
    words = np.frombuffer(numbers, f"<u{BYTES_OF[dtype]}")
    return not bool(np.any((words & exponent) == exponent))
