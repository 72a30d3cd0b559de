"""Draws docs/pictures/run.svg: the terminal of a real `e2a-swarm coordinate` with two workers on this machine.

    python docs/pictures/run.py jekyll-and-hyde.epub --chapters 1-3

The workers are named after machines of a home; both speak on this one, on a core each.
"""

import argparse
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).resolve().parent
COLUMNS, ROWS = 84, 24
WORKERS = ("desktop", "gaming-pc")
SWARM = (sys.executable, str(HERE.parents[1] / "cli.py"))
ESCAPE = re.compile(r"(\x1b\[[0-9;?]*[A-Za-z]|[\r\n])")
SHARE = re.compile(r"(\d+) % *$", re.MULTILINE)


class Screen:
    """The lines of a terminal, as far as rich's live display moves on it: up, line by line, erasing."""

    def __init__(self) -> None:
        self.lines, self.row = [""], 0

    def feed(self, output: str) -> None:
        """Take in what a program wrote."""
        for part in ESCAPE.split(output):
            if part == "\n":
                self.row += 1
                self.lines += [""] * (self.row + 1 - len(self.lines))
            elif part.endswith("A") and part.startswith("\x1b"):
                self.row = max(0, self.row - int(part[2:-1] or 1))
            elif part == "\x1b[2K":
                self.lines[self.row] = ""
            elif part.endswith("m") or not part.startswith(("\x1b", "\r")):
                self.lines[self.row] += part  # colours stay in the line

    @property
    def text(self) -> str:
        """The words on the screen."""
        return "\n".join(Text.from_ansi(line).plain for line in self.lines)


def start(folder: Path, *words: str, output: int | None = None, **env: str) -> subprocess.Popen[bytes]:
    """Start e2a-swarm in a folder of its own, which sees no other swarm."""
    alone = {"E2A_SWARM_HOME": str(folder), "E2A_SWARM_BIND": "127.0.0.1", "TERM": "xterm-256color", **env}
    out = subprocess.DEVNULL if output is None else output
    return subprocess.Popen(
        [*SWARM, *words], stdout=out, stderr=out, stdin=subprocess.DEVNULL, env={**os.environ, **alone}
    )


def watch(book: Path, folder: Path, *options: str) -> Iterator[Screen]:
    """Run a coordinator over a book with two workers; yield its screen each time that it changes."""
    port = str(20000 + secrets.randbelow(20000))
    mine, theirs = os.openpty()
    size = {"COLUMNS": str(COLUMNS), "LINES": str(ROWS), "COLORTERM": "truecolor"}
    words = ("coordinate", str(book), "--output-dir", str(folder / "audiobooks"), "--port", port)
    words += ("--min-workers", str(len(WORKERS)), *options)
    coordinator = start(folder / "here", *words, output=theirs, **size)
    os.close(theirs)
    workers: list[subprocess.Popen[bytes]] = []
    screen = Screen()
    try:
        while output := _read(mine):
            screen.feed(output)
            yield screen
            if not workers and (code := re.search(r"e2a-swarm join (\S+)", screen.text)):
                workers = [_work(folder / name, name, port, code[1]) for name in WORKERS]
        coordinator.wait(60)
    finally:
        for process in (coordinator, *workers):
            process.terminate()
            process.wait(60)
        os.close(mine)


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 1 << 16).decode(errors="replace")
    except OSError:  # Linux's way to say that the program has ended
        return ""


def _work(folder: Path, name: str, port: str, code: str) -> subprocess.Popen[bytes]:
    words = ("--cpu", "--slots", "1", "--name", name, "--coordinator", f"127.0.0.1:{port}", "--exit-when-done")
    return start(folder, "work", *words, E2A_SWARM_KEY=code)


def draw(lines: list[str], target: Path, title: str) -> None:
    """Write lines with their colours as an SVG picture of a terminal."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor")
        for line in lines:
            console.print(Text.from_ansi(line), no_wrap=True, overflow="crop")
    target.write_text(console.export_svg(title=title, unique_id="run"), encoding="utf-8")


def picture(book: Path, target: Path, share: int, *options: str) -> None:
    """Draw the screen when `share` percent of the book are spoken, and below it the closing line."""
    middle: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        screen = Screen()
        for screen in watch(book, Path(folder), *options):
            shares = SHARE.findall(screen.text)
            if not middle and shares and int(shares[0]) >= share and _shows_workers(screen):
                middle = _from_first_worker(screen)
    closing = [line for line in screen.lines if "real time" in line][-1:]
    draw([f"$ e2a-swarm coordinate {book.name}", *middle, "...", *closing], target, "e2a-swarm")


def _shows_workers(screen: Screen) -> bool:
    """Tell whether the table has all workers: the last screens of a run have no table any more."""
    return all(re.search(rf"^{name} +\d+ x ", screen.text, re.MULTILINE) for name in WORKERS)


def _from_first_worker(screen: Screen) -> list[str]:
    """Return the lines from the first worker that joined: those before name this machine's folders and key."""
    first = next((row for row, line in enumerate(screen.lines) if "joined" in line), 0)
    return [line for line in screen.lines[first:] if Text.from_ansi(line).plain.strip()]


def main() -> None:
    """Draw the picture of the README."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("book", type=Path)
    parser.add_argument("--target", type=Path, default=HERE / "run.svg")
    parser.add_argument("--share", type=int, default=40, help="percent of the book at which to draw")
    given, options = parser.parse_known_args()  # further ones are those of coordinate
    picture(given.book, given.target, given.share, *options)


if __name__ == "__main__":
    main()
