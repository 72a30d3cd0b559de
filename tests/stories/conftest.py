from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import library
import ports
import pytest
from household import Machine, machines


@pytest.fixture
def write_book(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes an EPUB: (chapters, title, language)."""
    return partial(library.write_book, tmp_path)


@pytest.fixture
def small_book(write_book: Callable[..., Path]) -> Path:
    """Write an EPUB of three chapters with ten short sentences each, and a cover."""
    return write_book(library.CHAPTERS)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    """Return a function that makes machines by name; what they start ends with the test."""
    with machines(tmp_path) as make:
        yield make


@pytest.fixture
def here(machine: Callable[[str], Machine]) -> Machine:
    """Return the machine that most stories happen on."""
    return machine("here")


@pytest.fixture
def lan(machine: Callable[[str], Machine]) -> Callable[[str], Machine]:
    """Return a function that makes machines of one swarm: the first makes the key, the others join with its code."""
    code = ""

    def make(name: str) -> Machine:
        nonlocal code
        made = machine(name)
        if code:
            joined = made.run("join", code)
            assert joined.returncode == 0, joined.stderr
        else:
            assert made.run("key", "--make").returncode == 0
            code = made.run("key", "--code").stdout.strip()
        return made

    return make


@pytest.fixture
def free_port() -> int:
    """Return a port that a coordinator can have, twice if need be."""
    return ports.free_port()
