"""Records a run: a queue, three machines, two books, and one sentence that is corrected after they are finished.

    python benchmarks/recorded_run.py
    python benchmarks/recorded_run.py ../shared/books/alice-illustrated.epub ../shared/books/jekyll-and-hyde.epub

It prints what a user types and what the queue then tells by its stream of events, with the seconds since the start. All
processes are real, with state folders of their own as if on several machines; they share this machine's processors.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from making import BOOKS
from page import interface
from process import CLI, head, row
from running import Swarm, wait_for

MACHINES = ("attic", "desktop", "laptop")
PATIENCE_S = 1800.0
SAY = "This sentence was corrected while everybody listened."


class Record:
    """Prints lines with the seconds since the start."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def line(self, text: str) -> None:
        """Print what happened."""
        print(f"{time.monotonic() - self._began_s:7.1f}  {text}", flush=True)


class Follower:
    """Follows the stream of events, and records which books and machines changed."""

    def __init__(self, api: httpx.Client, record: Record) -> None:
        self._api, self._record = api, record
        self._seen: dict[str, str] = {}
        Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        with suppress(httpx.HTTPError), self._api.stream("GET", "/api/v1/events", timeout=None) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    self._take(json.loads(line[6:]))

    def _take(self, told: dict[str, Any]) -> None:
        status = told["status"]
        here = f"{status['machines_speaking']} of {status['machines']} machines speak"
        self._note("machines", here, f"{here}, together {round(status['realtime'])} x real time")
        for book in told["books"]:
            quarter = book["percent"] // 25 * 25
            about = f"{book['title']}: {book['state']}" + (f", {quarter} %" if 0 < quarter < 100 else "")
            self._note(str(book["book"]), about, about)

    def _note(self, key: str, text: str, shown: str) -> None:
        if self._seen.get(key) != text:
            self._seen[key] = text
            self._record.line(shown)


@contextmanager
def queue(record: Record) -> Iterator[httpx.Client]:
    """Start a queue and the machines; yield a client of the queue."""
    with Swarm(Path(), 0.001) as swarm:
        home = swarm.folder / "state"
        record.line("$ e2a-swarm serve")
        words = ("serve", "--quiet", "--no-advertise", "--port", str(swarm.port), "--output-dir", str(swarm.folder))
        process = swarm.start([*CLI, *words], home)
        api = interface(home, process.pid)
        for name in MACHINES:
            record.line(f"{name}$ e2a-swarm work --cpu --slots 1")
            work = ("work", "--cpu", "--slots", "1", "--quiet", "--name", name, "--coordinator", swarm.address)
            swarm.start([*CLI, *work], swarm.folder / name)
        wait_for(lambda: api.get("/api/v1/status").json()["machines"] == len(MACHINES), PATIENCE_S, "the machines")
        yield api


def add(api: httpx.Client, record: Record, book: Path, chapters: str) -> None:
    """Add a book with curl, as a user does."""
    address = f"/api/v1/books?name={book.name}&option=--chapters={chapters}"
    record.line(f'$ curl -H "Authorization: Bearer $TOKEN" --data-binary @{book.name} "http://127.0.0.1:5848{address}"')
    header = f"Authorization: {api.headers['Authorization']}"
    command = ["curl", "-sS", "-H", header, "--data-binary", f"@{book}", str(api.base_url).rstrip("/") + address]
    added = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    record.line(f"{added['title']} is number {added['book']} of the queue")


def first_stretch(api: httpx.Client) -> dict[str, Any]:
    """Return the first stretch of the first book that is about a minute of sound."""
    answer = api.get("/api/v1/books/1/chapters/1")
    stretches = answer.json()["stretches"] if answer.status_code == 200 else [{}]
    found: dict[str, Any] = stretches[0]
    return found


def listen(api: httpx.Client, record: Record) -> None:
    """Hear the beginning of the first book while it is spoken."""
    wait_for(lambda: first_stretch(api).get("sound"), PATIENCE_S, "the first minute")
    sound = api.get("/api/v1/books/1/chapters/1/1.wav").content
    book = api.get("/api/v1/books/1").json()
    record.line(f"{book['title']} is {book['state']} ({book['percent']} %), and its first {len(sound) // 48000} s play")


def correct(api: httpx.Client, record: Record) -> None:
    """Correct a sentence of the finished first book, and show that only that one was spoken."""
    before, clips = first_stretch(api), _clips(api)
    sentence = before["sentences"][1]["sentence"]
    asked = {"chapter": 1, "sentence": sentence, "say": SAY}
    record.line(f"$ curl -d '{json.dumps(asked)}' http://127.0.0.1:5848/api/v1/books/1/redo")
    record.line(api.post("/api/v1/books/1/redo", json=asked).raise_for_status().json()["note"])
    wait_for(lambda: _states(api)[0] == "finished", PATIENCE_S, "the corrected book")
    after = first_stretch(api)
    spoken = f"{_clips(api) - clips} clip was spoken for it"
    record.line(f"{spoken}; the sound of the first minute is {_news(before, after)}")


def _news(before: dict[str, Any], after: dict[str, Any]) -> str:
    return "another one" if before["sound"] != after["sound"] else "the same"


def _clips(api: httpx.Client) -> int:
    lines = api.get("/metrics").text.splitlines()
    return round(float(next(line for line in lines if line.startswith("e2a_swarm_clips_total ")).split()[1]))


def _states(api: httpx.Client) -> list[str]:
    return [book["state"] for book in api.get("/api/v1/books").json()]


def main() -> None:
    """Run, and print the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = [BOOKS / "alice-illustrated.epub", BOOKS / "jekyll-and-hyde.epub"]
    parser.add_argument("books", nargs="*", type=Path, default=usual)
    parser.add_argument("--chapters", default="1", help="of each book")
    arguments = parser.parse_args()
    record = Record()
    with queue(record) as api:
        Follower(api, record)
        for book in arguments.books:
            add(api, record, book, arguments.chapters)
        listen(api, record)
        wait_for(lambda: set(_states(api)) == {"finished"}, PATIENCE_S, "the books")
        for book in api.get("/api/v1/books").json():
            files = ", ".join(Path(file).name for file in book["files"])
            record.line(f"{book['title']}: {files}")
        correct(api, record)
        head("machine", "state", "failures")
        for machine in api.get("/api/v1/machines").json():
            row(machine["name"], machine["state"], machine["failures"])


if __name__ == "__main__":
    main()
