import venv
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from swarm.errors import EnvironmentFault, UsageError
from swarm.lease.message import Device
from swarm.system.capacity import Capacity
from swarm.voice.environment import MARK, Environment
from swarm.worker import devices
from swarm.worker.devices import (
    ENCODER_BYTES,
    MAX_AUTO,
    MAX_SLOTS,
    Gpu,
    Proof,
    Slots,
    capacity_for,
    choose,
    core_slots,
    describe,
    find_devices,
    gpu_slots,
    prove_gpus,
    read_slots,
    uuids_of,
)

RTX = Gpu("cuda:0", "RTX", memory_bytes=24 * 10**9, uuid="GPU-5a1e", driver="570.86", platform="CUDA 12.8")
GTX = Gpu("cuda:1", "GTX", uuid="GPU-77aa")
AUTO = Slots()
BROKEN = Gpu("cuda:2", "Old", fault="CUDA error: no kernel image")


@pytest.fixture
def said() -> list[str]:
    return []


def machine(monkeypatch: pytest.MonkeyPatch, listed: list[str], proof: Proof) -> None:
    monkeypatch.setattr(devices, "list_gpus", lambda: listed)
    monkeypatch.setattr(devices, "prove_gpus", lambda: proof)
    monkeypatch.setattr(devices, "read_capacity", lambda: Capacity(4, 8e9))


