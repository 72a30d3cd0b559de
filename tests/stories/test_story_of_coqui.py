"""A book spoken by Coqui's models, made tiny, on a worker that has them, for a laptop that has no torch."""

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, listen, only, report_of
from household import Machine
from tiny_models import tiny_vits

pytestmark = pytest.mark.coqui

Make = Callable[[str], Machine]


@pytest.fixture
def without_coqui(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine where Coqui is not installed."""
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['TTS'] = None\n")
    return {"PYTHONPATH": str(folder)}


def test_who_has_coqui_speaks_and_who_has_not_is_told_what_brings_it(
    lan: Make, small_book: Path, tmp_path: Path, without_coqui: dict[str, str]
) -> None:
    laptop, old, tower = lan("laptop"), lan("old"), lan("tower")
    tiny_vits(tmp_path / "models" / "tts" / "tts_models--en--ljspeech--vits")
    coordinator = laptop.start("coordinate", small_book, "--tts-engine", "vits", **without_coqui)
    joining = ("work", "--cpu", "--slots", "1", "--coordinator", f"127.0.0.1:{coordinator.port}", "--exit-when-done")
    useless = old.start(*joining, "--name", "old", **without_coqui)
    coordinator.says(r"no worker here can speak English with coqui.*pip install 'e2a-swarm\[coqui\]'")
    worker = tower.start(*joining, "--name", "tower", TTS_HOME=str(tmp_path / "models"))
    coordinator.ends(timeout_s=120)
    for each in (worker, useless):
        each.ends(timeout_s=30)

    path = only(laptop.desk, "*.m4b")
    report = report_of(path)
    assert_complete(report)
    assert {row["name"] for row in report["workers"] if row["segments"]} == {"tower"}
    assert (report["recipe"]["engine"], report["recipe"]["model"]) == ("coqui", "tts_models/en/ljspeech/vits")
    assert listen(path).duration_s > report["totals"]["audio_s"] > 30
