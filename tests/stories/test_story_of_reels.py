"""Workers encode the reels of what they spoke, and the file is the same as one machine makes."""

from collections.abc import Callable
from pathlib import Path

from evidence import assert_complete, only, report_of
from household import FAST, Machine, Running

CHAPTERS = {
    title: " ".join(f"This is sentence {number} of the {title}." for number in range(60))
    for title in ("morning", "noon", "evening")
}


def join_in(worker: Machine, port: int) -> Running:
    return worker.start(
        "work", "--cpu", "--coordinator", f"127.0.0.1:{port}", "--exit-when-done", "--slots", "1", "--name", worker.name
    )


def test_workers_encode_what_they_spoke_and_the_file_is_that_of_one_machine(
    lan: Callable[[str], Machine], write_book: Callable[..., Path]
) -> None:
    book = write_book(CHAPTERS)
    laptop, desktop, tower, alone = lan("laptop"), lan("desktop"), lan("tower"), lan("alone")
    coordinator = laptop.start("coordinate", book, *FAST, "--min-workers", "2", "--log", laptop.desk / "log")
    workers = [join_in(worker, coordinator.port) for worker in (desktop, tower)]
    coordinator.ends()
    for worker in workers:
        worker.ends()
    made = only(laptop.desk, "*.m4b")
    assert_complete(report_of(made))
    assert alone.run("convert", book, *FAST).returncode == 0
    assert made.read_bytes() == only(alone.desk, "*.m4b").read_bytes()
