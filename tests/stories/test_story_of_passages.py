"""A French letter and a Russian quotation in an English novel are spoken, each by an engine that can."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from evidence import accepted, assert_complete, assert_spoken_once, clips, only, report_of
from household import Machine, wait_for

FRENCH = "Mon cher ami, je vous écris de Paris, où il pleut depuis trois jours et où nous ne voyons personne."
RUSSIAN = "Я никогда не видел такой зимы, как в этом году, и снег лежал на крышах до самого апреля."
BEFORE = [f"It was the night number {number}, and the lamp was still burning in the hall." for number in range(6)]
BOOK = {
    "One": f"<p>{' '.join(BEFORE)}</p><p>{FRENCH}</p><p>She put it down.</p>",
    "Two": f"<p>She thought of the old general.</p><blockquote><p>{RUSSIAN}</p></blockquote><p>Nobody came.</p>",
}


def rows_of(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rows of the two passages by their texts."""
    return {row["text"]: row for row in report["segments"] if row["text"] in (FRENCH, RUSSIAN)}


@pytest.mark.slow
def test_passages_are_spoken_by_other_engines_and_stay_as_they_are(
    here: Machine, write_book: Callable[..., Path]
) -> None:
    book = write_book(BOOK)
    running = here.start("convert", book)
    wait_for(lambda: len(clips(here.home)) > 2 or running.process.poll() is not None)
    running.kill()
    kept = clips(here.home)
    done = here.run("convert", book)
    assert (done.returncode, done.stderr) == (0, "")
    assert "French (1 sentence), Russian (1 sentence) by espeak" in done.stdout
    before = clips(here.home)
    assert {key: before.get(key) for key in kept} == kept
    assert_spoken_once(here.home)
    audiobook = only(here.desk, "*.m4b")
    report = report_of(audiobook)
    assert_complete(report)
    assert (report["unspoken"], report["missing"], rows_of(report).keys()) == ([], [], {FRENCH, RUSSIAN})
    assert {(row["language"], row["engine"], row["sentences"]) for row in report["guests"]} == {
        ("fr", "espeak", 1),
        ("ru", "espeak", 1),
    }
    assert {row.get("engine", "") for row in report["segments"]} == {"", "espeak"}
    assert {text: row["language"] for text, row in rows_of(report).items()} == {FRENCH: "fr", RUSSIAN: "ru"}
    files = list((here.home / "clips").rglob("*.flac"))
    assert {soundfile.info(str(path)).samplerate for path in files} == {24_000}

    letter = next(record for record in accepted(here.home) if (record.chapter, record.index) == (0, 7))
    path = next(path for path in files if letter.key in path.name)
    sound = path.read_bytes()
    path.unlink()
    again = here.run("convert", book)
    assert (again.returncode, again.stderr) == (0, "")
    assert path.read_bytes() == sound  # spoken anew, byte for byte

    mended = here.run("redo", audiobook, "--text", "il pleut depuis", "--say", "Mon ami, il pleut.")
    assert (mended.returncode, mended.stderr) == (0, "")
    assert len(clips(here.home).keys() - before.keys()) == 1
    assert rows_of(report_of(audiobook))[FRENCH]["audio_s"] < rows_of(report)[FRENCH]["audio_s"] / 2


@pytest.mark.slow
def test_a_worker_without_the_other_engine_speaks_the_rest(
    lan: Callable[[str], Machine], write_book: Callable[..., Path]
) -> None:
    laptop, lacks, has = lan("laptop"), lan("lacks"), lan("has")
    coordinator = laptop.start("coordinate", write_book(BOOK), "--min-workers", "2")
    where = ("--cpu", "--slots", "1", "--coordinator", f"127.0.0.1:{coordinator.port}", "--exit-when-done")
    workers = [
        each.start("work", *where, "--name", each.name, "--engines", engines)
        for each, engines in ((lacks, "hibari"), (has, "hibari,espeak"))
    ]
    coordinator.ends()
    for worker in workers:
        worker.ends()
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    names = {row["id"]: row["name"] for row in report["workers"]}
    assert {names[row["worker"]] for row in rows_of(report).values()} == {"has"}
    assert {names[row["worker"]] for row in report["segments"]} == {"lacks", "has"}
