"""One book is spoken by two machines whose processors compute otherwise, and both have the same voice."""

import platform
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from evidence import accepted, assert_complete, only, report_of
from household import Machine, wait_for
from older_processor import lacking, older

from swarm.audiobook.sound.clip import is_alike

CHAPTERS = {
    title: " ".join(f"This is sentence {number} of the {title}." for number in range(45))
    for title in ("morning", "night")
}


@pytest.fixture
def nehalem(tmp_path: Path) -> dict[str, str]:
    """Return the environment in which ONNX Runtime and NumPy find a processor without AVX."""
    if platform.machine() != "x86_64" or not (shutil.which("gcc") and shutil.which("objdump")):
        pytest.skip("needs gcc and objdump on x86-64")
    folder = tmp_path / "nehalem"
    folder.mkdir()
    return older(folder) | lacking("Nehalem")


@pytest.mark.slow
def test_machines_with_unlike_processors_have_the_same_voice(
    lan: Callable[[str], Machine], write_book: Callable[..., Path], nehalem: dict[str, str]
) -> None:
    book = write_book(CHAPTERS)
    server, alone = lan("server"), lan("alone")
    coordinator = server.start("coordinate", book, "--tts-engine", "hibari")
    work = ("work", "--coordinator", f"127.0.0.1:{coordinator.port}", "--cpu", "--slots", "1", "--exit-when-done")
    attic = lan("attic").start(*work, "--name", "attic", **nehalem)
    wait_for(lambda: len(accepted(server.home)) > 2)
    attic.signal()
    lan("cellar").start(*work, "--name", "cellar")
    coordinator.ends()
    report = report_of(only(server.desk, "*.m4b"))
    assert_complete(report)
    assert alone.run("convert", book, "--tts-engine", "hibari").returncode == 0
    here = {(clip.chapter, clip.index): clip for clip in accepted(alone.home)}
    names = {row["id"]: row["name"] for row in report["workers"]}
    same: dict[str, list[bool]] = {"attic": [], "cellar": []}
    for clip in accepted(server.home):
        twin = here[clip.chapter, clip.index]
        same[names[clip.worker]].append(clip.digest == twin.digest)
        one, other = (
            soundfile.read(only(home / "clips", f"**/{clip.key}.flac"), dtype="int16")[0]
            for home in (server.home, alone.home)
        )
        assert is_alike(one, other, clip.sample_rate)
    assert all(same["cellar"])
    assert same["attic"] and not all(same["attic"])
