from pathlib import Path

import pytest

from swarm.voice.coqui_card import is_installed

BOOKS = Path(__file__).resolve().parents[1].parent / "shared" / "books"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of Coqui's models skip where it is not installed, and say so."""
    if not is_installed():
        for item in items:
            if item.get_closest_marker("coqui"):
                item.add_marker(pytest.mark.skip(reason="Coqui is not installed: pip install '.[coqui]'"))


@pytest.fixture(scope="session")
def books() -> Path:
    """The folder of real books beside the checkout; tests that need it skip where it is absent."""
    if not BOOKS.is_dir():
        pytest.skip("the real books are not beside this checkout (../shared/books)")
    return BOOKS
