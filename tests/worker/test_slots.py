import pytest

from swarm.errors import UsageError
from swarm.system.capacity import Capacity
from swarm.worker.devices import (
    ENCODER_BYTES,
    MAX_AUTO,
    MAX_SLOTS,
    Slots,
    capacity_for,
    core_slots,
    gpu_slots,
    read_slots,
)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("auto", Slots()),
        ("4", Slots(4, 4)),
        ("gpu:2,cpu:8", Slots(2, 8)),
        (" CPU:0 ", Slots(None, 0)),
        ("gpu:auto, cpu:3", Slots(None, 3)),
        ("gpu:0", Slots(0)),
    ],
)
def test_slots_are_one_number_or_one_for_each_kind_of_device(text: str, slots: Slots) -> None:
    assert read_slots("--slots", text) == slots


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "many", "1025", "tpu:2", "gpu", "gpu:", "gpu:1,gpu:2", "gpu:0,cpu:0", "gpu:x", "9" * 9999]
)
def test_what_is_no_number_of_slots_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(UsageError, match="--slots takes auto, a number from 1 to 1,024, or a number for each kind"):
        read_slots("--slots", text)


def test_a_core_is_left_to_each_slot_on_a_gpu_unless_the_user_says_a_number() -> None:
    assert core_slots(Slots(), Capacity(4, 8e9), 0) == ("cpu:0", "cpu:1", "cpu:2", "cpu:3")
    assert core_slots(Slots(), Capacity(4, 8e9), 1) == ("cpu:0", "cpu:1", "cpu:2")
    assert core_slots(Slots(), Capacity(1, 8e9), 2) == ("cpu:0",)
    assert core_slots(Slots(cpu=4), Capacity(4, 8e9), 2) == ("cpu:0", "cpu:1", "cpu:2", "cpu:3")
    assert core_slots(Slots(cpu=0), Capacity(4, 8e9), 2) == ()


TWO = {"cuda:0": 24 * 10**9, "cuda:1": 8 * 10**9}  # free bytes


def test_a_gpu_has_one_slot_or_so_many() -> None:
    assert gpu_slots(Slots(), TWO, {}, 16) == ("cuda:0", "cuda:1")
    assert gpu_slots(Slots(gpu=2), TWO, {"cuda:0": 10**9}, 16) == ("cuda:0", "cuda:0", "cuda:1", "cuda:1")
    devices = gpu_slots(Slots(gpu=MAX_SLOTS), TWO, {}, 16)
    assert len(devices) + len(core_slots(Slots(cpu=MAX_SLOTS), Capacity(4, 8e9), len(devices))) == MAX_SLOTS


@pytest.mark.parametrize(
    ("need", "cores", "numbers"),
    [
        (7 * 10**9, 16, (3, 1)),  # no more fit
        (10**9, 16, (MAX_AUTO, MAX_AUTO)),
        (10**9, 5, (2, 2)),  # a slot keeps a core busy
        (10**9, 1, (1, 1)),
        (30 * 10**9, 16, (1, 1)),  # another program may end yet
    ],
)
def test_a_gpu_of_which_a_model_was_measured_has_as_many_slots_as_fit(
    need: int, cores: int, numbers: tuple[int, int]
) -> None:
    devices = gpu_slots(Slots(), TWO, dict.fromkeys(TWO, need), cores)
    assert (devices.count("cuda:0"), devices.count("cuda:1")) == numbers


def test_a_gpu_that_tells_nothing_of_its_memory_has_one_slot() -> None:
    assert gpu_slots(Slots(), {"mps": 0}, {"mps": 10**9}, 8) == ("mps",)


def test_the_smallest_model_that_was_measured_decides_how_many_fit_on_the_cores() -> None:
    little = Capacity(8, 2e9)
    assert capacity_for(little, 0).slots == 3
    assert capacity_for(little, 500_000_000 - ENCODER_BYTES).slots == 4
    assert capacity_for(little, 5 * 10**9).slots == 3  # a small model may come yet; the large one rests where it must
