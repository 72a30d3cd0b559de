"""The memory that an engine's process takes and finds free: real on the cores, a fake of torch for a GPU."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import numpy as np
import psutil
import pytest

from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host import engine_child
from swarm.voice.host.engine_child import check_room, free_on, peak_on


def fake_torch(free: int, reserved: int) -> ModuleType:
    torch = ModuleType("torch")
    torch.__spec__ = ModuleSpec("torch", None)
    torch.cuda = SimpleNamespace(  # type: ignore[attr-defined]
        mem_get_info=lambda device: (free, 24 * 10**9), max_memory_reserved=lambda device: reserved
    )
    return torch


def test_on_the_cores_the_peak_of_the_process_counts() -> None:
    before = peak_on("cpu:0")
    np.ones(before - psutil.Process().memory_info().rss + (64 << 20), np.uint8)
    assert peak_on("cpu:3") > before


def test_more_than_is_free_on_the_cores_is_refused_before_anything_is_loaded() -> None:
    check_room("cpu:0", 1000)
    with pytest.raises(
        EngineFault, match=r"cpu:0 does not have enough memory for this model: it took [0-9.]+ GB"
    ) as fault:
        check_room("cpu:0", 2 * int(free_on("cpu:0")))
    assert fault.value.kind is FaultKind.MEMORY


def test_on_a_gpu_torch_tells_both_and_cuda_takes_a_part_that_it_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torch", fake_torch(free=3 * 10**9, reserved=2 * 10**9))
    assert 2.4e9 < peak_on("cuda:0") < 2.6e9
    check_room("cuda:0", peak_on("cuda:0"))
    with pytest.raises(EngineFault, match=r"cuda:0 does not .* took 3\.1 GB before, 3\.0 GB are free"):
        check_room("cuda:0", 3_100_000_000)


def test_a_device_that_nobody_can_ask_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_child, "find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    for device in ("mps", "cuda:0"):
        check_room(device, 1 << 60)
        assert peak_on(device) == 0
