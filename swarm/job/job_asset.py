"""Job assets: what a job's voice needs besides its recipe. Their names, and the pieces in which they travel.

Latents have to be safetensors, which is told without building a tensor."""

import json
from collections.abc import Iterable
from itertools import pairwise
from math import prod
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

PIECE_BYTES = 256 * 1024
WINDOW = 4  # pieces that may be asked for and not yet be on the disk
BLOCK_PIECES = WINDOW  # a worker passes on whole blocks, since each has a digest of its own
BLOCK_BYTES = BLOCK_PIECES * PIECE_BYTES
DIGEST_BYTES = 32  # SHA-256
LIST_PIECE_BYTES = 64 * DIGEST_BYTES  # a block list travels to workers in such pieces
MIN_SHARED_BLOCKS = 4  # a smaller file comes from the coordinator
MAX_JOB_FILES = 32
MAX_BYTES = 16 * 1024**3  # the limit is for one file
MAX_LATENTS = 16 * 1024 * 1024  # bytes

VOICE = "voice.wav"  # the reference recording
LATENTS = "latents.safetensors"  # an engine computed them from the reference recording
MODEL = "model/"  # begins the names of a custom model's files

Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]  # SHA-256, hexadecimal
Size = Annotated[int, Meta(ge=1, le=MAX_BYTES)]
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
JobFileName = Annotated[str, Meta(pattern=rf"\A{_PART}(/{_PART}){{0,2}}\Z")]  # a relative path that stays in its folder


class JobAsset(Struct, frozen=True):
    """One file of a job: its name in the folder that the engine gets, and its content by digest."""

    name: JobFileName
    digest: Digest
    size: Size


def check_places(job_files: Iterable[JobAsset]) -> None:
    """Check that no two files share a path, on a disk that ignores case too. Raises ValueError."""
    names = sorted(job_file.name.lower() + "/" for job_file in job_files)
    if any(later.startswith(name) for name, later in pairwise(names)):
        raise ValueError("two files of a job have one place")


def digests_of(job_files: Iterable[JobAsset]) -> frozenset[str]:
    """Return the digests of these files."""
    return frozenset(job_file.digest for job_file in job_files)


def find_latents(job_files: Iterable[JobAsset]) -> JobAsset | None:
    """Return the latents among a job's files; None if there are none."""
    return next((job_file for job_file in job_files if job_file.name == LATENTS), None)


def piece_size(size: int, offset: int, piece: int = PIECE_BYTES) -> int:
    """Return the bytes of the piece that begins at an offset of a file of `size` bytes; a whole one has `piece`."""
    return max(0, min(piece, size - offset))


def block_list_size(size: int, piece: int = PIECE_BYTES) -> int:
    """Return the bytes of the block list of a file of `size` bytes: the digests of its blocks, one after the other."""
    return DIGEST_BYTES * -(-size // (BLOCK_PIECES * piece))


def is_shared(size: int, piece: int = PIECE_BYTES) -> bool:
    """Tell whether workers pass a file of `size` bytes on to each other."""
    return size >= MIN_SHARED_BLOCKS * BLOCK_PIECES * piece


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
