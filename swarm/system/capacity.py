"""How many engines and encoders fit on this machine, or on the part of it that this process may use, and what they
take.

On Linux the control groups of a container or service bound CPU time and memory.
"""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import ceil, inf
from pathlib import Path, PurePosixPath
from typing import NamedTuple

PROC = Path("/proc/self")
CPU_QUOTA = ("cpu.cfs_quota_us", "cpu.cfs_period_us")  # version 1; version 2 has both figures in cpu.max
MEMORY_LIMITS = ("memory.max", "memory.high", "memory.limit_in_bytes")  # the last one is of version 1
MEMORY_USES = ("memory.current", "memory.usage_in_bytes")
RECLAIMABLE = ("inactive_file", "total_inactive_file")  # version 1 counts its children in the second only


class Allowance(NamedTuple):
    """What all groups around a process together allow; infinite if none of them has a limit."""

    cores: float  # CPU time per time: 1.5 is one and a half cores
    free_bytes: float  # memory that is still free below the narrowest limit


def read_allowance(proc: Path = PROC) -> Allowance:
    """Return what the groups of this process and all groups around them allow; no limit on other systems."""
    groups = list(_groups(proc))
    return Allowance(
        cores=min((_cores(group) for group in groups), default=inf),
        free_bytes=min((_free_bytes(group) for group in groups), default=inf),
    )


def _groups(proc: Path) -> Iterator[Path]:
    """Yield the folder of each group of this process, and of each group around it, in every mounted hierarchy."""
    paths = dict(_memberships(proc))
    for controllers, root, mount in _mounts(proc):
        path = next((path for names, path in paths.items() if names <= controllers and (names or not controllers)), "")
        if path:
            yield from _upwards(mount, PurePosixPath(root), PurePosixPath(path))


def _memberships(proc: Path) -> Iterator[tuple[frozenset[str], str]]:
    """Yield the controllers of each hierarchy, and the group there; version 2 names no controllers."""
    for line in _text(proc / "cgroup").splitlines():
        _, names, path = (*line.split(":", 2), "", "")[:3]
        if path:
            yield frozenset(filter(None, names.split(","))), path


def _mounts(proc: Path) -> Iterator[tuple[frozenset[str], str, Path]]:
    """Yield the controllers of each mounted hierarchy, the group that it shows at its top, and where it is mounted."""
    for line in _text(proc / "mountinfo").splitlines():
        place, _, kind = line.partition(" - ")
        fields, kinds = place.split(" "), kind.split(" ")
        if len(fields) < 5 or len(kinds) < 3 or kinds[0] not in ("cgroup", "cgroup2"):
            continue
        controllers = frozenset(kinds[2].split(",")) if kinds[0] == "cgroup" else frozenset()
        yield controllers, fields[3], Path(fields[4].replace(r"\040", " "))


def _upwards(mount: Path, root: PurePosixPath, path: PurePosixPath) -> Iterator[Path]:
    """Yield the folders from a group up to the mount; the mount alone if the group is outside what it shows."""
    inside = path.relative_to(root) if path.is_relative_to(root) and ".." not in path.parts else PurePosixPath()
    for part in (inside, *inside.parents):
        yield mount / part


def _cores(group: Path) -> float:
    texts = _text(group / "cpu.max").split() or [_text(group / name) for name in CPU_QUOTA]
    quota, period = (_number(text) for text in (*texts, "", "")[:2])
    return quota / period if quota > 0 and 0 < period < inf else inf


def _free_bytes(group: Path) -> float:
    limit = min(_number(_text(group / name)) for name in MEMORY_LIMITS)
    if limit == inf:
        return inf
    used = min(_number(_text(group / name)) for name in MEMORY_USES)
    return max(0.0, limit - max(0.0, (0 if used == inf else used) - _reclaimable(group)))


def _reclaimable(group: Path) -> float:
    facts = dict(line.split(" ", 1) for line in _text(group / "memory.stat").splitlines() if " " in line)
    found = [_number(facts[name]) for name in RECLAIMABLE if name in facts]
    return max((number for number in found if number < inf), default=0.0)


def _number(text: str) -> float:
    """Return a figure of the kernel; infinite for "max" and for a file that is not there."""
    try:
        return float(int(text))
    except ValueError:
        return inf


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


SLOT_BYTES = 600_000_000  # an engine of the base takes up to 390 MB, and its encoder 160 MB (docs/benchmarks.md)


@dataclass(frozen=True)
class Capacity:
    """The cores that this process may use, and the memory that is free for it."""

    cores: int
    free_bytes: float
    slot_bytes: int = SLOT_BYTES  # an engine and its encoder take this

    @property
    def slots(self) -> int:
        """The number of engines, and of encoders, that work side by side here; at least 1."""
        return max(1, int(min(self.cores, self.free_bytes // self.slot_bytes)))


def read_capacity() -> Capacity:
    """Measure this machine's capacity now, within the limits of its container or service."""
    import psutil  # imported here, since --help must be quick

    process = psutil.Process()
    cores = len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count()
    allowed = read_allowance()
    within = ceil(allowed.cores) if allowed.cores < inf else inf  # half a core more keeps one more engine busy
    return Capacity(int(max(1, min(cores or 1, within))), min(psutil.virtual_memory().available, allowed.free_bytes))


def default_cpu_slots() -> int:
    """Return the number of engines or encoders to run side by side if the user names none."""
    return read_capacity().slots


LOOK_S = 5.0  # between two looks, since each reads the list of all processes


class CoreUse:
    """The share of the cores that this process takes with its children."""

    def __init__(self) -> None:
        self._looked_s: float | None = None
        self._used_s: dict[int, float] = {}
        self._cores, self._share = 1, 0.0

    def share(self, without: Collection[int] = ()) -> float:
        """Return the share between the last two looks, 0 to 1; 0 before there were two.

        Processes of the numbers `without` are left out, with their children: on Windows, the Python of a virtual
        environment is a child of the process that was started.
        """
        now = time.monotonic()
        if self._looked_s is None:
            self._cores = read_capacity().cores
        elif now < self._looked_s + LOOK_S:
            return self._share
        used_s, counted = _used_s(without)
        if self._looked_s is not None:
            spent_s = sum(max(0.0, used_s[pid] - self._used_s.get(pid, 0.0)) for pid in counted)
            self._share = min(1.0, spent_s / (self._cores * (now - self._looked_s)))
        self._looked_s, self._used_s = now, used_s
        return self._share


def _used_s(without: Collection[int]) -> tuple[dict[int, float], set[int]]:
    """Return the seconds of CPU that each of the processes has used, by its number, and which of them count."""
    import psutil  # imported here, since --help must be quick

    this, used_s, left_out = psutil.Process(), dict[int, float](), set(without)
    for process in (this, *this.children(recursive=True)):  # each one behind its parent
        try:
            if process.ppid() in left_out:
                left_out.add(process.pid)
            times = process.cpu_times()
            used_s[process.pid] = times.user + times.system
        except psutil.Error:  # it ended meanwhile
            continue
    return used_s, used_s.keys() - left_out
