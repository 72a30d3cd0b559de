"""The job files in the folder of their job: assets/<digest>."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from swarm.job.job_asset import piece_size
from swarm.system.disk import guarded, write_synced
from swarm.system.platform import sync_file, sync_folder

FileContents = Mapping[str, bytes | Path]  # keys are digests
COPY_BYTES = 1 << 20


def file_path(folder: Path, digest: str) -> Path:
    """Return the path of a job file, whether it is there or not."""
    return folder / "assets" / digest


def put_job_assets(folder: Path, contents: FileContents, jobs: Path) -> None:
    """Put files into a job's folder, durably; a file that another of the `jobs` has is linked. Raises OSError."""
    for digest, content in contents.items():
        target = file_path(folder, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.unlink(missing_ok=True)
        if isinstance(content, bytes):
            write_synced(part, content)
        elif not _share(digest, content.stat().st_size, part, jobs):
            copy_synced(content, part)
        part.replace(target)
        sync_folder(target.parent)


@contextmanager
def unpacking(parent: Path) -> Iterator[Path]:
    """Yield a new folder inside an existing one, and remove it afterwards. Raises StoreError."""
    with guarded(parent), tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


def _share(digest: str, size: int, part: Path, jobs: Path) -> bool:
    """Link `part` to the same content in another job, and tell whether that could be done."""
    for twin in jobs.glob(f"*/assets/{digest}"):
        if twin.stat().st_size == size and digest_of(twin) == digest:
            try:
                os.link(twin, part)
            except OSError:
                return False
            return True
    return False


def digest_of(path: Path) -> str:
    """Return the SHA-256 digest of a file, hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_synced(source: Path, part: Path) -> None:
    """Copy a file and sync its content; its name is not durable yet. Raises OSError."""
    with source.open("rb") as reading, part.open("wb") as writing:
        while chunk := reading.read(COPY_BYTES):
            writing.write(chunk)
        writing.flush()
        sync_file(writing.fileno())


def read_piece(path: Path, offset: int) -> bytes:
    """Read the piece of a file that begins at an offset. Raises StoreError."""
    with guarded(path), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(offset)
        return file.read(piece_size(size, offset))
