import pytest

from swarm.errors import EnvironmentFault
from swarm.node.devices import describe, slot_devices


def test_plain_work_takes_the_gpus_if_there_are_any_else_the_cpu() -> None:
    assert slot_devices((), None, ["RTX", "GTX"]) == ("cuda:0", "cuda:1")
    assert set(slot_devices((), None, [])) >= {"cpu:0"}


def test_slots_count_on_the_cpu_in_all_and_on_gpus_each() -> None:
    assert slot_devices(("cpu",), 3, ["RTX"]) == ("cpu:0", "cpu:1", "cpu:2")
    assert slot_devices(("cuda:1",), 2, ["RTX", "GTX"]) == ("cuda:1", "cuda:1")


@pytest.mark.parametrize("asked", [("cuda:2",), ("cuda:0", "cuda:7")])
def test_a_gpu_that_is_not_there_is_refused_in_words(asked: tuple[str, ...]) -> None:
    with pytest.raises(EnvironmentFault, match=r"--gpu [27]: this machine has GPUs 0 to 1"):
        slot_devices(asked, None, ["RTX", "GTX"])


@pytest.mark.parametrize("asked", [("cuda:0",), ("cuda",)])
def test_a_machine_without_gpus_says_so(asked: tuple[str, ...]) -> None:
    with pytest.raises(EnvironmentFault, match="no NVIDIA GPU"):
        slot_devices(asked, None, [])


def test_devices_are_announced_once_each() -> None:
    assert [device.about for device in describe(("cuda:1", "cuda:1"), ["RTX", "GTX"])] == ["GTX"]
    assert [device.name for device in describe(("cpu:0", "cpu:1"), [])] == ["cpu"]
