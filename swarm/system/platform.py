"""Everything that differs between Linux, macOS and Windows, in one place."""

import contextlib
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

Result = TypeVar("Result")

if sys.platform == "darwin":
    import fcntl


def sync_file(handle: int) -> None:
    """Write the data of a file descriptor through to the disk itself. Raises OSError."""
    if sys.platform == "darwin":
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # on macOS fsync stops at the drive's cache
    else:
        os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows does that by itself. Raises OSError."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_file(handle)
    finally:
        os.close(handle)


def disk_of(folder: Path) -> int:
    """Return the number of a folder's disk: files can be renamed between folders of one disk. Raises OSError."""
    return folder.stat().st_dev


def free_bytes(folder: Path) -> int | None:
    """Return the bytes that this user may still write to a folder's disk; None if the system does not tell."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def forget_cached(handle: int) -> None:
    """Drop a file from the page cache if the system can, so that the next read comes from the disk or server."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def loop_factory() -> "Callable[[], asyncio.AbstractEventLoop]":
    """Return the maker of an event loop that can watch ZeroMQ's sockets; the default loop of Windows cannot."""
    import asyncio  # here, since child processes have no event loop

    return asyncio.SelectorEventLoop if sys.platform == "win32" else asyncio.new_event_loop


def run_loop(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, as asyncio.run does, on an event loop that can watch ZeroMQ's sockets."""
    import asyncio

    from swarm.system.pulse import with_pulse

    allow_files()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(with_pulse(main))


def allow_files(wanted: int = 8192) -> None:
    """Raise the limit of open files of this process and its children, as far as allowed: macOS begins with 256."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            with contextlib.suppress(OSError, ValueError):  # some systems allow fewer than their hard limit
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def open_files_limit() -> int:
    """Return how many files this process may have open; on Windows, how many sockets an event loop can watch."""
    if sys.platform == "win32":
        return 512
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 8192 if soft == resource.RLIM_INFINITY else soft


def few_arenas() -> None:
    """Make glibc use one memory pool for all threads: otherwise each thread keeps what a clip once needed."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            import ctypes  # rarely needed, and slow to import

            ctypes.CDLL(None).mallopt(-8, 1)  # M_ARENA_MAX


def trim_memory() -> None:
    """Make glibc return free memory to the system now: it would keep what reading a large book needed."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            import ctypes  # rarely needed, and slow to import

            ctypes.CDLL(None).malloc_trim(0)


def give_way() -> None:
    """Let other processes have the processor before this one, by a tenth of the share that is usual."""
    if sys.platform == "win32":
        import ctypes

        below_normal = 0x4000
        ctypes.windll.kernel32.SetPriorityClass(ctypes.windll.kernel32.GetCurrentProcess(), below_normal)
    else:
        os.nice(10)


def stand_back() -> None:
    """Let all other programs of this machine have its processors and disks before this process, and its children."""
    import psutil

    if sys.platform == "win32":
        psutil.Process().nice(psutil.IDLE_PRIORITY_CLASS)
        psutil.Process().ionice(psutil.IOPRIO_VERYLOW)
        return
    os.nice(19)
    may_refuse = contextlib.suppress(OSError, AttributeError, psutil.Error)  # a container may forbid any of these
    if sys.platform == "darwin":
        import ctypes

        with may_refuse:
            ctypes.CDLL(None).setiopolicy_np(0, 0, 3)  # disks, this process: throttled
        return
    with may_refuse:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with may_refuse:
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)
    with may_refuse:  # Linux may share processors between sessions first: there, nice counts within a session only
        os.setsid()
        Path("/proc/self/autogroup").write_text("19", encoding="ascii")


ENV_STANDS_BACK = "E2A_SWARM_STANDS_BACK"  # set for an engine that has to `stand_back`
SYS = Path("/sys")


def text_of(file: Path) -> str:
    """Return what a file of the kernel says; "" if it cannot be read, as a device that is gone or sleeps."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


GET_HARDWARE = 0x8927  # SIOCGIFHWADDR of Linux


def adapters_hardware() -> list[tuple[str, str]]:
    """Return the names of network adapters with their hardware addresses; off Linux one of them, without a name."""
    try:
        import fcntl

        found = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            for _, name in socket.if_nameindex():
                answer = fcntl.ioctl(probe.fileno(), GET_HARDWARE, name.encode()[:15].ljust(40, b"\0"))
                found.append((name, answer[18:24].hex(":")))
        return found
    except (ImportError, OSError, AttributeError):
        node = uuid.getnode()
        return [] if node >> 40 & 1 else [("", node.to_bytes(6).hex(":"))]  # a made-up one has this bit


def is_on_battery(system: Path = SYS) -> bool:
    """Tell whether this machine runs on its battery, or on that of a UPS; batteries of mice do not count."""
    if sys.platform != "linux":
        import psutil

        battery = psutil.sensors_battery()
        return battery is not None and battery.power_plugged is False
    supplies = [each for each in (system / "class/power_supply").glob("*") if text_of(each / "scope") != "Device"]
    if any(text_of(each / "online") == "1" for each in supplies if text_of(each / "type") in ("Mains", "USB")):
        return False
    batteries = (each for each in supplies if text_of(each / "type") in ("Battery", "UPS"))
    return any(text_of(each / "status") == "Discharging" for each in batteries)


def idle_counter() -> int | None:
    """Return a number that grows while nobody uses keyboard or mouse, on macOS and Windows; None elsewhere."""
    if sys.platform == "darwin":
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            told = subprocess.run(["ioreg", "-c", "IOHIDSystem"], capture_output=True, text=True, timeout=5, check=True)
            if found := re.search(r'"HIDIdleTime" = (\d+)', told.stdout):
                return int(found[1])
    if sys.platform == "win32":
        import ctypes

        class _LastInput(ctypes.Structure):
            _fields_ = (("size", ctypes.c_uint), ("ticks", ctypes.c_uint))

        last = _LastInput(ctypes.sizeof(_LastInput))
        if ctypes.windll.user32.GetLastInputInfo(ctypes.byref(last)):
            return (ctypes.windll.kernel32.GetTickCount() - last.ticks) & 0xFFFFFFFF
    return None


def go_first_when_memory_runs_out() -> None:
    """Make Linux end this process first when memory runs out, before the worker and the user's other programs."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")


def bound_memory(most: int) -> None:
    """Refuse this process, and those that it starts, more address space than that; 0 bounds nothing.

    Windows has no such limit.
    """
    go_first_when_memory_runs_out()
    if most and sys.platform != "win32":
        import resource

        with contextlib.suppress(OSError, ValueError):  # macOS takes no limit below what is mapped already
            resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def is_wsl() -> bool:
    """Tell whether this is Linux inside Windows (WSL2), where a GPU's driver names no processes."""
    return "microsoft" in platform.release().lower()


_MAKERS = {"0x1002": "AMD", "0x8086": "Intel", "0x10de": "NVIDIA"}


def graphics_makers(cards: Path = Path("/sys/class/drm")) -> tuple[str, ...]:
    """Return the makers of this machine's graphics cards, as far as the system tells."""
    if sys.platform == "darwin":
        return ("Apple",) if platform.machine() == "arm64" else ()
    found = set[str]()
    for vendor in cards.glob("card*/device/vendor"):
        with contextlib.suppress(OSError):
            found.add(_MAKERS.get(vendor.read_text("ascii").strip(), ""))
    return tuple(sorted(found - {""}))


def peak_bytes() -> int:
    """Return the most main memory that this process had at once; 0 if the system does not tell."""
    with contextlib.suppress(OSError, ValueError, KeyError, ImportError):
        if sys.platform == "linux":  # getrusage would count what the process was before it loaded this program
            facts = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
            return int(facts["VmHWM"].split()[0]) * 1024
        if os.name == "nt":
            import psutil

            return int(psutil.Process().memory_info().peak_wset)
        import resource

        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # bytes on macOS
    return 0
