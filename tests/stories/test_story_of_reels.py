"""Workers encode the reels of what they spoke, and the file is the same as one machine makes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, only, report_of
from household import SLOW, Machine, Running, wait_for

pytestmark = pytest.mark.slow  # commands of several machines

Make = Callable[[str], Machine]
LONG = (*SLOW, "--engine-option", "seconds_per_char=0.05")  # reels are made while it is spoken: at the end, here
CHAPTERS = {
    title: " ".join(f"This is sentence {number} of the {title}." for number in range(60))
    for title in ("morning", "noon", "evening")
}


def join_in(worker: Machine, port: int, *more: object) -> Running:
    where = f"127.0.0.1:{port}"
    return worker.start(
        "work", "--cpu", "--coordinator", where, "--exit-when-done", "--slots", "1", "--name", worker.name, *more
    )


def test_workers_encode_what_they_spoke_and_the_file_is_that_of_one_machine(
    lan: Make, write_book: Callable[..., Path]
) -> None:
    book = write_book(CHAPTERS)
    laptop, desktop, tower, alone = lan("laptop"), lan("desktop"), lan("tower"), lan("alone")
    log = laptop.desk / "log"
    stereo = (*LONG, "--channels", "stereo")
    coordinator = laptop.start("coordinate", book, *stereo, "--min-workers", "2", "--log", log)
    workers = [join_in(worker, coordinator.port) for worker in (desktop, tower)]
    coordinator.ends()
    for worker in workers:
        worker.ends()
    assert "ReelArrival" in log.read_text()
    made = only(laptop.desk, "*.m4b")
    assert_complete(report_of(made))
    assert alone.run("convert", book, *stereo).returncode == 0
    assert made.read_bytes() == only(alone.desk, "*.m4b").read_bytes()


def test_a_worker_that_is_killed_while_it_encodes_costs_its_reels_alone(
    lan: Make, write_book: Callable[..., Path]
) -> None:
    book = write_book(CHAPTERS)
    laptop, desktop, alone = lan("laptop"), lan("desktop"), lan("alone")
    log = laptop.desk / "log"
    coordinator = laptop.start("coordinate", book, *LONG, "--log", log)
    worker = join_in(desktop, coordinator.port)
    wait_for(lambda: log.exists() and '"type":"Encode"' in log.read_text(), "an order for a reel")
    worker.kill()
    another = join_in(lan("tower"), coordinator.port)
    coordinator.ends()
    another.ends()
    assert alone.run("convert", book, *LONG).returncode == 0
    assert only(laptop.desk, "*.m4b").read_bytes() == only(alone.desk, "*.m4b").read_bytes()
