import pytest

from swarm.errors import UsageError
from swarm.system.capacity import Capacity
from swarm.worker.slots import MAX_SLOTS, Slots, core_slots, gpu_slots, read_slots


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


def test_a_gpu_has_one_slot_or_so_many() -> None:
    assert gpu_slots(Slots(), ["cuda:0", "cuda:1"]) == ("cuda:0", "cuda:1")
    assert gpu_slots(Slots(gpu=2), ["cuda:0", "cuda:1"]) == ("cuda:0", "cuda:0", "cuda:1", "cuda:1")
    devices = gpu_slots(Slots(gpu=MAX_SLOTS), ["cuda:0", "cuda:1"])
    assert len(devices) + len(core_slots(Slots(cpu=MAX_SLOTS), Capacity(4, 8e9), len(devices))) == MAX_SLOTS
