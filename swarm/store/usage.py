"""What folders take on the disk."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from swarm.store.clips import clip_size


def size_of(folder: Path) -> int:
    """Bytes of all the files under a folder."""
    return sum(clip_size(path) for path in folder.rglob("*") if path.is_file())


def only_in(folders: Iterable[Path]) -> int:
    """Bytes of the files under these folders that have no other name elsewhere."""
    names: Counter[tuple[int, int]] = Counter()
    files: dict[tuple[int, int], os.stat_result] = {}
    for path in (path for folder in folders for path in folder.rglob("*")):
        if path.is_file() and not path.name.endswith("-shm"):  # there only while a journal is being read
            status = path.stat()
            names[status.st_dev, status.st_ino] += 1
            files[status.st_dev, status.st_ino] = status
    return sum(status.st_size for file, status in files.items() if names[file] >= status.st_nlink)
