"""Measures what open pages cost a queue with many machines, and how quickly a page is painted.

    python benchmarks/page.py
    python benchmarks/page.py --seconds 20 --times 2

64 mock machines send a clip at a fixed pace, while 200 books wait. Spells without pages and spells with 20 open pages,
half of them of books and half of machines, take turns. What is compared is the CPU time of the serving process, which
other work on the computer hardly changes; so it is for calls of the interface for programs. "Efficiency" is the share
of the clips that the machines could send. Answers and first paints are measured while the machines work; the latter in
the distribution's Chromium, if it is here. The first row is a page of one word: so long the browser itself takes.
"""

import argparse
import asyncio
import hashlib
import io
import os
import shutil
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import soundfile
from feeder import SAMPLE_RATE, Feeder
from making import make_book
from process import CLI, beside, cpu_s, head, row
from running import Swarm, wait_for

from swarm.job.clip_info import ClipInfo, SpokenClip
from swarm.lease.message import FromCoordinator, Rejected
from swarm.net.identity.swarm_key import CurveKeys
from swarm.net.transport import DealerSocket

CLIP_S = 4.0
PATHS = ("/live/books", "/live/machines")
# A mock machine that holds more would take lines of books that wait.
LINES_AHEAD = 3
VIEWS = {
    "(one word)": "/healthz",
    "Books": "/",
    "Machines": "/machines",
    "Shelf": "/shelf",
    "Listen": "/listen/1",
    "Book": "/books/1",
}
CALLS = {"one book": "/api/v1/books/1", "all books": "/api/v1/books"}
MANY = 300
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
SETTLE_S = 3.0
ADDRESS_BAR = "WebUIOmniboxPopup,WebUIOmniboxAimPopup"  # renders pages of its own in each window, though none is shown
FLAGS = ("--no-sandbox", f"--disable-features={ADDRESS_BAR}")


@dataclass
class Paced(Feeder):
    """A mock machine that sends a clip each `pace_s`."""

    pace_s: float = 1.0
    next_s: float = 0.0
    rejected: int = 0

    def _may_send(self) -> bool:
        return time.monotonic() >= self.next_s and super()._may_send()

    def _send_one(self, grant: Any, line: Any) -> bool:
        now = time.monotonic()
        self.next_s = max(self.next_s, now - self.pace_s) + self.pace_s
        return super()._send_one(grant, line)

    def _take(self, message: FromCoordinator) -> bool:
        if isinstance(message, Rejected):  # a sentence for which this clip is too long
            self.under_way -= len(self.sample.frame)
            self.rejected += 1
            return False
        return super()._take(message)

    def _wanting(self) -> tuple[int, ...]:
        return () if sum(len(lines) for _, lines in self.leases.values()) >= LINES_AHEAD else (0,)

    async def _beat(self) -> None:
        beats = asyncio.create_task(super()._beat())
        try:
            while True:
                await asyncio.sleep(self.pace_s / 20)
                self._send()
        finally:
            beats.cancel()


def _make_sample() -> SpokenClip:
    """Make a clip of quiet noise that is as long as most sentences of the made book may be."""
    pcm = np.random.default_rng(1).integers(-200, 200, round(CLIP_S * SAMPLE_RATE), dtype=np.int16)
    file = io.BytesIO()
    soundfile.write(file, pcm, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    digest = hashlib.sha256(file.getvalue()).hexdigest()
    info = ClipInfo(samples=len(pcm), sample_rate=SAMPLE_RATE, digest=digest, work_s=CLIP_S)
    return SpokenClip(file.getvalue(), info)


def _work(address: str, keys: CurveKeys, workers: int, pace_s: float) -> None:
    async def work() -> None:
        sample = _make_sample()
        machines = [Paced(f"machine-{n}", sample, DealerSocket(keys), pace_s=pace_s) for n in range(workers)]
        for machine in machines:
            machine.socket.connect([address])
        await asyncio.gather(*(machine.run() for machine in machines))

    asyncio.run(work())


def _look(url: str, pages: int) -> None:
    """Keep pages open, as browsers do."""

    async def look() -> None:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=None, limits=httpx.Limits()) as client:
            await client.get("/", headers={"Accept": "text/html"})  # begins the session

            async def page(path: str) -> None:
                async with client.stream("GET", path) as stream:
                    async for _ in stream.aiter_raw():
                        pass

            await asyncio.gather(*(page(PATHS[number % 2]) for number in range(pages)))

    asyncio.run(look())


