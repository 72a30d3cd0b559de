"""The bytes of unaccepted clips: the first in memory, further ones in temporary files."""

import tempfile
from pathlib import Path

from swarm.lease.message import Clip

MAX_MEMORY_BYTES = 16 * 1024 * 1024

ClipName = tuple[str, int, int, str]  # job, chapter, index, key


def name_of(clip: Clip) -> ClipName:
    """Return the name of a clip's bytes. It includes the place, since a text may stand in several places."""
    return clip.job, clip.chapter, clip.index, clip.key


class ClipBuffer:
    """The bytes of clips by name, in memory and in temporary files."""

    def __init__(self) -> None:
        self._memory: dict[ClipName, bytes] = {}
        self._size = 0
        self._files: dict[ClipName, Path] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0

    def put(self, clip: Clip, frame: bytes) -> None:
        """Keep a clip's bytes. Raises OSError if the temporary folder is full."""
        self.drop(clip)
        if self._size + len(frame) <= MAX_MEMORY_BYTES:
            self._memory[name_of(clip)] = frame
            self._size += len(frame)
            return
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="e2a-swarm-clips-")
        self._count += 1
        path = Path(self._folder.name) / f"{self._count}.flac"
        path.write_bytes(frame)
        self._files[name_of(clip)] = path

    def get(self, clip: Clip) -> bytes:
        """Return a clip's bytes; b"" if they are not kept."""
        name = name_of(clip)
        if name in self._files:
            return self._files[name].read_bytes()
        return self._memory.get(name, b"")

    def drop(self, clip: Clip) -> None:
        """Forget a clip's bytes."""
        name = name_of(clip)
        self._size -= len(self._memory.pop(name, b""))
        path = self._files.pop(name, None)
        if path is not None:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the temporary files."""
        if self._folder is not None:
            self._folder.cleanup()
