"""A listener hears a wrong word in a finished file, and mends it from there."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from evidence import assert_complete, clips, only, report_of
from household import FAST, Machine
from library import CHAPTERS

from swarm.errors import EXIT_USAGE


def sound(path: Path) -> "np.ndarray[Any, Any]":
    """Decode a file to its samples."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])


def row_of(report: dict[str, Any], words: str) -> dict[str, Any]:
    """Return the row of the sentence with these words."""
    found: list[dict[str, Any]] = [row for row in report["segments"] if words in row["text"]]
    assert len(found) == 1
    return found[0]


def test_a_sentence_is_mended_at_its_time_and_every_other_sample_stays(here: Machine, small_book: Path) -> None:
    options = ("--output-format", "flac", "--title", "Mine", "--subtitles", "vtt")
    assert here.run("convert", small_book, *options).returncode == 0
    path = only(here.desk, "*.flac")
    before, spoken, report = sound(path), clips(here.home), report_of(path)
    row = row_of(report, "A dog barked")
    moment = f"0:{(row['at_s'] + row['end_s']) / 2:04.1f}"

    shown = here.run("redo", path, "--at", moment, "--dry-run")
    assert (shown.returncode, shown.stdout.splitlines()[-1]) == (0, f'{row["id"]}, The Lamp: "{row["text"]}"')
    assert clips(here.home) == spoken

    done = here.run("redo", path, "--at", moment)
    assert (done.returncode, done.stderr) == (0, "")
    assert shown.stdout in done.stdout
    after, again = sound(path), report_of(path)
    rate = av.open(str(path)).streams.audio[0].rate
    begin, rest = int(row["at_s"] * rate) - rate // 100, len(before) - int(row["end_s"] * rate) - rate // 100
    assert np.array_equal(before[:begin], after[:begin])
    assert np.array_equal(before[-rest:], after[-rest:])
    assert len(before) != len(after) or not np.array_equal(before, after)
    assert len(clips(here.home).keys() - spoken.keys()) == 1
    assert_complete(again)
    assert (again["book"]["job"], again["options"]) == (report["book"]["job"], report["options"])
    assert sorted(entry.suffix for entry in here.desk.iterdir()) == [".flac", ".json", ".vtt"]


@pytest.mark.slow
def test_another_wording_holds_for_later_runs_and_for_a_changed_book(
    here: Machine, small_book: Path, write_book: Callable[..., Path]
) -> None:
    assert here.run("convert", small_book, *FAST, "--subtitles", "srt").returncode == 0
    path = only(here.desk, "*.m4b")
    length_s = report_of(path)["totals"]["duration_s"]
    done = here.run("redo", path, "--text", "dog barked", "--say", "A hound called out for a very long time, far away.")
    assert (done.returncode, done.stderr) == (0, "")
    assert 'said as "A hound called' in done.stdout
    report = report_of(path)
    assert row_of(report, "A dog barked")["said"].startswith("A hound called")
    assert report["totals"]["duration_s"] > length_s
    assert "A dog barked far away." in path.with_suffix(".srt").read_text(encoding="utf-8")

    shutil.rmtree(next(iter((here.home / "jobs").iterdir())) / "reels")
    path.unlink()
    assert here.run("convert", small_book, *FAST, "--subtitles", "srt").returncode == 0
    assert report_of(path)["totals"]["duration_s"] == report["totals"]["duration_s"]

    changed = write_book({"The Lamp": f"A new first sentence. {CHAPTERS['The Lamp']}"})
    assert here.run("convert", changed, *FAST, "--output-dir", "new").returncode == 0
    row = row_of(json.loads(only(here.desk / "new", "*.report.json").read_bytes()), "A dog barked")
    assert row["said"].startswith("A hound called")

    back = here.run("redo", path, "--text", "dog barked", "--say", "")
    assert (back.returncode, "nothing had to be spoken" in back.stdout) == (0, True)
    assert report_of(path)["totals"]["duration_s"] == length_s


@pytest.mark.slow
def test_no_option_has_to_be_repeated(here: Machine, small_book: Path) -> None:
    made = ("--tts-engine", "espeak", "--output-format", "mp3", "--split", "chapter", "--narrator", "Jo")
    assert here.run("convert", small_book, *made, "--output-dir", "out").returncode == 0
    files = sorted(path.name for path in here.desk.rglob("*.*"))
    first = sorted(here.desk.rglob("*.mp3"))[0]
    before = first.stat().st_mtime_ns
    done = here.run("redo", small_book, "--text", "Nobody asked", "--say", "No one did.")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in here.desk.rglob("*.*")) == files
    assert first.stat().st_mtime_ns > before
    assert len(list((here.home / "jobs").iterdir())) == 1


def test_a_file_that_was_moved_is_mended_where_it_is_and_without_its_job_it_says_what_to_do(
    here: Machine, machine: Callable[[str], Machine], small_book: Path
) -> None:
    assert here.run("convert", small_book, *FAST).returncode == 0
    path, shelf = only(here.desk, "*.m4b"), here.desk / "shelf"
    shelf.mkdir()
    moved = [entry.rename(shelf / entry.name) for entry in (path, path.with_suffix(".report.json"))]
    assert here.run("redo", moved[0], "--segments", "1:2").returncode == 0
    assert not path.exists()

    there = machine("there")
    answer = there.run("redo", moved[0], "--segments", "1:2")
    assert answer.returncode == EXIT_USAGE
    assert "is not in this state folder: run redo where it was made" in answer.stderr
    moved[1].unlink()
    answer = here.run("redo", moved[0], "--segments", "1:2")
    assert (answer.returncode, "has no report beside it" in answer.stderr) == (EXIT_USAGE, True)
