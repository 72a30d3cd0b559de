import time

import pytest
from fake_nvml import GPU_IS_LOST, FakeGpu, FakeNvml

from swarm.config import Limits
from swarm.errors import EnvironmentFault
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.worker import limit_watch as gpu_readings
from swarm.worker.devices import Gpu
from swarm.worker.limit_watch import GpuReadings, LimitWatch, local_minute

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
    deadline_s = time.monotonic() + 5.0
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
    deadline_s = time.monotonic() + 5.0
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