def test_plain_work_takes_the_gpus_that_can_be_used_and_the_cores_that_they_leave(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    machine(monkeypatch, ["RTX", "GTX", "Old"], Proof((RTX, GTX, BROKEN), "2.11"))
    assert find_devices((), AUTO, said.append) == (("cuda:0", "cuda:1", "cpu:0", "cpu:1"), (RTX, GTX))
    assert find_devices(("cuda:1",), Slots(2, 1), said.append) == (("cuda:1", "cuda:1", "cpu:0"), (GTX,))
    assert find_devices(("cuda:1",), Slots(1, 0), said.append) == (("cuda:1",), (GTX,))
    assert find_devices((), Slots(0), said.append) == (("cpu:0", "cpu:1", "cpu:2", "cpu:3"), ())
    assert not said


def test_a_machine_that_has_measured_models_has_as_many_slots_as_fit(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    card = structs.replace(RTX, free_bytes=9 * 10**9)
    machine(monkeypatch, ["RTX"], Proof((card,), "2.11"))
    monkeypatch.setattr(devices, "read_capacity", lambda: Capacity(8, 1e9))
    found = find_devices((), AUTO, said.append, {"RTX": 4 * 10**9, "cpu": 90_000_000})[0]
    assert found == ("cuda:0", "cuda:0", "cpu:0", "cpu:1")  # four fit on the cores; two of them keep the GPU busy
    assert len(find_devices((), AUTO, said.append)[0]) == 2


def test_plain_work_on_the_cpu_says_why_where_there_are_gpus(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    machine(monkeypatch, ["RTX"], Proof(torch="2.11+cpu"))
    assert find_devices((), Slots(2, 2), said.append) == (("cpu:0", "cpu:1"), ())
    assert said == ["RTX: not used (torch 2.11+cpu finds none); working on the CPU"]


def test_a_machine_without_gpus_works_on_the_cpu_and_asks_torch_nothing(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    monkeypatch.setattr(devices, "list_gpus", list)
    monkeypatch.setattr(devices, "prove_gpus", lambda: pytest.fail("torch was asked"))
    assert (
        find_devices((), Slots(1, 1), said.append)
        == find_devices(("cpu",), Slots(1, 1), said.append)
        == (("cpu:0",), ())
    )
    assert not said


@pytest.mark.parametrize("asked", [("cuda:0",), ("cuda",), ("GPU-5a1e",), ("mps",)])
def test_a_gpu_that_was_asked_for_is_never_replaced_by_the_cpu(
    monkeypatch: pytest.MonkeyPatch, said: list[str], asked: tuple[str, ...]
) -> None:
    machine(monkeypatch, [], Proof(fault="no torch is installed here"))
    with pytest.raises(EnvironmentFault, match="no torch is installed here"):
        find_devices(asked, AUTO, said.append)


def test_a_machine_without_a_driver_is_not_told_to_install_gigabytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: list[str]
) -> None:
    monkeypatch.setattr(devices, "find_environments", list)
    monkeypatch.setattr(devices, "find_spec", lambda _name: None)
    monkeypatch.setattr(devices, "list_gpus", list)
    monkeypatch.setattr(devices, "AMD_DRIVER", tmp_path / "kfd")
    with pytest.raises(EnvironmentFault, match=r"no NVIDIA driver is installed \(nvidia-smi lists no GPU\)") as refused:
        find_devices(("cuda:0",), AUTO, said.append)
    assert "install coqui" not in str(refused.value)
    (tmp_path / "kfd").touch()
    with pytest.raises(EnvironmentFault, match="no torch is installed here"):
        find_devices(("cuda:0",), AUTO, said.append)


def test_each_gpu_that_is_asked_for_is_taken_once() -> None:
    assert choose(("cuda:1", "cuda:1"), [RTX, GTX]) == (GTX,)
    assert choose(("cuda",), [RTX, GTX]) == (RTX, GTX)


def test_a_gpu_is_named_by_the_beginning_of_its_uuid_too() -> None:
    assert choose(("gpu-77", "cuda:0"), [RTX, GTX]) == (GTX, RTX)
    assert choose(("GPU-77", "cuda:1"), [RTX, GTX]) == (GTX,)
    with pytest.raises(EnvironmentFault, match="more than one GPU"):
        choose(("GPU-",), [RTX, GTX])


def test_a_gpu_that_is_not_there_is_refused_in_words() -> None:
    for asked in [("cuda:3",), ("cuda:0", "cuda:7"), ("GPU-99",), ("mps",)]:
        with pytest.raises(EnvironmentFault, match=r"there is no such GPU; here are cuda:0 \(GPU-5a1e\), cuda:1"):
            choose(asked, [RTX, GTX])


def test_a_gpu_that_cannot_compute_is_refused_with_the_reason() -> None:
    for asked in [("cuda:2",), ("cuda",)]:
        with pytest.raises(EnvironmentFault, match="GPU cuda:2 cannot be used: CUDA error: no kernel image"):
            choose(asked, [RTX, GTX, BROKEN])


def test_devices_are_announced_once_each_with_their_slots() -> None:
    gpu = Device("cuda:0", "RTX, 24 GB, driver 570.86, CUDA 12.8", 2)
    assert describe(("cuda:0", "cuda:0"), [RTX]) == (gpu,)
    assert describe(("cpu:0", "cpu:1"), []) == (Device("cpu", "2 x CPU", 2),)
    assert describe(("cuda:0", "cuda:0", "cpu:0"), [RTX]) == (gpu, Device("cpu", "1 x CPU", 1))


def stand_in_torch(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a module named torch for the process that proves devices."""
    (folder / "torch.py").write_text(code, "utf-8")
    monkeypatch.syspath_prepend(str(folder))


NO_GPU = """
from types import SimpleNamespace
__version__ = "2.11+cpu"
version = SimpleNamespace(cuda=None, hip=None)
cuda = SimpleNamespace(device_count=lambda: 0)
backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False))
print("a library that talks")
"""


def test_the_proof_is_made_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_torch(tmp_path, NO_GPU, monkeypatch)
    assert prove_gpus() == Proof(torch="2.11+cpu")


def test_the_torch_of_an_environment_is_asked_if_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    made = Environment("viola", "abc", (), ())
    venv.create(made.folder, symlinks=True)
    (site,) = made.folder.glob("[Ll]ib/**/site-packages")
    (site / "torch").mkdir()
    (site / "torch" / "__init__.py").write_text(NO_GPU.replace("2.11+cpu", "2.6+cpu"))
    (tmp_path / "engines" / "viola" / MARK).write_bytes(msgspec.json.encode(made))
    assert prove_gpus() == Proof(torch="2.6+cpu")


@pytest.mark.parametrize(("asked", "words"), [(("cuda:7", "GPU-99"), "GPU 7,GPU-99 "), (("cuda",), "GPU all ")])
def test_where_there_is_no_gpu_the_one_asked_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...], words: str
) -> None:
    stand_in_torch(tmp_path, NO_GPU, monkeypatch)
    fault = r"cannot be used: this machine has no usable GPU: torch 2.11\+cpu finds none"
    with pytest.raises(EnvironmentFault, match=words + fault):
        find_devices(asked, AUTO, print)


@pytest.mark.parametrize(
    ("code", "fault"),
    [("import os; os.abort()", "the process that looks for GPUs failed"), ("raise OSError('libcudart')", "libcudart")],
)
def test_a_torch_that_dies_takes_no_worker_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, fault: str
) -> None:
    stand_in_torch(tmp_path, code, monkeypatch)
    proof = prove_gpus()
    assert not proof.gpus
    assert fault in proof.fault


@pytest.mark.parametrize(
    ("cores", "free", "slots", "said"),
    [
        (4, 8e9, 4, []),
        (16, 1.3e9, 2, ["2 engines work side by side, not one on each of the 16 cores: 1.3 GB of memory are free"]),
        (
            2,
            5e8,
            1,
            [
                "1 engine works side by side, not one on each of the 2 cores: 500 MB of memory are free",
                "an engine with its encoder takes up to 600 MB: end other programs, or choose a smaller voice",
            ],
        ),
    ],
)
def test_little_memory_means_fewer_engines_than_cores_and_a_word_about_it(
    monkeypatch: pytest.MonkeyPatch, cores: int, free: float, slots: int, said: list[str]
) -> None:
    monkeypatch.setattr(devices, "read_capacity", lambda: Capacity(cores, free))
    heard: list[str] = []
    assert len(find_devices(("cpu",), AUTO, heard.append)[0]) == slots
    assert heard == said
    assert len(find_devices(("cpu",), Slots(cpu=cores), heard.append)[0]) == cores
    assert heard == [*said, *said[1:]]  # the user's number is not doubted, the memory is


def test_gpus_are_told_apart_by_their_uuids_where_there_are_several() -> None:
    second = structs.replace(RTX, name="cuda:1", uuid="GPU-77aa")
    assert uuids_of([RTX, second]) == {"cuda:0": "GPU-5a1e", "cuda:1": "GPU-77aa"}
    part = structs.replace(second, uuid="MIG-77aa")
    assert uuids_of([RTX, part]) == {"cuda:0": "GPU-5a1e", "cuda:1": "MIG-77aa"}
    assert uuids_of([RTX]) == {}  # it is the first that any library takes
    assert uuids_of([RTX, structs.replace(second, uuid="")]) == {}
    assert uuids_of([structs.replace(gpu, platform="ROCm 6.4") for gpu in (RTX, second)]) == {}


def test_slots_are_one_number_or_one_for_each_kind_of_device() -> None:
    for text, slots in [
        ("auto", Slots()),
        ("4", Slots(4, 4)),
        ("gpu:2,cpu:8", Slots(2, 8)),
        (" CPU:0 ", Slots(None, 0)),
        ("gpu:auto, cpu:3", Slots(None, 3)),
        ("gpu:0", Slots(0)),
    ]:
        assert read_slots("--slots", text) == slots


def test_what_is_no_number_of_slots_is_refused_with_what_is() -> None:
    for text in [
        "",
        "0",
        "-1",
        "many",
        "1025",
        "tpu:2",
        "gpu",
        "gpu:",
        "gpu:1,gpu:2",
        "gpu:0,cpu:0",
        "gpu:x",
        "9" * 9999,
    ]:
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


def test_a_gpu_of_which_a_model_was_measured_has_as_many_slots_as_fit() -> None:
    for need, cores, numbers in [
        (7 * 10**9, 16, (3, 1)),  # no more fit
        (10**9, 16, (MAX_AUTO, MAX_AUTO)),
        (10**9, 5, (2, 2)),  # a slot keeps a core busy
        (10**9, 1, (1, 1)),
        (30 * 10**9, 16, (1, 1)),  # another program may end yet
    ]:
        devices = gpu_slots(Slots(), TWO, dict.fromkeys(TWO, need), cores)
        assert (devices.count("cuda:0"), devices.count("cuda:1")) == numbers


def test_a_gpu_that_tells_nothing_of_its_memory_has_one_slot() -> None:
    assert gpu_slots(Slots(), {"mps": 0}, {"mps": 10**9}, 8) == ("mps",)


def test_the_smallest_model_that_was_measured_decides_how_many_fit_on_the_cores() -> None:
    little = Capacity(8, 2e9)
    assert capacity_for(little, 0).slots == 3
    assert capacity_for(little, 500_000_000 - ENCODER_BYTES).slots == 4
    assert capacity_for(little, 5 * 10**9).slots == 3  # a small model may come yet; the large one rests where it must


def test_without_torch_the_gpus_of_onnx_runtime_are_used(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    found = Proof((Gpu("webgpu", "GPU by webgpu"),), "1.32", has_torch=False, library="ONNX Runtime")
    machine(monkeypatch, [], Proof(fault="no torch is installed here", has_torch=False))
    monkeypatch.setattr(devices, "gpu_kinds", lambda: ("webgpu",))
    monkeypatch.setattr(devices, "prove_library", lambda: found)
    assert find_devices(("webgpu",), Slots(1, 1), said.append) == (("webgpu", "cpu:0"), found.gpus)
    monkeypatch.setattr(devices, "prove_gpus", lambda: structs.replace(found, gpus=()))
    assert find_devices((), Slots(None, 1), said.append) == (("cpu:0",), ())
    assert said == ["GPU: not used (ONNX Runtime 1.32 finds none); working on the CPU"]
