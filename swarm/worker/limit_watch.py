"""Applies to the slots of a worker its owner's limits and what users of the swarm want; notices GPUs that are gone.

NVIDIA's GPUs are read in a thread of their own: a driver that hangs keeps that thread and nothing else.
"""

import shlex
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from math import inf
from typing import Any

from msgspec import Struct

from swarm.config import Limits
from swarm.errors import EnvironmentFault
from swarm.lease.envelope import Hindrance
from swarm.lease.member_message import Order
from swarm.lease.message import CPU, GPU, Figures
from swarm.lease.worker.rest import Judge, Sight, SlotView, Surroundings
from swarm.system.machine import package_line
from swarm.system.platform import is_wsl
from swarm.worker.devices import Gpu
from swarm.worker.surroundings import Senses

READ_INTERVAL_S = 2.0
MAX_AGE_S = 10.0  # older readings mean that the driver hangs
MIN_USE_PERCENT = 5  # a process below this load only draws a desktop


class GpuReading(Struct, frozen=True):
    """One reading of a GPU. `lost` tells that the GPU worked before and is gone now."""

    figures: Figures
    users: frozenset[int] = frozenset()  # ids of all processes that use the GPU, including our own
    lost: bool = False


def load_nvml() -> Any:
    """Return NVIDIA's management library, initialised; None if its bindings, the library or the driver are missing."""
    if not find_spec("pynvml"):
        return None
    try:
        nvml = import_module("pynvml")
        nvml.nvmlInit()
    except Exception:  # the errors of pynvml have no common base class
        return None
    return nvml


class GpuReadings:
    """The latest readings of some GPUs by their device names."""

    def __init__(
        self, gpus: Sequence[Gpu], load: Callable[[], Any] = load_nvml, read_s: float = READ_INTERVAL_S
    ) -> None:
        # GPUs of other makers have no such UUID.
        self._gpus = [gpu for gpu in gpus if gpu.is_nvidia]
        self._load = load
        self._read_s = read_s
        self._readings: dict[str, GpuReading] = {}
        self._read_at_s = 0.0
        self._started = False
        self._begun = threading.Event()
        self._closed = threading.Event()

    def reads(self, device: str) -> bool:
        """Return whether NVIDIA's driver tells of a device."""
        return any(gpu.name == device for gpu in self._gpus)

    def start(self) -> None:
        """Start reading, if there is a GPU to read. A second call does nothing."""
        if self._started:
            return
        self._started = True
        if self._gpus and find_spec("pynvml"):
            threading.Thread(target=self._run, name="gauges", daemon=True).start()
        else:
            self._begun.set()

    def wait(self, patience_s: float) -> dict[str, GpuReading]:
        """Wait up to `patience_s` seconds for the first readings; return {} if they do not arrive."""
        self._begun.wait(patience_s)
        return self.readings()

    def readings(self) -> dict[str, GpuReading]:
        """Return the latest reading of each GPU; {} if there is none, or if the driver hangs."""
        return dict(self._readings) if time.monotonic() - self._read_at_s < MAX_AGE_S else {}

    def stop_reading(self) -> None:
        """Stop reading, without waiting for the driver."""
        self._closed.set()

    def _run(self) -> None:
        nvml = self._load()
        readers = [GpuReader(nvml, gpu) for gpu in self._gpus] if nvml else []
        while readers and not self._closed.is_set():
            self._readings = {reader.gpu.name: reader.read() for reader in readers}
            self._read_at_s = time.monotonic()
            self._begun.set()
            self._closed.wait(self._read_s)
        self._begun.set()


