"""Measures how much of the disk folders use."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path


def size_of(folder: Path | str) -> int:
    """Return the bytes of all files under a folder."""
    return sum(status.st_size for status in _files(folder))


def only_in(folders: Iterable[Path]) -> int:
    """Return the bytes of the files under these folders that are linked from nowhere else."""
    names: Counter[tuple[int, int]] = Counter()
    files: dict[tuple[int, int], os.stat_result] = {}
    for status in (status for folder in folders for status in _files(folder)):
        names[status.st_dev, status.st_ino] += 1
        files[status.st_dev, status.st_ino] = status
    return sum(status.st_size for file, status in files.items() if names[file] >= status.st_nlink)


def _files(folder: Path | str) -> Iterator[os.stat_result]:
    """Yield the status of each file under a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            elif entry.is_file() and not entry.name.endswith("-shm"):  # SQLite has such a file while a journal is open
                with suppress(OSError):  # the file was removed meanwhile
                    yield os.stat(entry.path)  # noqa: PTH116 (an entry of Windows knows no links)
