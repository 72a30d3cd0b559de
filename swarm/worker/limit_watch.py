"""Applies the operator's limits to the slots of a worker, and notices GPUs that are gone."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from math import inf

from swarm.config import Limits
from swarm.errors import EnvironmentFault
from swarm.lease.message import Figures
from swarm.lease.offer import CPU
from swarm.lease.worker.limits import Judge, Sight
from swarm.system.installation import package_line
from swarm.system.platform import is_wsl
from swarm.worker.gpu_readings import GpuReading, GpuReadings
from swarm.worker.standing_orders import StandingOrders

FIRST_READING_S = 10.0
SETTLE_S = 6.0  # a GPU's load is taken for that of others only so long after our own work: readings lag some seconds
OTHERS_PERCENT = 10  # this load tells of others where no process is named; a desktop that is only drawn stays below


def local_minute() -> int:
    """Return the minutes since local midnight."""
    now = time.localtime()
    return now.tm_hour * 60 + now.tm_min


class LimitWatch:
    """The limits of each slot by the readings of its GPU. `devices` has one device for each slot."""

    def __init__(
        self,
        devices: Sequence[str],
        gpu_readings: GpuReadings,
        limits: Limits | None = None,
        orders: StandingOrders | None = None,
        minute: Callable[[], int] = local_minute,
        *,
        by_load: bool | None = None,
    ) -> None:
        """`by_load`: others are known by their load alone, since the driver names no processes; None: as under WSL2."""
        self._devices, self._gpu_readings, self._minute = devices, gpu_readings, minute
        self._judge = Judge(limits or Limits())
        self.orders = orders or StandingOrders()
        self._readings: dict[str, GpuReading] = {}
        self._by_load = is_wsl() if by_load is None else by_load
        self._at_work: set[str] = set()  # devices of slots that are at work now
        self._worked_s: dict[str, float] = {}  # when each device was last at work

    def start(self) -> None:
        """Start reading the GPUs."""
        self._gpu_readings.start()

    def check(self) -> None:
        """Wait for the first readings, and check that the limits can be applied. Raises EnvironmentFault."""
        limits = self._judge.limits
        if not limits.watch_gpus:
            return
        readings = self._gpu_readings.wait(FIRST_READING_S)
        gpus = [device for device in self._devices if not device.startswith(CPU)]
        for device in dict.fromkeys(gpus or self._devices):
            reading = readings.get(device)
            if reading is None or (limits.max_temperature is not None and reading.figures.temperature_c is None):
                raise EnvironmentFault(
                    f"--max-temperature and --idle-only need the readings of {device}, which are not available: "
                    f"they work on NVIDIA GPUs, after {package_line('nvidia-ml-py')}."
                )

    def look(self, busy: Iterable[int] = ()) -> tuple[Figures, ...]:
        """Take over the latest readings, and which slots are busy now; return the figures."""
        self._at_work = {self._devices[slot] for slot in busy}
        self._readings = self._gpu_readings.readings()
        return tuple(reading.figures for reading in self._readings.values())

    def lost(self) -> list[int]:
        """Return the slots whose GPU worked before and is gone now."""
        gone = {device for device, reading in self._readings.items() if reading.lost}
        return [slot for slot, device in enumerate(self._devices) if device in gone]

    def reasons(self, own: Collection[int], now: float) -> list[str]:
        """Return why each slot has to rest, "" if it may work; `own` are the ids of this worker's processes."""
        minute = self._minute()
        self._worked_s |= dict.fromkeys(self._at_work, now)
        limits = [self._judge.reason(device, self._sight(device, own, now), minute, now) for device in self._devices]
        return [limit or order for limit, order in zip(limits, self.orders.reasons(len(limits)), strict=True)]

    def _sight(self, device: str, own: Collection[int], now: float) -> Sight | None:
        reading = self._readings.get(device)
        if reading is None:
            return None
        others = not reading.users <= set(own)
        if self._by_load and now - self._worked_s.get(device, -inf) > SETTLE_S:
            others = others or (reading.figures.busy or 0) >= OTHERS_PERCENT
        return Sight(reading.figures.temperature_c, others)

    def close(self) -> None:
        """Stop reading the GPUs."""
        self._gpu_readings.close()
