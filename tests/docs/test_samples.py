"""The picture and the sound of the README: made by scripts that still work, from what the program does now."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import av
import pytest
from pages import ROOT

PICTURES, SOUNDS = ROOT / "docs" / "pictures", ROOT / "docs" / "sound"
STORY = "It was a cold night, and {} of us sat by the fire. Nobody spoke of the letter. "


def script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words_of(picture: Path) -> str:
    return picture.read_text(encoding="utf-8").replace("&#160;", " ")


def length_s(sound: Path) -> float:
    with av.open(str(sound)) as file:
        return (file.duration or 0) / av.time_base


def test_a_screen_follows_a_live_display() -> None:
    screen = script(PICTURES / "run.py").Screen()
    screen.feed("first\r\n\x1b[1mold\x1b[0m\r\nolder\r\x1b[2K\x1b[1A\x1b[2K")
    assert screen.text == "first\n\n"
    screen.feed("new\r\n\x1b[?25lnewer")
    assert screen.text == "first\nnew\nnewer"


@pytest.mark.bench
@pytest.mark.skipif(sys.platform == "win32", reason="the script watches a pseudo-terminal")
def test_the_picture_is_of_what_a_run_shows_today(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("".join(STORY.format(number) for number in range(2, 120)), encoding="utf-8")
    target = tmp_path / "run.svg"
    command = [sys.executable, PICTURES / "run.py", tmp_path / "book.txt", "--target", target]
    paced = ("--tts-engine", "metronome", "--engine-option", "cost_per_char=0.001")
    subprocess.run([*command, *paced, "--share", "1"], check=True, timeout=400)
    shown = ("desktop joined with 1 slot", "gaming-pc joined with 1 slot", "x real time", "sentences spoken", "1 x CPU")
    for picture in (target, PICTURES / "run.svg"):
        assert [words for words in shown if words not in words_of(picture)] == []


def test_the_sound_is_some_twenty_seconds_of_the_text() -> None:
    assert 15 < length_s(SOUNDS / "heart.mp3") < 30
    assert (SOUNDS / "heart.mp3").stat().st_size < 300_000


@pytest.mark.bench
def test_the_sound_is_what_the_voice_speaks_today(tmp_path: Path) -> None:
    script(SOUNDS / "sample.py").speak(tmp_path / "heart.mp3")
    assert length_s(tmp_path / "heart.mp3") == pytest.approx(length_s(SOUNDS / "heart.mp3"), rel=0.1)
