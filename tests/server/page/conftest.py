"""What tests of the page share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from site_bench import SiteBench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[SiteBench]:
    """Serve a page for its own machine alone."""
    made = SiteBench(tmp_path)
    await made.serve()
    yield made
    await made.close()
