import pytest

from swarm.voice.engine import FaultKind, device_fault


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 7.79 GiB",
        "HIP out of memory. Tried to allocate 20.00 MiB",
        "MPS backend out of memory (MPS allocated: 9.07 GB)",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 4 bytes. Error code 12 (Cannot allocate memory)",
        "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes",
    ],
)
def test_memory_that_runs_out_is_known_by_its_words(words: str) -> None:
    assert device_fault(RuntimeError(words)) is FaultKind.MEMORY


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: unspecified launch failure",
        "CUDA error: GPU is lost",
        "HIP error: invalid device ordinal",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
    ],
)
def test_a_device_that_fails_is_known_by_its_words(words: str) -> None:
    assert device_fault(RuntimeError(words)) is FaultKind.DEVICE


@pytest.mark.parametrize(
    "fault",
    [
        RuntimeError("PytorchStreamReader failed reading zip archive: failed finding central directory"),
        RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"),
        ValueError("CUDA error: so says a text"),
        AssertionError("out of memory"),
    ],
)
def test_whatever_else_goes_wrong_is_not_the_devices_fault(fault: Exception) -> None:
    assert device_fault(fault) is None


def test_a_machine_without_memory_counts_too() -> None:
    assert device_fault(MemoryError()) is FaultKind.MEMORY
