"""What tests of the web side share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from web_bench import WebBench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[WebBench]:
    made = WebBench(tmp_path)
    await made.serve()
    yield made
    await made.close()
