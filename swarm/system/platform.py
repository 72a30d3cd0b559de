"""Everything that differs between Linux, macOS and Windows, in one place."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

if sys.platform == "darwin":
    import fcntl


def sync_file(handle: int) -> None:
    """Bring a file descriptor's data to the disk itself. Raises OSError."""
    if sys.platform == "darwin":
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # fsync stops at the drive's cache there
    else:
        os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows does so by itself. Raises OSError."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_file(handle)
    finally:
        os.close(handle)


def disk_of(folder: Path) -> int:
    """A number for the disk that a folder is on: files can be renamed between folders of one. Raises OSError."""
    return folder.stat().st_dev


def free_bytes(folder: Path) -> int | None:
    """Room on a folder's disk for this user; None where nobody knows."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def forget_cached(handle: int) -> None:
    """Have what was written read from the disk or server itself, where the system can be asked for that."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """The event loop that ZeroMQ's sockets can be watched with: Windows' default one cannot."""
    return asyncio.SelectorEventLoop if sys.platform == "win32" else asyncio.new_event_loop


def run_loop(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, as asyncio.run does, on a loop that fits ZeroMQ."""
    allow_files()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)


def default_cpu_slots() -> int:
    """Cores that this process may use, at least one."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def allow_files(wanted: int = 8192) -> None:
    """Let this process and its children open so many files, or as many as they may: macOS begins with 256."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            with contextlib.suppress(OSError, ValueError):  # the system allows fewer than it says
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def few_arenas() -> None:
    """Have glibc keep one pool of memory for all threads: each would keep what it once needed for a clip."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(-8, 1)  # M_ARENA_MAX


def trim_memory() -> None:
    """Have glibc give back what is free, now: it keeps what a large book once needed while it was read."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def lower_priority() -> None:
    """Let other processes go first; Windows has no such thing."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.nice(3)


def go_first_when_memory_runs_out() -> None:
    """Have Linux end this process before others of the machine: its owner's, and the one that speaks with the swarm."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")
