import os
from math import inf

import psutil
import pytest

from swarm.system import capacity
from swarm.system.capacity import SLOT_BYTES, Allowance, Capacity, default_cpu_slots, read_capacity


@pytest.mark.parametrize(
    ("cores", "engines_that_fit", "slots"), [(4, inf, 4), (4, 2.5, 2), (4, 4, 4), (16, 0.5, 1), (1, 9, 1)]
)
def test_slots_go_by_the_cores_and_by_the_memory(cores: int, engines_that_fit: float, slots: int) -> None:
    assert Capacity(cores, engines_that_fit * SLOT_BYTES).slots == slots


@pytest.mark.parametrize(("quota", "cores"), [(0.25, 1), (1, 1), (1.5, 2), (3, 3), (64, 8), (inf, 8)])
def test_a_quota_below_the_cores_counts_and_a_part_of_a_core_is_one(
    monkeypatch: pytest.MonkeyPatch, quota: float, cores: int
) -> None:
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda _self: list(range(8)), raising=False)
    monkeypatch.setattr(capacity, "read_allowance", lambda: Allowance(quota, inf))
    assert read_capacity().cores == cores


def test_free_memory_is_the_machine_s_or_what_the_group_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "read_allowance", lambda: Allowance(inf, inf))
    assert 0 < read_capacity().free_bytes <= psutil.virtual_memory().total
    monkeypatch.setattr(capacity, "read_allowance", lambda: Allowance(inf, 1000.0))
    assert read_capacity() == Capacity(read_capacity().cores, 1000.0)
    assert default_cpu_slots() == 1


def test_a_system_that_pins_no_processes_counts_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil.Process, "cpu_affinity", raising=False)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 6)
    monkeypatch.setattr(capacity, "read_allowance", lambda: Allowance(inf, inf))
    assert read_capacity().cores == 6
    monkeypatch.setattr(psutil, "cpu_count", lambda: None)
    assert read_capacity().cores == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux pins processes to cores")
def test_cores_that_this_process_may_not_use_do_not_count() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert default_cpu_slots() == 1
    finally:
        os.sched_setaffinity(0, before)
