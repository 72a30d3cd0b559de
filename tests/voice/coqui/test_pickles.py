import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swarm.voice.coqui.model_config import ConfigRefused


class Exploit:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.coqui
def test_whoever_asks_torch_and_numpy_for_more_gets_no_more(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    load = pytest.importorskip("swarm.voice.coqui.load", exc_type=ImportError)
    mark, weights, statistics = tmp_path / "ran", tmp_path / "model.pt", tmp_path / "stats.npy"
    torch.save({"model": Exploit(mark)}, weights)
    np.save(statistics, np.array(Exploit(mark), dtype=object), allow_pickle=True)
    with load.only_read():
        with pytest.raises(pickle.UnpicklingError):
            torch.load(weights, weights_only=False)
        with pytest.raises(ConfigRefused, match="no pickle is opened"):
            np.load(statistics, allow_pickle=True)
        with pytest.raises(ConfigRefused, match="no pickle is opened"):
            np.load(statistics, None, True)
    assert not mark.exists()
    torch.load(weights, weights_only=False)
    assert mark.exists()
