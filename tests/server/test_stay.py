"""The start and end of a resident coordinator; the rest is in tests/stories/test_story_of_a_queue.py."""

import inspect
import io
from pathlib import Path

import pytest

from swarm.config import CoordinateConfig, RenderConfig, ServeConfig
from swarm.errors import StoreError
from swarm.server.resident import Resident
from swarm.server.stay import stay
from swarm.watch.progress import QuietProgress
from swarm.watch.service import Service


async def test_a_start_that_fails_leaves_no_loop_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(resident: Resident) -> None:
        raise StoreError("The disk is full.")

    async def beside() -> None:
        raise AssertionError

    def configure(book: Path, words: object) -> RenderConfig:
        return RenderConfig(books=(book,), output_dir=tmp_path / "out", state_dir=tmp_path)

    monkeypatch.setattr(Resident, "reopen", fail)
    loop = beside()
    config = ServeConfig(
        network=CoordinateConfig(render=configure(tmp_path, ()), bind="127.0.0.1", port=0, advertise=False),
        watched=(),
    )
    with pytest.raises(StoreError, match="full"):
        await stay(config, configure, QuietProgress(io.StringIO()), Service(), beside=lambda *room: (loop,))
    assert inspect.getcoroutinestate(loop) == inspect.CORO_CLOSED
