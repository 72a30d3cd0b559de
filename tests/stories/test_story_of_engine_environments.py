"""Three workers speak one book, each with its engine in an environment of its own that `engines install` made."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, only, report_of
from example_engine import PACKAGE
from household import Machine

UV = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}  # it lies beside Python, if anywhere
SENTENCE_S = 0.1  # the engine waits so that all workers get a share of the book


@pytest.fixture
def wheel(tmp_path: Path) -> str:
    """Return a wheel of examples/engine, which hums more slowly here."""
    source = tmp_path / "engine"
    shutil.copytree(PACKAGE, source)
    module = source / "hum_tts.py"
    slow = f"import time; time.sleep({SENTENCE_S})\n        if not text.strip():"
    module.write_text(module.read_text().replace("if not text.strip():", slow))
    assert slow in module.read_text()
    words = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path))
    subprocess.run([sys.executable, "-m", "pip", *words, str(source)], check=True)
    return str(only(tmp_path, "*.whl"))


@pytest.mark.slow
def test_three_workers_with_three_engine_environments_speak_a_book(
    lan: Callable[[str], Machine], write_book: Callable[..., Path], wheel: str
) -> None:
    laptop, machines = lan("laptop"), [lan(name) for name in ("attic", "cellar", "shed")]
    for machine, where in zip(machines, ({}, UV, UV), strict=True):  # pip takes ten times as long
        made = machine.run("engines", "install", "hum", "--package", wheel, **where)
        assert made.returncode == 0, made.stderr
        assert "hum is here and has spoken a sentence: " in made.stdout
        assert f" in {machine.home}/engines/hum/" in made.stdout
    sentences = " ".join(f"This is sentence number {number} of the chapter." for number in range(60))
    book = write_book({"One": sentences, "Two": sentences.replace("chapter", "second chapter")})
    serving = laptop.start("coordinate", book, "--tts-engine", "hum", "--voice", "high")
    serving.says("There is no engine 'hum'")
    where = ("--coordinator", f"127.0.0.1:{serving.port}")
    working = [machine.start("work", *where, "--exit-when-done", "--slots", "1") for machine in machines]
    serving.ends()
    for worker in working:
        worker.ends()
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert report["recipe"]["engine"] == "hum"
    shares = [row["segments"] for row in report["workers"]]
    assert (len(shares), sum(shares), min(shares) > 5) == (3, 2 * 61, True), shares  # titles are spoken, too
