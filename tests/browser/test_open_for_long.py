"""A page that stays open for long, as on a tablet in the kitchen: it follows thousands of events and does not grow."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import pytest
from msgspec import structs
from patience import wait_for
from shown import Served, served
from site_bench import SiteBench

from swarm.lease.message import SlotStatus, StatusReply, WorkerStatus
from swarm.server.api import app
from swarm.server.api import live_views as live

if TYPE_CHECKING:
    from playwright.sync_api import Page

EVENTS = 200
MACHINES = 12
TAKEN = "window.taken ?? 0"
COUNT = "addEventListener('pieces', () => { window.taken = (window.taken ?? 0) + 1; })"


class Size(NamedTuple):
    """What a page has in memory."""

    heap: int  # bytes
    nodes: int
    listeners: int


@pytest.fixture
def calm() -> Event:
    """Return what stops the news of the site while it is set."""
    return Event()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calm: Event) -> Iterator[Served]:
    monkeypatch.setattr(live, "TURN_S", 0.005)
    monkeypatch.setattr(live, "REST", 0.0)
    monkeypatch.setattr(app, "GLANCE_S", 0.0)
    bench, numbers, last = SiteBench(tmp_path), count(), [0]

    def work(reply: StatusReply) -> StatusReply:
        """Have machines that come and go, and each look find other sentences."""
        number = last[0] = last[0] if calm.is_set() else next(numbers)
        slots = (SlotStatus(0, "speaking", realtime=3.0, note=f"sentence {number}"),)
        here = (f"machine-{(number // 10 + place) % (2 * MACHINES)}" for place in range(MACHINES))
        workers = (WorkerStatus(name, name, "cpu", slots, 0.5, 0, segments=number) for name in here)
        return structs.replace(reply, workers=tuple(workers))

    bench.changes.append(work)
    with served(bench) as made:
        yield made


def measure(page: "Page") -> Size:
    """Measure what a page still has after its garbage is collected."""
    tools = page.context.new_cdp_session(page)
    tools.send("HeapProfiler.collectGarbage")
    dom = tools.send("Memory.getDOMCounters")
    used = tools.send("Runtime.getHeapUsage")["usedSize"]
    tools.detach()
    return Size(int(used), dom["nodes"], dom["jsEventListeners"])


def follow(page: "Page", events: int, calm: Event) -> Size:
    """Wait until a page took in so many events, stop them, and return the size of the page without its garbage."""
    wait_for(lambda: page.evaluate(TAKEN) >= events, f"{events} events")
    calm.set()
    taken = -1
    while taken != (taken := page.evaluate(TAKEN)):
        page.wait_for_timeout(500)
    sizes = [measure(page) for _ in range(6)]
    calm.clear()
    return Size(*map(min, zip(*sizes, strict=True)))


@pytest.mark.slow
def test_a_page_that_takes_in_many_events_does_not_grow(site: Served, page: "Page", calm: Event) -> None:
    page.goto(site.url("/machines"))
    page.evaluate(COUNT)
    before = follow(page, EVENTS // 3, calm)
    after = follow(page, EVENTS, calm)
    assert after.heap < before.heap + 300_000, (before, after)  # the events themselves were some 4 MB
    assert after.nodes < 1.3 * before.nodes, (before, after)
    assert after.listeners <= before.listeners + 5, (before, after)
