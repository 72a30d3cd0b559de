"""The names of audiobooks: no file of another book, another voice or the user is overwritten."""

import os
from collections.abc import Callable
from pathlib import Path

from evidence import accepted, report_of
from household import FAST, Machine, wait_for
from library import AUTHOR, CHAPTERS, SENTENCES, TITLE
from read_along_rules import check_rules

from swarm.audiobook.sound.container import embedded_chapters
from swarm.system.disk import part_of

NAME = f"{TITLE} - {AUTHOR}"


def test_title_author_and_narrator_are_spoken_at_both_ends_on_wish(here: Machine, small_book: Path) -> None:
    named = ("--credits", "--narrator", "Clara Clear", "--subtitles", "srt", "--read-along")
    done = here.run("convert", small_book, *FAST, *named)
    assert (done.returncode, done.stderr) == (0, "")
    path = here.desk / f"{NAME}.m4b"
    report = report_of(path)
    said = [row["text"] for row in report["segments"]]
    assert said[:3] == [TITLE, f"By {AUTHOR}.", "Read by Clara Clear."]
    assert said[-4:] == ["The End", f"{TITLE}.", f"By {AUTHOR}.", "Read by Clara Clear."]
    assert len(said) == SENTENCES + 7
    assert [title for title, _ in embedded_chapters(path)] == [TITLE, *CHAPTERS, "The End"]
    assert "Read by Clara Clear." in path.with_suffix(".srt").read_text()
    made = check_rules(here.desk / f"{NAME}.read-along.epub")
    assert sum(map(len, made.overlays().values())) == SENTENCES
    assert "read-along.epub:" not in done.stdout  # the opening and the closing stand on no page, as they should
    assert f"{path.name} is finished already" in here.run("convert", small_book, *FAST, *named).stdout


def test_a_shelf_that_was_finished_before_is_one_line_and_needs_nobody(
    here: Machine, write_book: Callable[..., Path]
) -> None:
    shelf = here.desk / "shelf"
    shelf.mkdir()
    for number in range(6):
        write_book({"One": f"This is book {number}."}, f"Book {number}").rename(shelf / f"{number}.epub")
    assert here.run("convert", "shelf", *FAST).returncode == 0
    again = here.run("coordinate", "shelf", *FAST)
    assert (again.returncode, again.stdout, again.stderr) == (0, "6 audiobooks are finished already\n", "")
    assert not (here.home / "swarm.key").exists()


def test_what_a_killed_run_left_hidden_goes_at_the_next_start(here: Machine, small_book: Path) -> None:
    running = here.start("convert", small_book, "--tts-engine", "metronome", "--engine-option", "cost_per_char=0.05")
    wait_for(lambda: accepted(here.home))
    running.kill()
    left = [part_of(path) for path in (here.home / "machine.key", here.desk / f"{NAME}.report.json")]
    torn = [path.with_name(path.name.replace(f".{os.getpid()}.", ".999999.")) for path in left]
    for path in torn:
        path.touch()
    assert here.run("convert", small_book, *FAST, "--output-format", "mp3").returncode == 0
    assert not [path for path in torn if path.exists()]
    assert sorted(path.name for path in here.desk.iterdir()) == [f"{NAME}.mp3", f"{NAME}.report.json"]
