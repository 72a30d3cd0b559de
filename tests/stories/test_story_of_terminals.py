"""All places to run a command: a pipe whose reader left, an odd locale, a narrow terminal, no terminal at all."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, listen, only, report_of
from household import FAST, SLOW, Machine, command

from swarm.errors import EXIT_ENVIRONMENT

posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and terminals as on Unix")


@posix
def test_a_reader_that_leaves_stops_nothing(here: Machine, small_book: Path) -> None:
    writing = subprocess.Popen(
        command("convert", small_book, *SLOW),
        env=here.environment(),
        cwd=here.desk,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert writing.stdout and writing.stderr
    writing.stdout.readline()
    writing.stdout.close()
    assert writing.stderr.read() == ""
    assert writing.wait(300) == 0
    assert_complete(report_of(only(here.desk, "*.m4b")))


@pytest.mark.slow
def test_a_locale_without_unicode(here: Machine, write_book: Callable[..., Path]) -> None:
    book = write_book({"Über Café 章": "Größe is a word. So is naïve — “indeed”."}, title="Über 本")
    env = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for words in (["inspect", book], ["convert", book, *FAST], ["jobs"]):
        done = here.run(*words, **env)
        assert (done.returncode, done.stderr) == (0, ""), words
    path = only(here.desk, "*.m4b")
    assert path.name == "ber - Ada Example.m4b"
    assert listen(path).chapters[0][0] == "Über Café 章"
    assert_complete(report_of(path))


def test_json_lines_are_json_and_nothing_else(here: Machine, small_book: Path) -> None:
    done = here.run("convert", small_book, *FAST, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["type"] for line in lines} == {"StatusReply", "note"}
    assert any(str(here.desk) in line["text"] for line in lines if line["type"] == "note")


def in_a_terminal(here: Machine, columns: int, *words: object) -> tuple[int, str]:
    """Run a command on a mock terminal; return its exit code and all that it drew."""
    import fcntl  # Windows has none of them
    import pty
    import termios

    keyboard, screen = pty.openpty()
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        command(*words),
        env=here.environment(TERM="xterm"),
        cwd=here.desk,
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
    )
    os.close(screen)
    drawn = b""
    while True:
        try:
            piece = os.read(keyboard, 4096)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not piece:
            break
        drawn += piece
    os.close(keyboard)
    return process.wait(300), drawn.decode(errors="replace")


@pytest.mark.slow
@posix
def test_a_book_in_a_narrow_terminal(here: Machine, small_book: Path) -> None:
    code, drawn = in_a_terminal(here, 40, "convert", small_book, *SLOW)
    assert code == 0, drawn
    assert "Traceback" not in drawn
    assert "\x1b[" in drawn  # it draws
    path = only(here.desk, "*.m4b")
    assert path.name in drawn.replace("\r\n", "").replace("\n", "")
    assert "\x1b[?25h" in drawn or "\x1b[?25l" not in drawn  # the cursor is back


@posix
def test_a_command_in_a_narrow_terminal(here: Machine) -> None:
    code, drawn = in_a_terminal(here, 40, "doctor")
    assert code in (0, EXIT_ENVIRONMENT)  # `doctor` where something is amiss
    assert "Traceback" not in drawn
    assert drawn.strip()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
def test_output_that_goes_to_a_full_disk_is_said_and_is_no_surprise(here: Machine) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("voices"), env=here.environment(), cwd=here.desk, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == EXIT_ENVIRONMENT
    assert done.stderr.startswith("e2a-swarm: the output cannot be written: No space left on device")
    assert done.stderr.count("\n") == 1
