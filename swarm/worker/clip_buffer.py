"""The bytes of unaccepted and retained clips: the first in memory, further ones in files of the state folder."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from swarm.errors import StoreError
from swarm.lease.core_settings import WorkerSettings
from swarm.lease.message import Clip
from swarm.system.disk import Scratch
from swarm.system.machine import Say

MAX_MEMORY_BYTES = 16 * 1024 * 1024
WITHOUT_RETAINED_CLIPS = WorkerSettings(max_retained=0)  # a worker that has its coordinator's disk needs none

ClipName = tuple[str, int, int, str]  # job, chapter, index, key


def name_of(clip: Clip) -> ClipName:
    """Return the name of a clip's bytes. It includes the place, since a text may stand in several places."""
    return clip.job, clip.chapter, clip.index, clip.key


class ClipBuffer:
    """The bytes of clips by name, in memory and in files below `root`.

    If the disk takes no more, clips stay in memory. Then `on_full` is called with True, and with False once the disk
    takes clips again; `say` tells the user.
    """

    def __init__(self, root: Path, say: Say, on_full: Callable[[bool], None]) -> None:
        self.root = root
        self._say = say
        self._on_full = on_full
        self._is_full = False
        self._memory: dict[ClipName, bytes] = {}
        self._size = 0
        self._files: dict[ClipName, Path] = {}
        self._scratch: Scratch | None = None
        self._count = 0

    def keep_clip(self, clip: Clip, frame: bytes) -> None:
        """Keep a clip's bytes."""
        self.drop(clip)
        if self._size + len(frame) > MAX_MEMORY_BYTES and self._wrote(clip, frame):
            return
        self._memory[name_of(clip)] = frame
        self._size += len(frame)

    def _wrote(self, clip: Clip, frame: bytes) -> bool:
        """Write a clip's file; return False if the disk takes no more."""
        try:
            self._files[name_of(clip)] = self._write(frame)
        except (OSError, StoreError) as error:
            cause = error.__cause__ or error
            why = getattr(cause, "strerror", None) or cause
            self._note(
                f"{self.root} takes no more clips ({why}): speaking pauses until a coordinator takes some", full=True
            )
            return False
        self._note(f"{self.root} takes clips again", full=False)
        return True

    def _note(self, news: str, *, full: bool) -> None:
        if full != self._is_full:
            self._is_full = full
            self._say(news)
            self._on_full(full)

    def _write(self, frame: bytes) -> Path:
        self._scratch = self._scratch or Scratch(self.root)
        self._count += 1
        path = self._scratch.folder / f"{self._count}.flac"
        try:
            path.write_bytes(frame)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def get(self, clip: Clip) -> bytes:
        """Return a clip's bytes; b"" if they are not kept, or cannot be read any more."""
        name = name_of(clip)
        if name in self._files:
            with suppress(OSError):
                return self._files[name].read_bytes()
        return self._memory.get(name, b"")

    def drop(self, clip: Clip) -> None:
        """Forget a clip's bytes."""
        name = name_of(clip)
        self._size -= len(self._memory.pop(name, b""))
        path = self._files.pop(name, None)
        if path is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def remove_clip_files(self) -> None:
        """Remove the files."""
        if self._scratch is not None:
            with suppress(StoreError):
                self._scratch.remove_scratch()
