import pickle

import pytest

TORCH = (
    "Weights only load failed. Re-running `torch.load` with `weights_only` set to `False` will likely succeed.\n"
    "WeightsUnpickler error: Unsupported global: GLOBAL posix.system was not an allowed global by default."
)


@pytest.mark.coqui
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (pickle.UnpicklingError(TORCH), "code besides numbers (posix.system), and code is never run"),
        (pickle.UnpicklingError("pickle data was truncated"), "damaged, cut off or missing"),
        (EOFError(), "damaged, cut off or missing"),
        (RuntimeError("PytorchStreamReader failed reading zip archive"), "damaged, cut off or missing"),
        (RuntimeError("Error(s) in loading state_dict for Vits:\n\tsize mismatch for a"), "(size mismatch for a)"),
        (KeyError("model"), "not as Coqui saves them"),
        (OSError("no such\n  place"), "OSError: no such place"),
    ],
)
def test_a_fault_is_told_in_words_of_the_files(fault: Exception, words: str) -> None:
    from swarm.voice.coqui.load import reason  # imports torch, which takes seconds and may not be installed

    assert words in reason(fault)
    assert "weights_only" not in reason(fault)


@pytest.mark.coqui
def test_a_gpu_multiplies_in_tf32_where_it_can_and_a_cpu_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from swarm.voice.coqui.load import torch_device

    ones, usual = torch.ones, torch.get_float32_matmul_precision()
    monkeypatch.setattr(torch, "ones", lambda *size, device: ones(*size))  # the test has no GPU
    try:
        assert torch_device("cpu:1") == torch.device("cpu")
        assert torch.get_float32_matmul_precision() == usual == "highest"
        assert torch_device("cuda:0") == torch.device("cuda:0")
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision(usual)
