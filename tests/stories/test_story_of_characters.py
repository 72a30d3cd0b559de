"""Characters of a book have voices of their own, on machines that obey them."""

import json
from collections.abc import Callable
from pathlib import Path

from evidence import assert_complete, clips, only, report_of
from household import FAST, Machine

from swarm.errors import EXIT_USAGE

TEXT = {"One": "“Come in,” said Holmes. “It is late.” “So it is,” said Watson. It rained all night."}


def test_dialogue_has_another_voice_and_the_rest_keeps_its_clips(
    here: Machine, write_book: Callable[..., Path]
) -> None:
    book = write_book(TEXT, "Night")
    assert here.run("convert", book, *FAST).returncode == 0
    done = here.run("convert", book, *FAST, "--dialogue-voice", "tock", "--keep-both")
    assert (done.returncode, done.stderr) == (0, "")
    jobs = json.loads(here.run("jobs", "--json").stdout)
    assert len(jobs) == 2
    (report,) = [report_of(path) for path in here.desk.glob("*.m4b") if "(2)" in path.name]
    assert_complete(report)
    texts = [row["text"] for row in report["segments"]]
    assert "“Come in,”" in texts and "said Holmes." in texts
    (kept,) = [row for row in report["segments"] if row["text"] == "It rained all night."]
    assert not kept["worker"]  # the narrator's sentences were not spoken again


def test_a_cast_gives_speakers_their_voices_and_names_what_it_cannot(
    here: Machine, write_book: Callable[..., Path]
) -> None:
    book = write_book(TEXT, "Night")
    cast = here.desk / "cast.txt"
    cast.write_text("Holmes = tock\nLestrade = tock\n")
    done = here.run("convert", book, *FAST, "--cast", cast)
    assert done.returncode == 0
    assert "nobody who speaks in the book is called Lestrade" in done.stdout + done.stderr
    assert "voices of the persons: Holmes tock." in done.stdout + done.stderr
    audiobook = only(here.desk, "*.m4b")
    before = clips(here.home)
    done = here.run("redo", audiobook, "--recast", "tock=TICK")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 sentences of tock: tick speaks them" in done.stdout  # the engine knows this name
    report = report_of(audiobook)
    assert_complete(report)
    assert len(clips(here.home).keys() - before.keys()) == 2  # only what Holmes says is spoken again
    assert all("said" not in row for row in report["segments"])
    cast.write_text("Holmes = nobody\n")
    wrong = here.run("convert", book, *FAST, "--cast", cast)
    assert wrong.returncode == EXIT_USAGE
    assert "has no voice 'nobody'" in wrong.stderr
