"""Books and swarms for the benchmarks: made here, run as real processes on loopback, ended when done."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ebooklib import epub

ROOT = Path(__file__).resolve().parents[1]
BOOKS = ROOT.parent / "shared" / "books"
UNEQUAL = (1.0, 0.8, 0.5, 0.35, 0.25)  # repeated
SYLLABLES = [consonant + vowel for consonant in "bdklmnrst" for vowel in "aeio"]


def speeds(count: int, *, equal: bool = False) -> list[float]:
    """How fast each of so many workers is."""
    return [1.0] * count if equal else [UNEQUAL[n % len(UNEQUAL)] for n in range(count)]


def make_book(folder: Path, chapters: int = 12, characters: int = 600_000, seed: int = 7) -> Path:
    """An EPUB of made-up words: sentences of 20 to 200 characters, no two alike."""
    path = folder / f"made-{chapters}-{characters}.epub"
    if path.exists():
        return path
    dice = random.Random(seed)
    book = epub.EpubBook()
    book.set_identifier("made")
    book.set_title("A Made Book")
    book.set_language("en")
    book.add_author("Nobody")
    pages = [_page(number, characters // chapters, dice) for number in range(1, chapters + 1)]
    for page in pages:
        book.add_item(page)
    book.toc = pages
    book.spine = ["nav", *pages]
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    epub.write_epub(str(path), book)
    return path


def _page(number: int, characters: int, dice: random.Random) -> epub.EpubHtml:
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < characters:
        paragraphs.append(" ".join(_sentence(dice) for _ in range(dice.randint(2, 9))))
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    page = epub.EpubHtml(title=f"Chapter {number}", file_name=f"c{number}.xhtml")
    page.content = f"<html><body><h1>Chapter {number}</h1>{text}</body></html>"
    return page


def _sentence(dice: random.Random) -> str:
    length = dice.randint(20, 200)
    words: list[str] = []
    while sum(map(len, words)) + len(words) < length:
        words.append("".join(dice.choice(SYLLABLES) for _ in range(dice.randint(1, 4))))
    return " ".join(words).capitalize() + "."


@dataclass
class Swarm:
    """One coordinator and its workers on loopback; everything started here is ended by `close`."""

    book: Path
    cost_per_char: float
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="e2a-swarm-bench-")))
    port: int = 0
    options: Sequence[str] = ()
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = self.port or free_port()

    def coordinate(self, min_workers: int) -> "subprocess.Popen[bytes]":
        """Start the coordinator; it grants nothing before so many workers are there."""
        options = [f"cost_per_char={self.cost_per_char}", "seconds_per_char=0.002"]
        return self.start(
            "coordinate", str(self.book), "--tts-engine", "metronome", "--no-audiobook", "--quiet", "--no-advertise",
            "--port", str(self.port), "--output-dir", str(self.folder), "--min-workers", str(min_workers),
            *[word for option in options for word in ("--engine-option", option)], *self.options,
        )  # fmt: skip

    def work(self, slot_speeds: Sequence[float]) -> "subprocess.Popen[bytes]":
        """Start one worker process, a slot for each speed."""
        return self.start(
            "work", "--cpu", "--slots", str(len(slot_speeds)), "--coordinator", f"127.0.0.1:{self.port}",
            "--exit-when-done", "--quiet", E2A_METRONOME_SPEED=",".join(map(str, slot_speeds)),
        )  # fmt: skip

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[bytes]":
        """Start a command of e2a-swarm."""
        places = {"E2A_SWARM_HOME": str(self.folder / "state"), "E2A_SWARM_BIND": "127.0.0.1"}
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "cli.py"), *words], env={**os.environ, **places, **environment}
        )
        self.processes.append(process)
        return process

    def report(self) -> dict[str, Any]:
        """What the coordinator wrote at its end."""
        (path,) = self.folder.glob("*.report.json")
        report: dict[str, Any] = json.loads(path.read_bytes())
        return report

    def close(self) -> None:
        """End what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_end(process: "subprocess.Popen[bytes]", timeout_s: float) -> float:
    """Wait until a process ended; CPU seconds it used."""
    deadline_s = time.monotonic() + timeout_s
    before = os.times()
    while process.poll() is None:
        if time.monotonic() > deadline_s:
            raise TimeoutError("the run took far too long")
        time.sleep(0.05)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
