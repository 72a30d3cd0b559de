"""One machine of a mock network: its own state folder, and the real commands."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import epub_maker
from evidence import accepted, assert_complete, assert_spoken_once, only, report_of
from household import Machine, Running
from lan import Lan

LISTENING = re.compile(r"waiting for workers at \S+:(\d+)")
VOICE = ("--tts-engine", "metronome")
WRONG = ("silent for", "no progress", "set aside")  # a coordinator says this of workers that it gave up


class Host(Machine):
    """A machine of a `Lan` that knows no address of any other."""

    def __init__(self, folder: Path, lan: Lan) -> None:
        super().__init__(folder)
        self.lan, self.place = lan, lan.place(self.name)

    def environment(self, **more: str) -> dict[str, str]:
        variables = super().environment(**more)
        del variables["E2A_SWARM_BIND"]  # mDNS speaks over the machine's real device
        return variables

    # --- what users do

    def coordinate(self, book: Path, cost_per_char: float, seconds_per_char: float = 0.01, *more: object) -> Running:
        """Start a coordinator for a book that takes so many seconds a character."""
        options = (f"cost_per_char={cost_per_char}", f"seconds_per_char={seconds_per_char}")
        pairs = [word for option in options for word in ("--engine-option", option)]
        return self.start("coordinate", book, *VOICE, *pairs, *more)

    def work(self, *more: object, slots: int = 1, speed: str = "1") -> Running:
        """Start a worker."""
        return self.start("work", "--cpu", "--slots", slots, "--name", self.name, *more, E2A_METRONOME_SPEED=speed)

    def status(self, *more: object) -> list[dict[str, Any]]:
        """Return what `status` says of all coordinators in reach."""
        answer: list[dict[str, Any]] = json.loads(self.run("status", "--json", *more).stdout or "[]")
        return answer

    # --- what they have then

    @property
    def count(self) -> int:
        """Return the number of places accepted so far, by the journal."""
        return len(accepted(self.home))

    def finished(self, coordinator: Running) -> dict[str, Any]:
        """Wait for the audiobook, check that it is complete and nothing was accepted twice, and return its report."""
        print(coordinator.ends())  # shown where what follows fails
        assert_spoken_once(self.home)
        report = report_of(only(self.desk, "*.m4b"))
        assert_complete(report)
        return report


def assert_undisturbed(coordinator: Running, report: dict[str, Any]) -> None:
    """Check that no worker was dropped and nothing was spoken twice."""
    assert not [word for word in WRONG if word in coordinator.output], coordinator.output
    totals = report["totals"]
    assert (totals["reissued"], totals["retakes"]) == (0, 0), totals
    assert totals["clips_received"] - totals["duplicates"] == totals["segments"] - totals["reused"]


@contextmanager
def swarm_of(folder: Path, *names: str, lan: Lan | None = None) -> Iterator[dict[str, Host]]:
    """Make machines of one network and one swarm: the first makes the key, the others join with its code."""
    with ExitStack() as stack:
        lan = lan or stack.enter_context(Lan(*names))
        hosts = {name: Host(folder / name, lan) for name in names}
        for host in hosts.values():
            stack.callback(partial(Host.close, host))
        first, *others = hosts.values()
        assert first.run("key", "--make").returncode == 0
        code = first.run("key", "--code").stdout.strip()
        for host in others:
            joined = host.run("join", code)
            assert joined.returncode == 0, joined.stderr
        yield hosts


def write_book(folder: Path, title: str = "A Book", chapters: int = 3, characters: int = 6000) -> Path:
    """Write an EPUB of short sentences, no two alike, with so many characters in all."""
    folder = folder / title
    folder.mkdir(parents=True)
    pages = {f"c{n}.xhtml": _page(title, n, characters // chapters) for n in range(1, chapters + 1)}
    metadata = (
        f'<dc:identifier id="uid">test:{title}</dc:identifier><dc:title>{title}</dc:title>'
        "<dc:creator>Ada Example</dc:creator><dc:language>en</dc:language>"
    )
    entries = [(page, f"Chapter {number}") for number, page in enumerate(pages, 1)]
    return epub_maker.make(folder, pages, contents=epub_maker.nav(*entries), metadata=metadata)


def _page(title: str, chapter: int, characters: int) -> str:
    sentences: list[str] = []
    while sum(map(len, sentences)) < characters:
        sentences.append(f"In {title}, chapter {chapter}, this is sentence {len(sentences)} of many. ")
    return epub_maker.page(f"<h1>Chapter {chapter}</h1><p>{''.join(sentences)}</p>")
