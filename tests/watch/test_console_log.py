import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm.watch.terminal import ConsoleHandler, Priority, priority_of, set_up_logging

logger = logging.getLogger("swarm.watch.test")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("swarm", "asyncio", "")]
    before = [(each, each.handlers[:], each.level) for each in loggers]
    yield
    for each, handlers, level in before:
        each.handlers[:], each.level = handlers, level


def test_warnings_are_always_shown_and_steps_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(verbose=False)
    logger.debug("a step")
    logger.info("another")
    logger.warning("the log cannot be written")
    assert capsys.readouterr().err == "e2a-swarm: the log cannot be written\n"


def test_verbose_shows_steps_with_their_time_and_module(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(verbose=True)
    logger.debug("a step of %d", 3)
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} watch\.test: a step of 3\n", capsys.readouterr().err)


def test_other_packages_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(verbose=True)
    logging.getLogger("zeroconf").debug("chatter")
    assert capsys.readouterr().err == ""


LIBRARY = """
import asyncio, logging
from swarm.watch.terminal import set_up_logging
set_up_logging(verbose=False)
logging.getLogger("zeroconf").warning("\\x1b[2J")
async def main():
    asyncio.get_running_loop().call_exception_handler({"message": "\\x1b[2J"})
asyncio.run(main())
"""


def test_libraries_do_not_print_what_strangers_sent() -> None:
    ran = subprocess.run([sys.executable, "-c", LIBRARY], capture_output=True, text=True, check=True)
    assert ran.stdout + ran.stderr == ""


def test_no_record_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(verbose=False)
    try:
        raise ValueError("\x9b31m\nred")
    except ValueError:
        logger.exception("refused \x1b[2J")
    shown = capsys.readouterr().err
    assert "refused" in shown
    assert "red" in shown
    assert not set(shown) & {"\x1b", "\x9b"}


def test_a_second_set_up_does_not_say_all_twice(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        set_up_logging(verbose=True)
    logger.warning("once")
    assert capsys.readouterr().err.count("once") == 1
    assert sum(isinstance(each, ConsoleHandler) for each in logging.getLogger("swarm").handlers) == 1


def test_a_terminal_that_was_closed_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up_logging(verbose=True)
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    logger.warning("nobody reads this")


def test_the_journal_is_told_the_level_of_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal"
    with path.open("w") as stream:
        about = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{about.st_dev}:{about.st_ino}")
        monkeypatch.setattr(sys, "stderr", stream)
        set_up_logging(verbose=True)
        logger.debug("a step")
        logger.warning("careful")
        try:
            raise ValueError("no")
        except ValueError:
            logger.exception("broken")
    lines = path.read_text().splitlines()
    assert lines[0].startswith("<7>")
    assert lines[1] == "<4>e2a-swarm: careful"
    assert lines[2:4] == ["<3>e2a-swarm: broken", "<3>Traceback (most recent call last):"]
    assert all(line.startswith("<3>") for line in lines[2:])


@pytest.mark.parametrize(
    "level, priority",
    [
        (logging.CRITICAL, Priority.ERROR),
        (logging.ERROR, Priority.ERROR),
        (logging.WARNING, Priority.WARNING),
        (logging.INFO, Priority.INFO),
        (logging.DEBUG, Priority.DEBUG),
        (1, Priority.DEBUG),
    ],
)
def test_levels_of_logging_are_levels_of_the_journal(level: int, priority: Priority) -> None:
    assert priority_of(level) is priority
