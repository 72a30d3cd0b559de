from pathlib import Path

import pytest

from swarm.voice.coqui.card import is_installed

BOOKS = Path(__file__).resolve().parents[1].parent / "shared" / "books"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests of Coqui's models without Coqui, and those of GPUs without a GPU, and say so."""
    lacking = {} if is_installed() else {"coqui": "Coqui is not installed: pip install '.[coqui]'"}
    if any(item.get_closest_marker("gpu") for item in items) and not has_gpu():
        lacking["gpu"] = "there is no GPU that torch can use"
    for item in items:
        for mark, reason in lacking.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


def has_gpu() -> bool:
    """Tell whether torch is installed and sees a GPU."""
    if not is_installed():
        return False
    import torch

    return torch.cuda.is_available()


@pytest.fixture(scope="session")
def books() -> Path:
    """Return the folder of real books beside the checkout; skip tests that need it if it is absent."""
    if not BOOKS.is_dir():
        pytest.skip("the real books are not beside this checkout (../shared/books)")
    return BOOKS
