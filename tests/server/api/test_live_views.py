"""What is sent to pages that are open."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from swarm.server.api import live_views as room
from swarm.server.api.live_views import LiveView, LiveViews


def read(event: bytes) -> tuple[list[str] | None, dict[str, str]]:
    kind, _, data = event.partition(b"\n")
    assert kind == b"event: pieces" and event.endswith(b"\n\n")
    told = json.loads(data.removeprefix(b"data: "))
    return told["order"], told["pieces"]


def test_only_what_changed_after_a_version_is_told() -> None:
    pieces = {"a": "1", "b": "1"}
    view = LiveView(lambda: dict(pieces))
    view.render()
    assert read(view.news(0)) == (["a", "b"], {"a": "1", "b": "1"})
    view.render()
    assert view.version == 1
    pieces["b"] = "2"
    view.render()
    assert read(view.news(1)) == (None, {"b": "2"})
    pieces.clear()
    pieces.update(b="2", a="1")
    view.render()
    assert read(view.news(2)) == (["b", "a"], {})
    del pieces["a"]
    view.render()
    assert read(view.news(1)) == (["b"], {"b": "2"})
    assert read(view.news(1)) == (["b"], {"b": "2"})


def test_no_title_ends_an_event_early() -> None:
    view = LiveView(lambda: {"a": "one\n\nevent: other\r\ndata: 1\n\n"})
    view.render()
    assert read(view.news(0)) == (["a"], {"a": "one\n\nevent: other\r\ndata: 1\n\n"})


async def test_pages_share_the_work_and_none_is_done_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TURN_S", 0.001)
    looks = 0

    def render() -> dict[str, str]:
        nonlocal looks
        looks += 1
        return {"looks": str(looks)}

    live = LiveViews()
    readers: list[AsyncIterator[bytes]] = [live.follow("view", render) for _ in range(20)]
    for reader in readers:
        await anext(reader)
    assert live.readers == 20
    before = looks
    told = await asyncio.gather(*map(anext, readers))
    assert looks - before <= 2, "one for all"
    assert len(set(told)) <= 2
    for reader in readers:
        await reader.aclose()  # type: ignore[attr-defined]
    assert (live.readers, live._views) == (0, {})
    after = looks
    await asyncio.sleep(0.02)
    assert looks == after


async def test_a_stream_without_news_says_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TURN_S", 0.001)
    monkeypatch.setattr(room, "QUIET_S", 0.0)
    reader = LiveViews().follow("view", lambda: {"a": "1"})
    assert read(await anext(reader)) == (["a"], {"a": "1"})
    assert await anext(reader) == b": still here\n\n"
    await reader.aclose()  # type: ignore[attr-defined]
