"""The files of a job that its voice needs, in the job's own folder: assets/<digest>."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from swarm.job.job_file import piece_size
from swarm.system.disk import guarded, write_synced
from swarm.system.platform import sync_file, sync_folder

FileContents = Mapping[str, bytes | Path]  # by digest
CHUNK = 1 << 20


def file_path(folder: Path, digest: str) -> Path:
    """Where a content of a job lies or would lie."""
    return folder / "assets" / digest


def put_job_files(folder: Path, contents: FileContents, jobs: Path) -> None:
    """Put files into a job's folder, durably. What another of the `jobs` has takes no room twice. Raises OSError."""
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
    """A new folder in one that is there, gone afterwards."""
    with guarded(parent), tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


def _share(digest: str, size: int, part: Path, jobs: Path) -> bool:
    """Make it another name of the same content in another job, if one has it and the disk can do that."""
    for twin in jobs.glob(f"*/assets/{digest}"):
        if twin.stat().st_size == size and digest_of(twin) == digest:
            try:
                os.link(twin, part)
            except OSError:
                return False
            return True
    return False


def digest_of(path: Path) -> str:
    """The digest of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_synced(source: Path, part: Path) -> None:
    """Copy a file and bring it to the disk, a piece at a time; its name is not yet durable. Raises OSError."""
    with source.open("rb") as reading, part.open("wb") as writing:
        while chunk := reading.read(CHUNK):
            writing.write(chunk)
        writing.flush()
        sync_file(writing.fileno())


def read_piece(path: Path, offset: int) -> bytes:
    """The piece that begins at an offset. Raises StoreError."""
    with guarded(path), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(offset)
        return file.read(piece_size(size, offset))
