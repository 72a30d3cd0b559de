"""Job files: what a job's voice needs besides its recipe. Their names, and the pieces in which they travel."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated

from msgspec import Meta, Struct

PIECE_BYTES = 256 * 1024
WINDOW = 4  # pieces that may be asked for and not yet be on the disk
BLOCK_PIECES = WINDOW  # a worker passes on whole blocks, since each has a digest of its own
BLOCK_BYTES = BLOCK_PIECES * PIECE_BYTES
BLOCKS_IN_LIST = 64  # one request asks for so many digests
DIGEST_BYTES = 32  # SHA-256
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


class JobFile(Struct, frozen=True):
    """One file of a job: its name in the folder that the engine gets, and its content by digest."""

    name: JobFileName
    digest: Digest
    size: Size


def check_places(job_files: Iterable[JobFile]) -> None:
    """Check that no two files share a path, on a disk that ignores case too. Raises ValueError."""
    names = sorted(job_file.name.lower() + "/" for job_file in job_files)
    if any(later.startswith(name) for name, later in pairwise(names)):
        raise ValueError("two files of a job have one place")


def digests_of(job_files: Iterable[JobFile]) -> frozenset[str]:
    """Return the digests of these files."""
    return frozenset(job_file.digest for job_file in job_files)


def find_latents(job_files: Iterable[JobFile]) -> JobFile | None:
    """Return the latents among a job's files; None if there are none."""
    return next((job_file for job_file in job_files if job_file.name == LATENTS), None)


def piece_size(size: int, offset: int, piece: int = PIECE_BYTES) -> int:
    """Return the bytes of the piece that begins at an offset of a file of `size` bytes; a whole one has `piece`."""
    return max(0, min(piece, size - offset))


def list_size(size: int, number: int, piece: int = PIECE_BYTES) -> int:
    """Return how many blocks the list `number` of a file of `size` bytes has; a full one has BLOCKS_IN_LIST."""
    blocks = -(-size // (BLOCK_PIECES * piece))
    return max(0, min(BLOCKS_IN_LIST, blocks - number * BLOCKS_IN_LIST))


def block_list_size(size: int, piece: int = PIECE_BYTES) -> int:
    """Return the bytes of the block list of a file of `size` bytes: the digests of its blocks, one after the other."""
    return DIGEST_BYTES * -(-size // (BLOCK_PIECES * piece))


def is_shared(size: int, piece: int = PIECE_BYTES) -> bool:
    """Tell whether workers pass a file of `size` bytes on to each other."""
    return size >= MIN_SHARED_BLOCKS * BLOCK_PIECES * piece
