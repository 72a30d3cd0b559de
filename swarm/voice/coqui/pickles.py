"""Keeps Coqui from running code in the files of a model, and from writing to them.

Weights are always read with torch's `weights_only`, even if Coqui asks for more (Bark). Arrays are read by
`statistics`, even if Coqui asks NumPy to unpickle them. Coqui would also rewrite XTTS's original weights after reading
them, which is suppressed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from swarm.voice.coqui.statistics import read_statistics


@contextmanager
def only_read() -> Iterator[None]:
    """Keep torch and NumPy from running code from a file, and from writing files, while Coqui loads a model.

    A file must not be written, since other engines may be reading it, and since its digest names it.
    """
    import safetensors.torch
    import torch

    load_weights, save_weights, load_array = torch.load, torch.save, np.load

    def careful_weights(file: Any, *args: Any, **kwargs: Any) -> Any:
        name = str(getattr(file, "name", file))
        if name.endswith(".safetensors"):  # a format that Coqui cannot read
            return {"model": safetensors.torch.load_file(name)}
        try:
            return load_weights(file, *args, **{**kwargs, "weights_only": True})
        except (LookupError, ValueError, TypeError, AttributeError) as fault:  # raised for bytes that are not a pickle
            raise EOFError(f"{name} holds no weights") from fault

    def careful_array(file: Any, *args: Any, **kwargs: Any) -> Any:
        return read_statistics(Path(file))

    def no_writing(*args: Any, **kwargs: Any) -> None: ...

    torch.load, torch.save, np.load = careful_weights, no_writing, careful_array
    try:
        yield
    finally:
        torch.load, torch.save, np.load = load_weights, save_weights, load_array
