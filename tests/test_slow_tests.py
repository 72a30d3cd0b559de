"""The slow tests run where tests or marks are named: pytest itself, with this rule as its only plugin."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from slow_tests import ALL_MINUTES, QUICK_MINUTES

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import pytest
def test_a(): pass
@pytest.mark.slow
def test_b(): pass
"""


@pytest.mark.parametrize(
    ("words", "ran"),
    [((), ["test_a"]), (("tests",), ["test_a", "test_b"]), (("-m", "slow"), ["test_b"])],
)
def test_slow_tests_run_where_tests_or_marks_are_named(tmp_path: Path, words: tuple[str, ...], ran: list[str]) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\nmarkers = slow\n")
    line = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "slow_tests", *words]
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(line, cwd=tmp_path, env={**os.environ, **alone}, capture_output=True, text=True)
    assert [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line] == ran, done


def test_the_pages_say_the_minutes_that_pytest_says() -> None:
    assert f"(about {QUICK_MINUTES} minutes on two cores" in (ROOT / "README.md").read_text(encoding="utf-8")
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"takes about {QUICK_MINUTES} minutes on two cores" in contributing
    assert f"runs everything, in about {ALL_MINUTES} minutes" in contributing