class GpuReader:
    """The reader of one GPU. It leaves out the values that the driver does not provide."""

    def __init__(self, nvml: Any, gpu: Gpu) -> None:
        self._nvml = nvml
        self.gpu = gpu
        self._losses = {nvml.NVML_ERROR_GPU_IS_LOST, nvml.NVML_ERROR_RESET_REQUIRED}
        self._found = self._lost = False
        self._since_us = int(time.time() * 1e6)  # microseconds; the processes that use the GPU were last asked for then

    def read(self) -> GpuReading:
        """Return a new reading."""
        nvml, self._lost = self._nvml, False
        try:
            handle = nvml.nvmlDeviceGetHandleByUUID(self.gpu.uuid)
        except Exception as fault:
            unplugged = self._found and getattr(fault, "value", None) == nvml.NVML_ERROR_NOT_FOUND
            return GpuReading(Figures(self.gpu.name), lost=unplugged or self._is_loss(fault))
        self._found = True
        memory = self._ask(nvml.nvmlDeviceGetMemoryInfo, handle)
        milliwatts = self._ask(nvml.nvmlDeviceGetPowerUsage, handle)
        figures = Figures(
            device=self.gpu.name,
            busy=getattr(self._ask(nvml.nvmlDeviceGetUtilizationRates, handle), "gpu", None),
            memory_used=getattr(memory, "used", 0),
            memory_total=getattr(memory, "total", 0),
            temperature_c=self._ask(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
            watts=None if milliwatts is None else milliwatts / 1000,
        )
        return GpuReading(figures, self._users(handle), self._lost)

    def _is_loss(self, fault: Exception) -> bool:
        return getattr(fault, "value", None) in self._losses

    def _ask(self, question: Callable[..., Any], *words: Any) -> Any:
        try:
            return question(*words)
        except Exception as fault:  # this GPU or driver does not provide the value
            # A GPU that fell off the bus has a handle, but each query fails.
            self._lost = self._lost or self._is_loss(fault)
            return None

    def _users(self, handle: Any) -> frozenset[int]:
        """Return the processes that compute on a GPU or keep it busy, except those that only draw a desktop."""
        nvml, since_us = self._nvml, self._since_us
        self._since_us = int(time.time() * 1e6)
        computing = _ids(self._ask(nvml.nvmlDeviceGetComputeRunningProcesses, handle))
        # Windows lists every process as both computing and drawing.
        drawing = _ids(self._ask(nvml.nvmlDeviceGetGraphicsRunningProcesses, handle))
        samples = self._ask(nvml.nvmlDeviceGetProcessUtilization, handle, since_us) or ()
        return computing - drawing | {s.pid for s in samples if max(s.smUtil, s.encUtil, s.decUtil) >= MIN_USE_PERCENT}


def _ids(processes: Any) -> frozenset[int]:
    return frozenset(process.pid for process in processes or ())


FIRST_READING_S = 10.0
SETTLE_S = 6.0  # a GPU's load is taken for that of others only so long after our own work: readings lag some seconds
OTHERS_PERCENT = 10  # this load tells of others where no process is named; a desktop that is only drawn stays below


def local_minute() -> int:
    """Return the minutes since local midnight."""
    now = time.localtime()
    return now.tm_hour * 60 + now.tm_min


class LimitWatch:
    """What holds each slot back: limits by the readings of its device and its machine, and orders of users.

    An order stands until the worker ends: starting it again overrules all. `devices` has one device for each slot.
    """

    def __init__(
        self,
        devices: Sequence[str],
        gpu_readings: GpuReadings,
        limits: Limits | None = None,
        senses: Senses | None = None,
        minute: Callable[[], int] = local_minute,
        *,
        by_load: bool | None = None,
        obeys: bool = True,
    ) -> None:
        """`by_load`: others are known by their load alone, since the driver names no processes; None: as under WSL2."""
        self._devices = devices
        self._gpu_readings = gpu_readings
        self._senses = senses
        self._minute = minute
        self._judge = Judge(limits or Limits())
        self._obeys = obeys
        self._readings: dict[str, GpuReading] = {}
        self._by_load = is_wsl() if by_load is None else by_load
        self._at_work: set[str] = set()  # devices of slots that are at work now
        self._worked_s: dict[str, float] = {}  # when each device was last at work

    def start(self) -> None:
        """Start reading the GPUs and the machine."""
        self._gpu_readings.start()
        if self._senses:
            self._senses.start_sensing()

    def check(self) -> None:
        """Wait for the first readings, and check that the limits can be applied. Raises EnvironmentFault."""
        limits = self._judge.limits
        if not limits.watch_gpus:
            return
        self._readings = self._gpu_readings.wait(FIRST_READING_S)
        if self._senses:
            self._senses.wait_for_readings(FIRST_READING_S)
        gpus = [device for device in self._devices if not device.startswith(CPU)]
        for device in dict.fromkeys(gpus or self._devices):
            sight = self._sight(device, (), 0.0)
            if sight is None or (limits.max_temperature is not None and sight.temperature_c is None):
                raise EnvironmentFault(
                    f"--max-temperature and --idle-only need the readings of {device}, which are not available: "
                    f"GPUs of NVIDIA are read after {package_line('nvidia-ml-py')}, others where Linux shows sensors."
                )
        if limits.idle_only and not self._readings and self.around.unused_s is None:
            raise EnvironmentFault(
                "--idle-only needs to know when this machine is used, and nothing here tells: on Linux it asks the "
                "desktop and systemd-logind over D-Bus. Start the worker in the session of its user, or leave it out."
            )

    def take_order(self, order: Order, who: str, leave: Callable[[], object], *, own: bool = False) -> str:
        """Take in an order of a user, and `leave` the swarm if it says so; return a line for this machine's owner.

        `own`: the user is that of this machine.
        """
        if not self._obeys:
            return f"{who} wants this machine to {order.action}; it does not, because of --no-orders"
        match order.action:
            case "pause":
                self._judge.paused_by = who
                return f"paused from {who}; `e2a-swarm resume {shlex.quote(order.target)}` or a new start continues it"
            case "resume":
                self._judge.resume(own=own)
                return f"goes on, as {who} wants"
            case "limit":
                self._judge.most = order.count, who
                return (
                    f"speaks with {order.count or 'none'} of its slots{' at most' * bool(order.count)}, as {who} wants"
                )
            case "drain":
                leave()
                return f"finishes its sentences and leaves, as {who} wants"
            case other:
                return f"{who} wants this machine to {other}, which it does not know"

    def apply_readings(self, busy: Iterable[int] = ()) -> tuple[Figures, ...]:
        """Take over the latest readings, and which slots are busy now; return the figures."""
        self._at_work = {self._devices[slot] for slot in busy}
        self._readings = self._gpu_readings.readings()
        own = self._senses.figures if self._senses else ()
        return (*(reading.figures for reading in self._readings.values()), *own)

    def lost(self) -> list[int]:
        """Return the slots whose GPU worked before and is gone now."""
        gone = {device for device, reading in self._readings.items() if reading.lost}
        return [slot for slot, device in enumerate(self._devices) if device in gone]

    def hindrances(self, own: Collection[int], now: float) -> list[Hindrance | None]:
        """Return why each slot has to rest, None if it may work; `own` are the ids of this worker's processes."""
        minute, around = self._minute(), self.around
        self._worked_s |= dict.fromkeys(self._at_work, now)
        sights = {device: self._sight(device, own, now) for device in self._devices}
        return self._judge.hindrances(
            [SlotView(n, device, sights[device], around, minute, now) for n, device in enumerate(self._devices)]
        )

    def settle(self) -> None:
        """Let the machine sleep, if it is about to: the slots have given back what they were at."""
        if self._senses:
            self._senses.settle()

    @property
    def can_suspend(self) -> bool:
        """Whether something here puts the machine to sleep."""
        return self._senses is not None and self._senses.can_suspend

    def suspend(self) -> None:
        """Put the machine to sleep soon."""
        if self._senses:
            self._senses.suspend()

    @property
    def around(self) -> Surroundings:
        """What the machine tells of itself."""
        return self._senses.around if self._senses else Surroundings()

    def _sight(self, device: str, own: Collection[int], now: float) -> Sight | None:
        kind = CPU if device.startswith(CPU) else "" if self._gpu_readings.reads(device) else GPU
        if kind:
            told = self._senses.figures if self._senses else ()
            return Sight(next((figures.temperature_c for figures in told if figures.device == kind), None))
        reading = self._readings.get(device)
        if reading is None:
            return None
        others = not reading.users <= set(own)
        if self._by_load and now - self._worked_s.get(device, -inf) > SETTLE_S:
            others = others or (reading.figures.busy or 0) >= OTHERS_PERCENT
        return Sight(reading.figures.temperature_c, others)

    def stop_watching(self) -> None:
        """Stop reading the GPUs and the machine."""
        self._gpu_readings.stop_reading()
        if self._senses:
            self._senses.stop_sensing()
