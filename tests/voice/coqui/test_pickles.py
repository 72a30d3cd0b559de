import pickle
from pathlib import Path

import numpy as np
import pytest

from swarm.voice.coqui.load import only_read
from tests.voice.coqui.test_statistics import Exploit, saved


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
        with pytest.raises(pickle.UnpicklingError):
            np.load(statistics, None, True)
    assert not mark.exists()
    torch.load(weights, weights_only=False)
    assert mark.exists()
