"""How much of this machine's cores the program takes."""

import time
from collections.abc import Collection

from swarm.system.capacity import read_capacity

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
