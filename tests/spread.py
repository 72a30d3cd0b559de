"""How tests are spread over processes: which of them share one, and in which order they begin."""

import functools
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
# Tests in these folders share what their conftest.py makes or loads.
FOLDERS = ("tests/browser/", "tests/voice/coqui/")
OF_A_FILE = 'scope="module"'  # a fixture that each process which runs a test of the file makes anew
LONG = ("slow", "lan", "chaos")  # marks of tests that take many seconds


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Make a scheduler that sends each test to the next free process, and all tests that share a thing to one."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope_of(nodeid)

    return Scheduler(config, log)


def scope_of(nodeid: str) -> str:
    """Return what one process runs as a whole: a test, or the folder or file of tests that share what takes long."""
    file = nodeid.partition("::")[0]
    folder = next(filter(file.startswith, FOLDERS), "")
    return folder or (file if shares(file) else nodeid)


@functools.cache
def shares(file: str) -> bool:
    """Tell whether the tests of a file share a fixture, such as a container engine with an image built on it."""
    return OF_A_FILE in (ROOT / file).read_text(encoding="utf-8")


def begin_with_long_tests(items: list[pytest.Item]) -> None:
    """Move what takes long to the front, so that no process begins it when the others are about to end."""
    shared, long, stories, short = groups = [], [], [], []
    for item in items:
        groups[rank(item)].append(item)
    items[:] = [*shared, *mixed(long), *stories, *short]


def rank(item: pytest.Item) -> int:
    """Return whether a test shares a process with others (0), takes long (1), is a story (2) or none of these (3)."""
    if scope_of(item.nodeid) != item.nodeid:
        return 0
    if any(map(item.get_closest_marker, LONG)):
        return 1
    return 2 if item.path.parent.name == "stories" else 3


def mixed(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Deal out the tests of all folders evenly: while those of one wait, as in networks, those of another compute."""
    folders: dict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        folders[item.path.parent].append(item)
    places = {item: (number + 0.5) / len(all_of) for all_of in folders.values() for number, item in enumerate(all_of)}
    return sorted(places, key=places.__getitem__)
