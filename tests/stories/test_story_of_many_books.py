"""A shelf of books at once: they share the coordinator's processes and its open files."""

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from household import FAST, Machine, descendants
from ready import runs

from swarm.audiobook.sound.studio import MAX_BINDERS
from swarm.job.store.store import MAX_OPEN_JOURNALS
from swarm.system.capacity import default_cpu_slots

BOOKS = 20
ENCODER, BINDER = "swarm.audiobook.sound.encoder", "swarm.audiobook.sound.book_binder"


def modules(pid: int) -> Counter[str]:
    """Count the child processes of a process by their module."""
    below = descendants(pid)
    return Counter({module: sum(runs(child, module) for child in below) for module in (ENCODER, BINDER)})


def open_journals(pid: int) -> int:
    with suppress(OSError):
        return sum("journal.sqlite" in str(file.resolve()) for file in Path(f"/proc/{pid}/fd").iterdir())
    return 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_shelf_of_books_needs_no_more_processes_and_files_than_a_few_of_them(
    lan: Callable[[str], Machine], write_book: Callable[..., Path]
) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    shelf = laptop.desk / "shelf"
    shelf.mkdir()
    for number in range(BOOKS):
        text = f"This is book {number} of many. It is short, and soon over. Another one follows."
        write_book({"One": text, "Two": text}, f"Book {number}").rename(shelf / f"{number}.epub")
    coordinator = laptop.start("coordinate", shelf, *FAST)
    worker = desktop.start("work", "--cpu", "--coordinator", f"127.0.0.1:{coordinator.port}", "--exit-when-done")
    most, journals = Counter[str](), 0
    while coordinator.process.poll() is None:
        most |= modules(coordinator.pid)
        journals = max(journals, open_journals(coordinator.pid))
    coordinator.ends()
    worker.ends()
    assert len(list(laptop.desk.glob("*.m4b"))) == BOOKS
    assert 0 < most[ENCODER] <= default_cpu_slots()
    assert 0 < most[BINDER] <= MAX_BINDERS < BOOKS
    assert 0 < journals <= 3 * (MAX_OPEN_JOURNALS + 1) < 3 * BOOKS + 3
