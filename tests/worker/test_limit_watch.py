"""`--idle-only` under WSL2, where NVIDIA's driver names no processes, by fakes of the readings."""

import time
from typing import Any

import pytest
from fake_nvml import GPU_IS_LOST, FakeGpu, FakeNvml

from swarm.config import Limits
from swarm.errors import EnvironmentFault
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.member_message import Order
from swarm.lease.message import Figures
from swarm.lease.worker.rest import Surroundings
from swarm.system import platform
from swarm.worker import limit_watch as gpu_readings
from swarm.worker.devices import Gpu
from swarm.worker.limit_watch import (
    OTHERS_PERCENT,
    SETTLE_S,
    GpuReading,
    GpuReadings,
    LimitWatch,
    local_minute,
)

RTX, GTX = Gpu("cuda:0", "RTX", uuid="GPU-5a"), Gpu("cuda:1", "GTX", uuid="GPU-77")
DEVICES = ("cuda:0", "cuda:0", "cuda:1")


@pytest.fixture(autouse=True)
def bindings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that nvidia-ml-py is installed, for tests that bring a fake of it."""
    monkeypatch.setattr(gpu_readings, "find_spec", lambda name: name)


def limit_watch(nvml: FakeNvml | None, limits: Limits) -> LimitWatch:
    begun = LimitWatch(DEVICES, GpuReadings((RTX, GTX), lambda: nvml, read_s=0.005), limits, minute=lambda: 12 * 60)
    begun.start()
    return begun


def until(watch: LimitWatch, own: set[int], wanted: list[bool]) -> list[Hindrance | None]:
    """Wait until the expected slots rest, and return the reasons."""
    deadline_s = time.monotonic() + 120.0
    while True:
        watch.apply_readings()
        reasons = watch.hindrances(own, now=0.0)
        if [bool(reason) for reason in reasons] == wanted:
            return reasons
        assert time.monotonic() < deadline_s, reasons
        time.sleep(0.002)


def test_own_processes_are_nobody_else() -> None:
    nvml = FakeNvml(GPU_5a=FakeGpu(computing=(10,)), GPU_77=FakeGpu(computing=(10, 20)))
    watch = limit_watch(nvml, Limits(idle_only=True))
    watch.check()
    assert until(watch, {10}, [False, False, True])[2] == Hindrance(NotLeasing.IN_USE, device="cuda:1")
    watch.stop_watching()


def test_a_gpu_that_gets_hot_stops_its_slots_only() -> None:
    nvml = FakeNvml(GPU_5a=FakeGpu(), GPU_77=FakeGpu(temperature_c=40))
    watch = limit_watch(nvml, Limits(max_temperature=80))
    watch.check()
    until(watch, set(), [False, False, False])
    nvml.gpus["GPU-5a"].temperature_c = 85
    until(watch, set(), [True, True, False])
    watch.stop_watching()


def test_a_gpu_that_is_gone_is_named_by_its_slots() -> None:
    nvml = FakeNvml(GPU_5a=FakeGpu(), GPU_77=FakeGpu(fault=GPU_IS_LOST))
    watch = limit_watch(nvml, Limits())
    deadline_s = time.monotonic() + 120.0
    while len(watch.apply_readings()) < 2:
        assert time.monotonic() < deadline_s
    assert watch.lost() == [2]
    watch.stop_watching()


@pytest.mark.parametrize("limits", [Limits(idle_only=True), Limits(max_temperature=80)])
def test_limits_that_cannot_be_kept_are_refused_at_the_start(limits: Limits) -> None:
    watch = limit_watch(None, limits)
    with pytest.raises(EnvironmentFault, match="need the readings of cuda:0"):
        watch.check()


def test_hours_ask_no_driver() -> None:
    watch = limit_watch(None, Limits(hours=((0, 60),)))
    watch.check()
    assert watch.hindrances((), 0.0) == [Hindrance(NotLeasing.HOURS, clock="00:00")] * 3


def test_the_minute_is_that_of_this_machines_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "localtime", lambda: time.struct_time((2026, 1, 2, 22, 5, 0, 0, 0, 0)))
    assert local_minute() == 22 * 60 + 5


class FakeReadings:
    busy = 0

    def reads(self, device: str) -> bool:
        return device == "cuda:0"

    def readings(self) -> dict[str, GpuReading]:
        return {"cuda:0": GpuReading(Figures("cuda:0", self.busy))}


def watch(readings: FakeReadings, *, by_load: bool = True) -> LimitWatch:
    return LimitWatch(("cuda:0", "cpu:0"), readings, Limits(idle_only=True), by_load=by_load)  # type: ignore[arg-type]


def rests(watch: LimitWatch, now: float, *busy: int) -> bool:
    watch.apply_readings(busy)
    gpu, core = watch.hindrances((), now)
    assert not core
    return gpu == Hindrance(NotLeasing.IN_USE, device="cuda:0")


def test_a_gpu_with_load_is_left_to_others_until_they_are_gone_for_a_while() -> None:
    readings = FakeReadings()
    limits = watch(readings)
    assert not rests(limits, 100.0)
    readings.busy = OTHERS_PERCENT
    assert rests(limits, 101.0)
    readings.busy = OTHERS_PERCENT - 1
    assert rests(limits, 130.0)
    assert not rests(limits, 200.0)


def test_the_load_of_its_own_work_is_not_taken_for_that_of_others() -> None:
    readings = FakeReadings()
    limits = watch(readings)
    readings.busy = 99
    assert not rests(limits, 100.0, 0)
    assert not rests(limits, 100.0 + SETTLE_S)
    assert rests(limits, 101.0 + SETTLE_S)


def test_where_the_driver_names_processes_load_alone_means_nothing() -> None:
    readings = FakeReadings()
    readings.busy = 99
    assert not rests(watch(readings, by_load=False), 100.0)


def test_linux_inside_windows_is_known_by_its_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform.platform, "release", lambda: "6.6.87.2-microsoft-standard-WSL2")
    assert platform.is_wsl()
    monkeypatch.setattr(platform.platform, "release", lambda: "6.12.57+deb13-amd64")
    assert not platform.is_wsl()


PAUSED = Hindrance(NotLeasing.PAUSED, by="laptop")


def ordered(**options: Any) -> LimitWatch:
    """Return the watch of a machine with three slots."""
    return LimitWatch(("cpu:0", "cpu:1", "cpu:2"), GpuReadings(()), **options)


def held(watch: LimitWatch) -> list[Hindrance | None]:
    return watch.hindrances((), 0.0)


def test_a_pause_rests_every_slot_until_somebody_resumes_it() -> None:
    watch, left = ordered(), list[str]()
    line = watch.take_order(Order("pause", "attic"), "laptop", lambda: left.append("left"))
    assert "`e2a-swarm resume attic`" in line
    assert line.startswith("paused from laptop; ")
    assert held(watch) == [PAUSED] * 3
    watch.take_order(Order("resume", "attic"), "laptop", lambda: left.append("left"))
    assert (held(watch), left) == ([None] * 3, [])


def test_a_limit_rests_the_slots_above_it() -> None:
    watch = ordered()
    watch.take_order(Order("limit", "attic", 1), "laptop", list)
    assert held(watch) == [None, *[Hindrance(NotLeasing.LIMITED, by="laptop", count=1)] * 2]
    watch.take_order(Order("limit", "attic", 0), "laptop", list)
    assert held(watch) == [PAUSED] * 3  # the reason lets it be resumed like any other
    watch.take_order(Order("limit", "attic", 3), "laptop", list)
    assert held(watch) == [None] * 3


def test_a_drained_machine_leaves_and_an_unknown_order_changes_nothing() -> None:
    watch, left = ordered(), list[str]()
    watch.take_order(Order("drain", "attic"), "laptop", lambda: left.append("left"))
    assert left == ["left"]
    assert "does not know" in watch.take_order(Order("move", "attic"), "laptop", list)
    assert held(watch) == [None] * 3


def test_the_owner_of_a_machine_can_refuse_all_orders() -> None:
    watch, left = ordered(obeys=False), list[str]()
    for action in ("pause", "limit", "drain"):
        assert "--no-orders" in watch.take_order(Order(action, "attic"), "laptop", lambda: left.append("left"))
    assert (held(watch), left) == ([None] * 3, [])


class FakeSenses:
    """A machine as its system would tell of it."""

    def __init__(self, around: Surroundings | None = None, **temperatures: int) -> None:
        self.around, self.settled = around or Surroundings(), False
        self.set(**temperatures)

    def set(self, **temperatures: int) -> None:
        self.figures = tuple(Figures(kind, temperature_c=degrees) for kind, degrees in temperatures.items())

    def wait_for_readings(self, patience_s: float) -> None:
        """Do nothing: they are there."""

    def settle(self) -> None:
        self.settled = True


def sensed(senses: FakeSenses, limits: Limits, *devices: str) -> LimitWatch:
    return LimitWatch(devices, GpuReadings((RTX,)), limits, senses)  # type: ignore[arg-type]


def test_cores_and_gpus_of_other_makers_are_judged_by_the_sensors_that_the_system_shows() -> None:
    senses = FakeSenses(cpu=70, gpu=95)
    watch = sensed(senses, Limits(max_temperature=80), "rocm:0", "cpu:0", "cpu:1")
    watch.check()
    assert watch.apply_readings() == (Figures("cpu", temperature_c=70), Figures("gpu", temperature_c=95))
    assert held(watch) == [Hindrance(NotLeasing.HOT, device="rocm:0", count=80), None, None]
    senses.set(cpu=81, gpu=60)
    assert held(watch)[1:] == [Hindrance(NotLeasing.HOT, device=f"cpu:{n}", count=80) for n in (0, 1)]


def test_a_limit_that_nothing_here_can_tell_is_refused_at_the_start() -> None:
    with pytest.raises(EnvironmentFault, match="need the readings of cpu:0"):
        sensed(FakeSenses(), Limits(max_temperature=80), "cpu:0").check()
    with pytest.raises(EnvironmentFault, match="needs to know when this machine is used"):
        sensed(FakeSenses(), Limits(idle_only=True), "cpu:0").check()
    sensed(FakeSenses(Surroundings(unused_s=0.0)), Limits(idle_only=True), "cpu:0").check()


def test_a_machine_may_sleep_once_its_slots_are_told() -> None:
    senses = FakeSenses(Surroundings(is_asleep=True))
    watch = sensed(senses, Limits(), "cpu:0")
    assert held(watch) == [Hindrance(NotLeasing.ASLEEP)] and not senses.settled
    watch.settle()
    assert senses.settled
