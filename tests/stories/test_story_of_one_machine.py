"""`convert`, as a user who has just installed it would try it."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import av
import pytest
from evidence import (
    SEGMENT,
    TOTALS,
    WORKER,
    accepted,
    assert_complete,
    assert_spoken_once,
    clips,
    listen,
    loudness,
    only,
    report_of,
)
from household import FAST, Machine, command
from library import AUTHOR, CHAPTERS, TITLE, YEAR, picture
from PIL import Image

from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE
from swarm.job.store.journal import Journal


def test_a_book_becomes_an_audiobook(here: Machine, small_book: Path) -> None:
    done = here.run("convert", small_book, "--subtitles", "srt")
    assert (done.returncode, done.stderr) == (0, "")

    path = only(here.desk, "*.m4b")
    assert path.name == f"{TITLE} - {AUTHOR}.m4b"
    assert str(path) in done.stdout
    book = listen(path)
    assert [title for title, _ in book.chapters] == list(CHAPTERS)
    assert book.cover == picture()
    assert book.codec == "aac"
    heard_lufs, peak_db = loudness(path)
    assert abs(heard_lufs + 18.0) < 0.5
    assert peak_db <= -2.0
    assert [book.tags[name] for name in ("©nam", "©ART", "©day", "©gen")] == [[TITLE], [AUTHOR], [YEAR], ["Audiobook"]]

    report = report_of(path)
    assert_complete(report)
    assert_spoken_once(here.home)
    text = path.with_suffix(".srt")
    assert report["files"] == [str(path), str(text)]
    said = text.read_text(encoding="utf-8").split()
    assert all(word in said for words in CHAPTERS.values() for word in words.split())
    assert report["recipe"]["engine"] == "hibari"
    assert abs(report["totals"]["duration_s"] - book.duration_s) < 0.1
    assert report["totals"]["audio_s"] < book.duration_s < 2 * report["totals"]["audio_s"]
    # Programs rely on these keys.
    assert {"book", "recipe", "files", "totals", "workers", "segments"} <= report.keys()
    assert report["totals"].keys() >= TOTALS
    assert all(row.keys() >= WORKER for row in report["workers"])
    assert all(row.keys() >= SEGMENT for row in report["segments"])
    assert sum(row["segments"] for row in report["workers"]) == report["totals"]["spoken"]


def test_a_lost_audiobook_and_one_that_is_wanted_otherwise_are_written_without_speaking(
    here: Machine, small_book: Path
) -> None:
    assert here.run("convert", small_book, *FAST).returncode == 0
    path = only(here.desk, "*.m4b")
    sound, spoken, taken, before = path.read_bytes(), clips(here.home), accepted(here.home), listen(path)
    received = report_of(path)["totals"]["clips_received"]
    path.unlink()

    assert here.run("convert", small_book, *FAST).returncode == 0
    assert path.read_bytes() == sound
    report = report_of(path)
    assert_complete(report)
    assert report["totals"]["clips_received"] == received > 0

    there = sorted(here.desk.rglob("*"))
    for wish in ([], ["--output-dir", "new"]):
        done = here.run("redo", small_book, *FAST, "--doubtful", *wish)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{TITLE}: no sentence is doubtful; nothing is spoken again\n"
    assert sorted(here.desk.rglob("*")) == there

    Image.new("RGB", (300, 300), "navy").save(here.desk / "mine.png")
    words = ("--bitrate", "96k", "--channels", "stereo", "--sample-rate", "44100", "--pause", "sentence=1.5")
    words += ("--loudness", "-23", "--title", "Another", "--author", "Somebody", "--narrator", "A Voice")
    words += ("--cover", "mine.png", "--subtitles", "vtt", "--keep-chapters")
    done = here.run("convert", small_book, *FAST, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert (clips(here.home), accepted(here.home)) == (spoken, taken)
    path = here.desk / "Another - Somebody.m4b"
    after = listen(path)
    assert [name for name, _ in after.chapters] == [name for name, _ in before.chapters]
    assert after.duration_s > before.duration_s + 20
    assert [after.tags[name] for name in ("©nam", "©ART", "©wrt")] == [["Another"], ["Somebody"], ["A Voice"]]
    assert after.cover == (here.desk / "mine.png").read_bytes() != before.cover
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.channels, stream.rate) == (2, 44_100)
    whole = said_in(only(here.desk, "*.vtt"))
    assert " ".join(whole) == spoken_text(here)
    assert [line for part in sorted(here.desk.glob("*/*.vtt")) for line in said_in(part)] == whole


def test_another_format_speaks_nothing_and_redo_speaks_only_what_it_is_told(here: Machine, small_book: Path) -> None:
    assert here.run("convert", small_book, *FAST).returncode == 0
    spoken = clips(here.home)
    assert "offered by a worker" not in here.run("voices", "--language", "en", "--all").stdout, "there is no other"

    done = here.run("convert", small_book, *FAST, "--output-format", "mp3", "--split", "chapter", "--report", "html")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(here.desk.glob("*/*.mp3"))) == len(CHAPTERS)
    page = only(here.desk, "*.report.html")
    assert "Nothing is missing" in page.read_text(encoding="utf-8")
    assert f"report as a page: {page}" in done.stdout
    assert re.search(r"of sound written again in .*; nothing had to be spoken", done.stdout)
    assert clips(here.home) == spoken

    chapter = sorted(here.desk.glob("*/*.mp3"))[-1]  # `redo` writes what was written last
    before = chapter.stat().st_mtime_ns
    again = here.run("redo", small_book, *FAST, "--segments", "2:3,3:1-2")
    assert (again.returncode, again.stderr) == (0, "")
    assert len(clips(here.home).keys() - spoken.keys()) == 3
    assert chapter.stat().st_mtime_ns > before
    assert_complete(report_of(only(here.desk, "*.m4b")))

    assert here.run("redo", small_book, *FAST, "--segments", "9:1").returncode == EXIT_USAGE


def said_in(path: Path) -> list[str]:
    """Return the text of a subtitle file, cue by cue."""
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    return [" ".join(block.strip().split("\n")[1:]) for block in blocks if "-->" in block]


def spoken_text(here: Machine) -> str:
    """Return all sentences of the only job, in order."""
    with closing(Journal(only(here.home / "jobs", "*"), read_only=True)) as journal:
        return " ".join(segment.spoken for chapter in journal.spec().chapters for segment in chapter.segments)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="makes a network namespace: Linux and root")
def test_where_a_machine_cannot_reach_itself_it_says_so(here: Machine, small_book: Path) -> None:
    def alone(prepare: str) -> "subprocess.CompletedProcess[str]":
        line = shlex.join(command("convert", small_book, *FAST))
        return subprocess.run(
            ["unshare", "--net", "sh", "-c", f"{prepare}; exec {line}"],
            env=here.environment(),
            cwd=here.desk,
            capture_output=True,
            text=True,
        )

    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        pytest.skip("no network namespace may be made here")
    refused = alone("true")
    assert refused.returncode == EXIT_ENVIRONMENT
    assert "bring its loopback interface up" in refused.stderr
    assert refused.stderr.count("\n") == 1
    if shutil.which("ip"):
        assert alone("ip link set lo up").returncode == 0  # no other network is needed
