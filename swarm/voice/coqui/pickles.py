"""Reads what Coqui would unpickle without running code that a pickle may carry, and without writing it anew.

Weights are read as torch's `weights_only`, also where Coqui asks for more (Bark). Arrays are read by `statistics`,
whatever NumPy is asked for. Coqui writes XTTS's original weights anew once it has read them; here it does not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from swarm.voice.coqui.statistics import read_statistics


@contextmanager
def only_read() -> Iterator[None]:
    """Keep torch and NumPy from running code out of a file while Coqui loads a model, whatever Coqui asks for.

    Nor is a file written: other engines may be reading it, and it is known by its digest.
    """
    import safetensors.torch
    import torch

    load_weights, save_weights, load_array = torch.load, torch.save, np.load

    def careful_weights(file: Any, *args: Any, **kwargs: Any) -> Any:
        name = str(getattr(file, "name", file))
        if name.endswith(".safetensors"):  # which Coqui does not know
            return {"model": safetensors.torch.load_file(name)}
        try:
            return load_weights(file, *args, **{**kwargs, "weights_only": True})
        except (LookupError, ValueError, TypeError, AttributeError) as fault:  # of bytes that are no pickle
            raise EOFError(f"{name} holds no weights") from fault

    def careful_array(file: Any, *args: Any, **kwargs: Any) -> Any:
        return read_statistics(Path(file))

    def no_writing(*args: Any, **kwargs: Any) -> None: ...

    torch.load, torch.save, np.load = careful_weights, no_writing, careful_array
    try:
        yield
    finally:
        torch.load, torch.save, np.load = load_weights, save_weights, load_array
