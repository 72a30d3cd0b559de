"""What installers are told of e2a-swarm: hatch_build.py and pyproject.toml."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("hatchling")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hatch_build import NEWEST, OLDEST, Host, obstacle  # noqa: E402

HERE = Host(python=(3, 12), is_64_bit=True, has_musl=False, macos=0, machine="x86_64")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_a_host_that_has_all_is_let_through() -> None:
    for host in [
        HERE,
        HERE._replace(python=OLDEST),
        HERE._replace(python=NEWEST),
        HERE._replace(macos=14, machine="arm64", python=NEWEST),
        HERE._replace(macos=15, python=(3, 13)),
        HERE._replace(machine="ARM64"),
        Host(),
    ]:
        assert obstacle(host) == ""


def test_what_a_host_lacks_is_told_in_one_sentence() -> None:
    for host, words in [
        (HERE._replace(python=(3, 10)), "needs Python 3.11 to 3.14, and this is Python 3.10: `uv tool install .`"),
        (HERE._replace(python=(3, 15)), "needs Python 3.11 to 3.14, and this is Python 3.15"),
        (HERE._replace(macos=15, python=(3, 14)), "needs Python 3.11 to 3.13 on Intel Macs, and this is Python 3.14"),
        (HERE._replace(macos=13), "needs macOS 14 or later, and this is macOS 13"),
        (HERE._replace(has_musl=True), "needs glibc"),
        (HERE._replace(is_64_bit=False), "needs a 64-bit Python"),
    ]:
        said = obstacle(host)
        assert words in said
        assert said.startswith("e2a-swarm needs "), host
        assert said.endswith("."), host


def test_the_bounds_are_those_that_the_package_declares() -> None:
    assert PROJECT["requires-python"] == f">=3.{OLDEST[1]},<3.{NEWEST[1] + 1}"
    versions = [f"Programming Language :: Python :: 3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    assert [line for line in PROJECT["classifiers"] if "Python :: 3." in line] == versions


def test_an_installer_s_first_question_is_answered_with_the_sentence() -> None:
    hook = "import hatch_build; hatch_build.Check('.', {}).update({})"
    fake = "import sys; sys.version_info = (3, 10, 13, 'final', 0)"
    done = subprocess.run(
        [sys.executable, "-c", f"{fake}; {hook}"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.startswith("e2a-swarm needs Python 3.11 to 3.14, and this is Python 3.10")


def test_the_types_come_with_the_package() -> None:
    assert (ROOT / "swarm" / "py.typed").exists()
    assert "Typing :: Typed" in PROJECT["classifiers"]