class Spell:
    """What the serving process did in a spell: its share of a core, and clips a second."""

    def __init__(self, pid: int, api: httpx.Client, seconds: float) -> None:
        time.sleep(SETTLE_S)
        began_s, cpu, clips = time.monotonic(), cpu_s(pid), _spoken(api)
        time.sleep(seconds)
        passed_s = time.monotonic() - began_s
        self.cpu = (cpu_s(pid) - cpu) / passed_s
        self.clips_s = (_spoken(api) - clips) / passed_s


def _spoken(api: httpx.Client) -> float:
    text = api.get("/metrics").text
    return float(next(line for line in text.splitlines() if '_sentences{state="spoken"}' in line).split()[1])


def serve(swarm: Swarm, books: int, characters: int) -> tuple[int, httpx.Client]:
    """Start a queue with a large book and small ones that wait; return its process and a client with its token."""
    home = swarm.folder / "state"
    words = ("serve", "--tts-engine", "metronome", "--quiet", "--no-advertise", "--port", str(swarm.port))
    process = swarm.start([*CLI, *words, "--output-dir", str(swarm.folder)], home)
    api = interface(home, process.pid)
    for number in range(books):
        size = {"characters": characters} if number == 0 else {"chapters": 1, "characters": 400, "seed": number}
        folder = swarm.folder / f"book {number}"
        folder.mkdir()
        book = make_book(folder, **size)
        api.post(
            "/api/v1/books",
            params={"name": f"{number}.epub", "option": f"--title=Book {number}"},
            content=book.read_bytes(),
        )
    return process.pid, api


def interface(home: Path, pid: int) -> httpx.Client:
    """Return a client of a process that serves a queue, with the token of its state folder."""
    token = home / "web-token"
    wait_for(lambda: token.exists() and token.stat().st_size, 60, "the token")
    api = httpx.Client(headers={"Authorization": f"Bearer {token.read_text().strip()}"}, trust_env=False, timeout=60)
    api.base_url = httpx.URL(_address(api, pid))
    return api


def _address(api: httpx.Client, pid: int) -> str:
    """Return the address at which a process serves programs."""
    found: list[str] = []

    def look() -> bool:
        import psutil

        ports = [each.laddr.port for each in psutil.Process(pid).net_connections("tcp") if each.status == "LISTEN"]
        for port in ports:
            try:
                if api.get(f"http://127.0.0.1:{port}/healthz", timeout=1).text == "ok\n":
                    found.append(f"http://127.0.0.1:{port}")
            except httpx.HTTPError:
                continue
        return bool(found)

    wait_for(look, 60, "the interface for programs")
    return found[0]


def answer_ms(url: str, path: str, times: int) -> tuple[float, int]:
    """Return how long the server takes for a view in the median, and the bytes of it."""
    took = []
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        client.get(path, headers={"Accept": "text/html"})  # begins the session
        for _ in range(times):
            began_s = time.perf_counter()
            answer = client.get(path, headers={"Accept": "text/html"})
            took.append(1000 * (time.perf_counter() - began_s))
    return statistics.median(took), len(answer.content)


def call_us(api: httpx.Client, pid: int, path: str) -> float:
    """Return how long the serving process computes for a call of the interface for programs, in the mean."""
    began_s = cpu_s(pid)
    for _ in range(MANY):
        api.get(path).raise_for_status()
    return 1e6 * (cpu_s(pid) - began_s) / MANY


