"""A book spoken by Coqui's models, made tiny, on a worker that has them, for a laptop that has no torch."""

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, listen, only, records, report_of
from household import Machine, Running
from tiny_models import SPEAKERS, recording, tiny_vits, tiny_xtts

from swarm.lease.record import LatentsKept

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


def join_in(worker: Machine, coordinator: Running) -> Running:
    where = f"127.0.0.1:{coordinator.port}"
    return worker.start("work", "--cpu", "--slots", "1", "--coordinator", where, "--exit-when-done")


def test_a_custom_model_is_brought_by_a_laptop_without_coqui_and_spoken_by_two(
    lan: Make, small_book: Path, tmp_path: Path, without_coqui: dict[str, str]
) -> None:
    laptop, desktop, tower = lan("laptop"), lan("desktop"), lan("tower")
    model = tiny_vits(tmp_path / "mine", SPEAKERS, ("en", "fr-fr"))
    words = ("--tts-engine", "vits", "--custom-model", model, "--voice", "eve", "--min-workers", "2")
    coordinator = laptop.start("coordinate", small_book, *words, **without_coqui)
    workers = [join_in(machine, coordinator) for machine in (desktop, tower)]
    coordinator.ends(timeout_s=120)
    for worker in workers:
        worker.ends(timeout_s=30)
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert report["recipe"]["voice"] == "eve"
    assert report["totals"]["audio_s"] > 30


@pytest.mark.slow
def test_a_recordings_voice_is_listened_to_once_and_spoken_by_two(
    lan: Make, write_book: Callable[..., Path], tmp_path: Path, without_coqui: dict[str, str]
) -> None:
    laptop, desktop, tower = lan("laptop"), lan("desktop"), lan("tower")
    model, voice = tiny_xtts(tmp_path / "mine"), recording(tmp_path / "narrator.wav", 5.0)
    book = write_book({"One": "The lamp stood by the door. Nobody asked why it was there. She slept very well. " * 3})
    words = ("--custom-model", model, "--voice", voice, "--min-workers", "2")
    coordinator = laptop.start("coordinate", book, *words, **without_coqui)
    workers = [join_in(machine, coordinator) for machine in (desktop, tower)]
    coordinator.ends(timeout_s=180)
    for worker in workers:
        worker.ends(timeout_s=30)
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert report["recipe"]["voice"].startswith("clone:")
    (kept,) = [record for record in records(laptop.home) if isinstance(record, LatentsKept)]
    assert kept.digest
    for machine in (desktop, tower):
        assert (machine.home / "assets" / kept.digest).stat().st_size == kept.size
