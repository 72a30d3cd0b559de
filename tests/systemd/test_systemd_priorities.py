"""What a real command writes where the journal reads it, and where it does not."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from household import FAST, Machine, command, machines
from library import CHAPTERS, write_book


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    with machines(tmp_path) as make:
        yield make


def journaled(machine: Machine, *words: object, journal: bool = True) -> tuple[int, list[str]]:
    """Run a command whose output goes to a file that is said to be the journal; its exit code and lines."""
    path = machine.desk / "journal.txt"
    with path.open("wb") as file:
        about = os.fstat(file.fileno())
        told = {"JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"} if journal else {}
        done = subprocess.run(
            command(*words), env=machine.environment(**told), cwd=machine.desk, stdout=file, stderr=subprocess.STDOUT
        )
    return done.returncode, path.read_text().splitlines()


def test_errors_notes_and_progress_have_their_levels(machine: Callable[[str], Machine], tmp_path: Path) -> None:
    here = machine("here")
    code, lines = journaled(here, "convert", write_book(tmp_path, CHAPTERS), *FAST)
    assert code == 0
    assert all(re.match(r"<[56]>", line) for line in lines)
    assert any(line.startswith("<6>chapter 3 of 3 is spoken") for line in lines)
    assert any(re.match(r"<5>.*\.m4b$", line) for line in lines)


def test_an_error_is_one_line_of_the_highest_level_used(machine: Callable[[str], Machine]) -> None:
    here = machine("here")
    code, lines = journaled(here, "convert", "no.epub", "--verbose")
    assert code != 0
    assert [line for line in lines if line.startswith("<3>")] == [lines[-1]]
    assert lines[-1].startswith("<3>e2a-swarm: ")
    assert lines[0].startswith("<7>")


@pytest.mark.slow
def test_elsewhere_lines_stay_as_they_are(machine: Callable[[str], Machine], tmp_path: Path) -> None:
    here = machine("here")
    code, lines = journaled(here, "convert", write_book(tmp_path, CHAPTERS), *FAST, journal=False)
    assert code == 0
    assert not any(line.startswith("<") for line in lines)
