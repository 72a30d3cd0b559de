import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swarm.voice.coqui.pickles import only_read, read_statistics

STATISTICS = {"mel_mean": np.arange(80.0), "mel_std": np.ones(80, np.float32), "audio_config": {"fft_size": 1024}}


class Exploit:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def saved(path: Path, value: object) -> Path:
    np.save(path, np.array(value, dtype=object), allow_pickle=True)
    return path


def test_numbers_and_words_are_read(tmp_path: Path) -> None:
    found = read_statistics(saved(tmp_path / "stats.npy", STATISTICS)).item()
    assert np.array_equal(found["mel_mean"], STATISTICS["mel_mean"])
    assert found["audio_config"] == {"fft_size": 1024}
    np.save(tmp_path / "plain.npy", np.arange(3))
    assert read_statistics(tmp_path / "plain.npy").tolist() == [0, 1, 2]


def test_nothing_else_is_and_it_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for value in ({"mel_mean": Exploit(mark)}, Exploit(mark)):
        path = saved(tmp_path / "stats.npy", value)
        with pytest.raises(pickle.UnpicklingError, match="not allowed"):
            read_statistics(path)
    assert not mark.exists()
    np.load(path, allow_pickle=True)
    assert mark.exists()  # left to NumPy it would have


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "large.npy", np.zeros(3_000_000))
    with pytest.raises(ValueError, match="larger than 16 MiB"):
        read_statistics(tmp_path / "large.npy")


@pytest.mark.coqui
def test_whoever_asks_torch_and_numpy_for_more_gets_no_more(tmp_path: Path) -> None:
    import torch

    mark, weights = tmp_path / "ran", tmp_path / "model.pt"
    torch.save({"model": Exploit(mark)}, weights)
    statistics = saved(tmp_path / "stats.npy", Exploit(mark))
    with only_read():
        with pytest.raises(pickle.UnpicklingError):
            torch.load(weights, weights_only=False)
        with pytest.raises(pickle.UnpicklingError):
            np.load(statistics, allow_pickle=True)
    assert not mark.exists()
    torch.load(weights, weights_only=False)
    assert mark.exists()
