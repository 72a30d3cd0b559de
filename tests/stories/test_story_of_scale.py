"""`scale` asks for workers while there is something to speak; nobody starts or ends one by hand."""

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from evidence import assert_complete, assert_spoken_once, only, report_of
from household import CLI, QUICK, Machine

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="parsl needs a POSIX shell"),
    pytest.mark.skipif(not find_spec("parsl"), reason="needs parsl"),
]
PROGRAM = f"{sys.executable} {CLI}"


@pytest.mark.slow
def test_pilots_come_for_a_book_and_leave_with_it(lan: Callable[[str], Machine], small_book: Path) -> None:
    laptop = lan("laptop")
    coordinator = laptop.start("coordinate", small_book, *QUICK, "cost_per_char=0.01")
    where = f"127.0.0.1:{coordinator.port}"
    asking = ("scale", "--with", "local", "--most", "2", "--coordinator", where, "--program", PROGRAM)
    dry = laptop.run(*asking, "--dry-run", "--until", "1h")
    assert "asking local for 1 worker (0 at work, 0 expected): its speed tells" in dry.stdout
    scaling = laptop.start(*asking, "--work=--cpu --slots 1")
    coordinator.ends()
    said = scaling.ends()
    assert "asking local for 2 workers (0 at work, 0 expected): as many as --most allows" in said
    assert "2 workers asked for" in said
    book = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(book)
    assert_spoken_once(laptop.home)
    assert all(worker["name"].startswith("local-") for worker in book["workers"])


@pytest.mark.slow
def test_workers_that_fail_are_asked_for_three_times_and_their_words_are_told(
    lan: Callable[[str], Machine], small_book: Path
) -> None:
    laptop = lan("laptop")
    coordinator = laptop.start("coordinate", small_book, *QUICK, "cost_per_char=0.01")
    where = f"127.0.0.1:{coordinator.port}"
    said = laptop.run("scale", "--with", "local", "--most", "3", "--coordinator", where, "--program", "no-such-program")
    assert said.returncode == 69
    assert "3 workers of local ended without having reached the coordinator (failed" in said.stderr
    assert "no-such-program: not found" in said.stderr.replace("command not found", "not found")
