"""A page that is served beside a test which drives a browser, and the judge of what all people can use."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from site_bench import SiteBench

if TYPE_CHECKING:
    from playwright.sync_api import Page

Result = TypeVar("Result")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Served:
    """A bench on an event loop of its own, in another thread."""

    def __init__(self, bench: SiteBench) -> None:
        self.bench = bench
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def do(self, deed: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine of the bench, and return its result."""
        return asyncio.run_coroutine_threadsafe(deed, self._loop).result(120)

    def url(self, path: str = "/") -> str:
        return f"{self.bench.url}{path}"

    def stop(self) -> None:
        self.do(self.bench.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def served(bench: SiteBench) -> Iterator[Served]:
    """Serve a bench while the block runs."""
    made = Served(bench)
    try:
        made.do(bench.serve())
        yield made
    finally:
        made.stop()


class Axe:
    """Judges pages by axe-core."""

    def __init__(self) -> None:
        self._script = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

    def faults(self, page: "Page") -> list[str]:
        """Return what is wrong with a page by WCAG 2.2 AA, a line for each kind."""
        session = page.context.new_cdp_session(page)  # a script tag would be against the policy of the page
        session.send("Runtime.evaluate", {"expression": self._script})
        session.detach()
        found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]
