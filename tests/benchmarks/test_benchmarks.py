import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
TINY = {
    "assets": ["--megabytes", "5", "--workers", "2", "--times", "1"],
    "crash": ["--workers", "4", "--characters", "15000", "--cost", "0.0004"],
    "encoding": ["--sentences", "3"],
    "coqui_speed": ["--tiny", "--slots", "1", "2", "--sentences", "1"],
    "efficiency": ["--workers", "2", "--book", "made", "--characters", "12000", "--cost", "0.0003"],
    "ending": ["--hours", "0.5"],
    "finish": ["--characters", "6000", "--times", "0"],
    "idle": ["--seconds", "1"],
    "ingest": ["--sizes", "60", "--megabytes", "3", "--workers", "2"],
    "memory": ["--characters", "4000", "--slots", "2", "--kinds", "feeders", "audiobook"],
    "overhead": ["--characters", "8000", "--chapters", "20"],
    "restart": ["--book", "made", "--characters", "80000", "--cost", "0.0006"],
}
SCRIPTS = sorted([*TINY, "all", "reading", "single_machine"])

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="benchmarks read /proc: Linux only")


def run(name: str, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(FOLDER / f"{name}.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **environment})


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_benchmark_says_what_it_measures(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"python benchmarks/{name}.py" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.coqui) if name == "coqui_speed" else name for name in TINY]
)
def test_a_tiny_run_prints_a_whole_table_and_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    done = run(name, *TINY[name], TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    table = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert len(table) >= 3
    assert len({line.count("|") for line in table[:3]}) == 1, table
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_one_machine_is_measured_against_its_own_engine(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("book_making", FOLDER / "making.py")
    assert spec is not None
    assert spec.loader is not None
    making = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(making)
    done = run("single_machine", str(making.make_book(tmp_path, 2, 2000)), "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "`convert` / (1 x engine alone)" in done.stdout


def test_every_benchmark_is_part_of_all() -> None:
    helpers = {"making", "process", "running", "feeder", "all"}
    names = {path.stem for path in FOLDER.glob("*.py")} - helpers
    text = run("all", "--help").stdout
    assert all(name in text for name in names)
