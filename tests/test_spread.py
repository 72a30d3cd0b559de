"""Tests that share a thing run in one process, and what takes long begins first: pytest itself, in a small project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from spread import scope_of

FILES = {
    "conftest.py": "from spread import begin_with_long_tests, pytest_xdist_make_scheduler\n"
    "def pytest_collection_modifyitems(items): begin_with_long_tests(items)\n",
    "book/test_book.py": "import pytest\ndef test_short(): pass\n"
    "@pytest.mark.slow\n@pytest.mark.parametrize('n', '1234')\ndef test_works(n): pass\n",
    "lan/test_lan.py": "import pytest\n"
    "@pytest.mark.lan\n@pytest.mark.parametrize('n', '12')\ndef test_waits(n): pass\n",
    "web/test_web.py": "import pathlib, pytest\n"
    '@pytest.fixture(scope="module")\ndef made(): pathlib.Path("made").open("a").write("once ")\n'
    "@pytest.mark.parametrize('n', '1234')\ndef test_shares(n, made): pass\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the folder of a project whose tests are spread as ours are."""
    tests = tmp_path / "tests"
    for name, text in FILES.items():
        (tests / name).parent.mkdir(parents=True, exist_ok=True)
        (tests / name).write_text(text)
    shutil.copy(Path(__file__).with_name("spread.py"), tests)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\n    lan\npythonpath = tests\n")
    return tmp_path


def run(project: Path, *words: str) -> list[str]:
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(line, cwd=project, env={**os.environ, **alone}, capture_output=True, text=True)
    assert done.returncode == 0, done
    return done.stdout.splitlines()


def test_what_is_shared_begins_then_long_tests_of_all_folders_in_turn(project: Path) -> None:
    names = [line.partition("::")[2] for line in run(project, "--collect-only") if "::" in line]
    assert names == [
        *(f"test_shares[{n}]" for n in "1234"),
        *("test_works[1]", "test_waits[1]", "test_works[2]", "test_works[3]", "test_waits[2]", "test_works[4]"),
        "test_short",
    ]


def test_a_fixture_of_a_module_is_made_by_one_process(project: Path) -> None:
    pytest.importorskip("xdist")
    run(project, "-p", "xdist.plugin", "-n", "2", "--dist", "loadscope", "--no-loadscope-reorder")
    assert (project / "made").read_text() == "once "


@pytest.mark.parametrize(
    ("test", "scope"),
    [
        ("tests/test_ports.py::test_a", "tests/test_ports.py::test_a"),
        ("tests/boxes/test_boxes.py::test_a", "tests/boxes/test_boxes.py"),
        ("tests/voice/host/test_installer.py::test_a[1]", "tests/voice/host/test_installer.py"),
        ("tests/voice/coqui/test_fetch.py::test_a", "tests/voice/coqui/"),
    ],
)
def test_engines_images_and_environments_are_made_once(test: str, scope: str) -> None:
    assert scope_of(test) == scope
