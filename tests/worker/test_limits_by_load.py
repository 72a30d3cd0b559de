"""`--idle-only` under WSL2, where NVIDIA's driver names no processes, by fakes of the readings."""

import pytest

from swarm.config import Limits
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.message import Figures
from swarm.system import platform
from swarm.worker.limit_watch import OTHERS_PERCENT, SETTLE_S, GpuReading, LimitWatch


class FakeReadings:
    busy = 0

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