def paints_ms(url: str, times: int) -> dict[str, list[float]]:
    """Return the first paints of each view in a cold browser, sorted; {} where there is none."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return {}
    from playwright.sync_api import sync_playwright

    found = {}
    usual = {name: value for name, value in os.environ.items() if name != "TMPDIR"}  # a socket wants a short path
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=browser, args=FLAGS, env=usual)
        launched.new_page().goto(url + "/machines")  # the browser itself has started by then
        for name, path in VIEWS.items():
            shown = []
            for _ in range(times):
                context = launched.new_context()
                page = context.new_page()
                page.goto(url + path, wait_until="load")
                wait_for(lambda page=page: page.evaluate(PAINT), 30, "the first paint")
                shown.append(page.evaluate(PAINT))
                context.close()
            found[name] = sorted(shown)
        launched.close()
    return found


def main() -> None:
    """Measure and print three tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--books", type=int, default=200)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--pace", type=float, default=2.0, help="seconds for a clip of each machine")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--times", type=int, default=6, help="spells of each kind")
    parser.add_argument("--paints", type=int, default=5, help="of each view")
    parser.add_argument("--characters", type=int, default=900_000, help="of the first book")
    arguments = parser.parse_args()
    with Swarm(Path(), 0.001) as swarm:
        pid, api = serve(swarm, arguments.books, arguments.characters)
        url = str(api.base_url).rstrip("/")
        calls = {name: call_us(api, pid, path) for name, path in CALLS.items()}  # before machines make work
        spells: dict[str, list[Spell]] = {"no page": [], f"{arguments.pages} pages": []}
        with beside(_work, swarm.address, swarm.keys, arguments.workers, arguments.pace):
            wait_for(lambda: api.get("/api/v1/status").json()["machines"] == arguments.workers, 600, "the machines")
            for _ in range(arguments.times):
                for name in spells:
                    if name == "no page":
                        spells[name].append(Spell(pid, api, arguments.seconds))
                    else:
                        with beside(_look, url, arguments.pages):
                            spells[name].append(Spell(pid, api, arguments.seconds))
            answered = {name: answer_ms(url, path, 3 * arguments.paints) for name, path in VIEWS.items()}
            painted = paints_ms(url, arguments.paints)
    tell_spells(spells, arguments.workers / arguments.pace)
    print()
    head("view", "answered in", "size", "first paint (median)", "least")
    for name, (took_ms, size) in answered.items():
        shown = painted.get(name)
        paint = (f"{statistics.median(shown):.0f} ms", f"{shown[0]:.0f} ms") if shown else ("-", "-")
        row(name, f"{took_ms:.0f} ms", f"{size / 1000:.0f} kB", *paint)
    print()
    head("call", "CPU")
    for name, took_us in calls.items():
        row(name, f"{took_us:.0f} us")


def tell_spells(spells: dict[str, list[Spell]], ideal_clips_s: float) -> None:
    """Print what each kind of spell took, and the mean difference of neighbours with its standard error."""
    if not all(spells.values()):
        return
    head("open", "CPU of one core", "efficiency")
    for name, all_of in spells.items():
        cpu, clips_s = (statistics.mean(getattr(spell, each) for spell in all_of) for each in ("cpu", "clips_s"))
        row(name, f"{100 * cpu:.1f} %", f"{100 * clips_s / ideal_clips_s:.1f} %")
    without, with_pages = spells.values()
    pairs = list(zip(without, with_pages, strict=True))
    cpus = [100 * (more.cpu - less.cpu) for less, more in pairs]
    clips = [100 * (more.clips_s - less.clips_s) / ideal_clips_s for less, more in pairs]
    row("difference", *(f"{statistics.mean(each):.1f} ± {_error(each):.1f} %" for each in (cpus, clips)))


def _error(values: list[float]) -> float:
    return statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")


if __name__ == "__main__":
    main()
