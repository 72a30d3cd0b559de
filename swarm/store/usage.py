"""Measures how much of the disk folders use."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from swarm.store.clips import file_size


def size_of(folder: Path) -> int:
    """Return the bytes of all files under a folder."""
    return sum(file_size(path) for path in folder.rglob("*") if path.is_file())


def only_in(folders: Iterable[Path]) -> int:
    """Return the bytes of the files under these folders that are linked from nowhere else."""
    names: Counter[tuple[int, int]] = Counter()
    files: dict[tuple[int, int], os.stat_result] = {}
    for path in (path for folder in folders for path in folder.rglob("*")):
        if path.is_file() and not path.name.endswith("-shm"):  # SQLite has this file only while a journal is open
            status = path.stat()
            names[status.st_dev, status.st_ino] += 1
            files[status.st_dev, status.st_ino] = status
    return sum(status.st_size for file, status in files.items() if names[file] >= status.st_nlink)
