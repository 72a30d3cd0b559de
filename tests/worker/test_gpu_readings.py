import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fake_nvml import GPU_IS_LOST, FakeGpu, FakeNvml
from msgspec import structs

from swarm.lease.message import Figures
from swarm.worker import limit_watch
from swarm.worker.devices import Gpu
from swarm.worker.limit_watch import GpuReader, GpuReading, GpuReadings, load_nvml

RTX, GTX = Gpu("cuda:0", "RTX", uuid="GPU-5a"), Gpu("cuda:1", "GTX", uuid="GPU-77")


@contextmanager
def running(nvml: FakeNvml | None, *gpus: Gpu) -> Iterator[GpuReadings]:
    begun = GpuReadings(gpus, lambda: nvml, read_s=0.01)
    begun.start()
    yield begun
    begun.stop_reading()


@pytest.fixture(autouse=True)
def bindings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that nvidia-ml-py is installed, for tests that bring a fake of it."""
    monkeypatch.setattr(limit_watch, "find_spec", lambda name: name)


def test_each_gpu_is_read_by_its_uuid() -> None:
    nvml = FakeNvml(GPU_5a=FakeGpu(), GPU_77=FakeGpu(3, 10**9, 8 * 10**9, 40))
    with running(nvml, RTX, GTX) as begun:
        assert begun.wait(120.0) == {
            "cuda:0": GpuReading(Figures("cuda:0", 87, 5_200_000_000, 24_000_000_000, 71, 250.0)),
            "cuda:1": GpuReading(Figures("cuda:1", 3, 10**9, 8 * 10**9, 40, 250.0)),
        }


def test_the_first_reading_of_a_slow_driver_is_waited_for() -> None:
    awake = threading.Event()
    begun = GpuReadings((RTX,), lambda: awake.wait() and FakeNvml(GPU_5a=FakeGpu()))
    begun.start()
    threading.Timer(0.1, awake.set).start()
    assert begun.wait(120.0).keys() == {"cuda:0"}
    begun.stop_reading()


def test_a_part_of_a_gpu_is_read_by_its_own_name_and_tells_what_parts_tell() -> None:
    nvml = FakeNvml(MIG_5a=FakeGpu(untold=("busy",)))
    with running(nvml, structs.replace(RTX, uuid="MIG-5a")) as begun:
        assert begun.wait(120.0) == {
            "cuda:0": GpuReading(Figures("cuda:0", None, 5_200_000_000, 24_000_000_000, 71, 250.0))
        }


def test_figures_follow_the_gpu() -> None:
    nvml = FakeNvml(GPU_5a=FakeGpu())
    with running(nvml, RTX) as begun:
        begun.wait(120.0)
        nvml.gpus["GPU-5a"].temperature_c = 90
        until_s = time.monotonic() + 120.0
        while begun.readings()["cuda:0"].figures.temperature_c != 90:
            assert time.monotonic() < until_s
            time.sleep(0.005)


def test_without_driver_or_without_a_gpu_of_nvidias_nothing_is_read() -> None:
    for nvml in [None, FakeNvml(GPU_5a=FakeGpu())]:
        gpus = (RTX,) if nvml is None else (Gpu("mps"), Gpu("cuda:0", "AMD", uuid="4f2a"))
        with running(nvml, *gpus) as begun:
            assert begun.wait(120.0) == {}
        assert nvml is None or not nvml.asked


def test_without_the_bindings_not_even_a_thread_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_watch, "find_spec", lambda name: None)
    assert load_nvml() is None
    before = threading.active_count()
    with running(FakeNvml(GPU_5a=FakeGpu()), RTX) as begun:
        assert threading.active_count() == before
        assert begun.wait(120.0) == {}


def test_what_a_driver_does_not_tell_is_left_out() -> None:
    gpu = FakeGpu(untold=("memory", "temperature", "processes", "shares", "power"))
    reading = GpuReader(FakeNvml(GPU_5a=gpu), RTX).read()
    assert reading == GpuReading(Figures("cuda:0", 87))


def test_a_driver_that_hangs_holds_nobody_up_and_its_figures_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml, never = FakeNvml(GPU_5a=FakeGpu()), threading.Event()
    monkeypatch.setattr(limit_watch, "MAX_AGE_S", 0.05)
    with running(nvml, RTX) as begun:
        assert begun.wait(120.0)
        nvml.waits = lambda: never.wait(240.0)
        until_s = time.monotonic() + 120.0
        while begun.readings():
            assert time.monotonic() < until_s
            time.sleep(0.005)
    never.set()


def test_a_gpu_that_falls_off_the_bus_or_is_unplugged_is_lost() -> None:
    nvml = FakeNvml(GPU_5a=FakeGpu())
    look = GpuReader(nvml, RTX)
    assert not look.read().lost
    nvml.gpus["GPU-5a"].fault = GPU_IS_LOST
    assert look.read().lost
    nvml.gpus["GPU-5a"].fault = 0
    assert not look.read().lost
    nvml.gpus.clear()
    assert look.read().lost
    assert not GpuReader(nvml, RTX).read().lost  # never seen: another driver's


def test_who_computes_or_keeps_it_busy_uses_it_and_a_desktop_does_not() -> None:
    xorg, game, trainer, browser = 10, 20, 30, 40
    gpu = FakeGpu(computing=(trainer, browser), drawing=(xorg, game, browser), shares={xorg: 2, game: 5, browser: 4})
    assert GpuReader(FakeNvml(GPU_5a=gpu), RTX).read().users == {game, trainer}


@pytest.mark.gpu
def test_a_real_gpu_is_read() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("pynvml")
    gpu = Gpu("cuda:0", uuid=f"GPU-{torch.cuda.get_device_properties(0).uuid}")
    reading = GpuReader(load_nvml(), gpu).read()
    assert reading.figures.memory_total > 0
