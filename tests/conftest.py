from pathlib import Path

import pytest

BOOKS = Path(__file__).resolve().parents[1].parent / "shared" / "books"


@pytest.fixture(scope="session")
def books() -> Path:
    """The folder of real books beside the checkout; tests that need it skip where it is absent."""
    if not BOOKS.is_dir():
        pytest.skip("the real books are not beside this checkout (../shared/books)")
    return BOOKS
