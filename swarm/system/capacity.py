"""How many engines and encoders fit on this machine, or on the part of it that this process may use."""

from dataclasses import dataclass
from math import ceil, inf

from swarm.system.cgroup import read_allowance

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
