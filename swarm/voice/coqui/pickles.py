"""Reads what Coqui would unpickle without running code that a pickle may carry, and without writing it anew.

Weights are read as torch's `weights_only`, also where Coqui asks for more (Bark). Some older models come with
statistics of their training sound in a NumPy file of a pickled dict: numbers and words pass, every class but NumPy's
own is refused. Coqui writes XTTS's original weights anew once it has read them; here it does not.
"""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

MAX_BYTES = 16 << 20
_NUMBERS = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # how old pickles write bytes
}


class _NumbersOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _NUMBERS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in it")


def read_statistics(path: Path) -> Any:
    """Return the array in a .npy file, one of objects too. Raises UnpicklingError, ValueError, OSError."""
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path.name} is larger than {MAX_BYTES >> 20} MiB")
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        _, _, kind = header(file)
        if kind.hasobject:
            return _NumbersOnly(file).load()
    return np.load(path, allow_pickle=False)


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
        if kwargs.pop("allow_pickle", False):
            return read_statistics(Path(file))
        return load_array(file, *args, **kwargs)

    def no_writing(*args: Any, **kwargs: Any) -> None: ...

    torch.load, torch.save, np.load = careful_weights, no_writing, careful_array
    try:
        yield
    finally:
        torch.load, torch.save, np.load = load_weights, save_weights, load_array
