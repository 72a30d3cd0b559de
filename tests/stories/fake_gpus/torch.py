"""A fake of torch on a machine with two GPUs: only what the proof of devices needs."""

from types import SimpleNamespace

__version__ = "2.11"
version = SimpleNamespace(cuda="12.8", hip=None)
backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False))


class Tensor(float):
    def __mul__(self, factor: float) -> "Tensor":
        return Tensor(float(self) * factor)

    def sum(self) -> float:
        return float(self)


def ones(count: int, device: str) -> Tensor:
    return Tensor(count)


def _properties(index: int) -> SimpleNamespace:
    return SimpleNamespace(name=f"Fake {index}", total_memory=24 * 10**9, uuid=f"5a0{index}")


cuda = SimpleNamespace(device_count=lambda: 2, get_device_properties=_properties)
