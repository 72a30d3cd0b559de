"""A book is made again, with a dictionary or a changed text: the new edition takes the place of the last one."""

from pathlib import Path

import pytest
from evidence import clips, only, report_of
from household import FAST, Machine


@pytest.fixture
def lexicon(here: Machine) -> Path:
    path = here.desk.parent / "words.txt"
    path.write_text("lamp = laamp\n")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.is_file())


def test_an_edition_takes_the_place_of_the_last_one_and_keep_both_leaves_it(
    here: Machine, small_book: Path, lexicon: Path
) -> None:
    assert here.run("convert", small_book, *FAST, "--subtitles", "srt", "--report", "html").returncode == 0
    path = only(here.desk, "*.m4b")
    first, before = path.read_bytes(), report_of(path)["book"]["job"]
    done = here.run("convert", small_book, *FAST, "--lexicon", lexicon, "--subtitles", "vtt")
    assert (done.returncode, done.stderr) == (0, "")
    text = only(here.desk, "*.vtt")
    assert names(here.desk) == [path.name, path.with_suffix(".report.json").name, text.name]
    assert ("lamp" in text.read_text(), "laamp" in text.read_text()) == (True, False)
    assert path.read_bytes() != first
    assert report_of(path)["book"]["job"] != before

    spoken = clips(here.home)
    assert here.run("convert", small_book, *FAST).returncode == 0  # the first edition again
    assert report_of(path)["book"]["job"] == before
    assert clips(here.home) == spoken

    assert here.run("convert", small_book, *FAST, "--lexicon", lexicon, "--edition", "keep").returncode == 0
    assert len(list(here.desk.glob("*.m4b"))) == 2
    assert "finished already" in here.run("convert", small_book, *FAST).stdout


@pytest.mark.slow
def test_editions_with_two_voices_lie_beside_each_other_and_each_takes_its_own_place(
    here: Machine, small_book: Path, lexicon: Path
) -> None:
    tick, tock = (*FAST, "--voice", "tick"), (*FAST, "--voice", "tock")
    assert here.run("convert", small_book, *tick).returncode == 0
    path = only(here.desk, "*.m4b")
    first = path.read_bytes()
    done = here.run("convert", small_book, *tock)
    assert "the last one has another voice and stays" in done.stdout
    second = path.with_name(f"{path.stem} (2).m4b")
    assert (path.read_bytes() == first, second.exists()) == (True, True)

    old = second.read_bytes()
    done = here.run("convert", small_book, *tock, "--lexicon", lexicon)  # takes the place of its own voice's
    assert (path.read_bytes() == first, second.read_bytes() == old) == (True, False)
    assert here.run("convert", small_book, *tick, "--lexicon", lexicon).returncode == 0
    assert path.read_bytes() != first
    assert len(list(here.desk.glob("*.m4b"))) == 2

    assert here.run("convert", small_book, *tock, "--edition", "replace").returncode == 0  # makes up its mind later
    assert report_of(path)["recipe"]["voice"] == "tock"


def test_the_old_edition_stays_whole_until_the_new_one_is(here: Machine, small_book: Path, lexicon: Path) -> None:
    split = ("--split", "chapter", "--output-format", "mp3")
    assert here.run("convert", small_book, *FAST, *split).returncode == 0
    held = {path: path.read_bytes() for path in here.desk.rglob("*.*") if path.is_file()}
    hangs = ("--tts-engine", "metronome", "--engine-option", "cost_per_char=0.05")
    running = here.start("convert", small_book, *hangs, *split, "--lexicon", lexicon, "--workers", 2)
    running.says("chapter 1 of 3 is spoken")
    running.kill()
    assert {path: path.read_bytes() for path in held} == held
