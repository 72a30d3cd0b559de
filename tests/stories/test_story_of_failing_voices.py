"""Sentences that nothing can speak, and engines that fail, crash or do not open: the book goes on and names them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, clips, listen, only, records, report_of
from household import Machine
from ocarina_package import lay_package

from swarm.errors import EXIT_ENVIRONMENT, EXIT_GAPS
from swarm.job.record import SegmentFailed

STUBBORN = ("--tts-engine", "stubborn")


@pytest.fixture
def stubborn(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine on which the stubborn engine is installed."""
    laid = lay_package(tmp_path / "site", "stubborn", "stubborn_engine", "", Path(__file__).parent)
    return laid | {"STUBBORN_FOLDER": str(tmp_path)}


@pytest.fixture
def troubled_book(write_book: Callable[..., Path]) -> Path:
    return write_book(
        {
            "The Sea": "The sea was calm. Then the Leviathan rose. We looked into the abyss. It was deep.",
            "The Shore": "We came home. A ghost sang. All was well.",
        }
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--voice", "emma"),
            "hibari's voice emma is not on this machine and cannot be downloaded from http://127.0.0.1",
        ),
        (("--voice", "emma", "--offline"), "which downloads none (--offline)"),
        (("--tts-engine", "qwen"), "is not on this machine: e2a-swarm engines install qwen"),
    ],
)
def test_a_voice_that_cannot_be_had_is_one_sentence_before_anything_is_begun(
    here: Machine, small_book: Path, words: tuple[str, ...], said: str
) -> None:
    done = here.run("convert", small_book, *words, HF_ENDPOINT="http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (EXIT_ENVIRONMENT, "")
    [line] = done.stderr.splitlines()
    assert said in line
    assert not list(here.desk.iterdir())
    assert not list((here.home / "jobs").glob("*"))


def test_sentences_that_fail_crash_or_are_silent_everywhere_are_named_and_the_book_finished(
    here: Machine, troubled_book: Path, stubborn: dict[str, str]
) -> None:
    done = here.run("convert", troubled_book, *STUBBORN, **stubborn)
    assert (done.returncode, done.stderr) == (EXIT_GAPS, "")
    assert "Then the Leviathan rose." in done.stdout
    assert "it is too big" in done.stdout
    path = only(here.desk, "*.m4b")
    assert [title for title, _ in listen(path).chapters] == ["The Sea", "The Shore"]
    report = report_of(path)
    assert {row["text"]: row["reason"].partition(":")[0] for row in report["missing"]} == {
        "Then the Leviathan rose.": "error",
        "We looked into the abyss.": "crashed",
        "A ghost sang.": "silent",
    }
    assert "it is too big" in report["missing"][0]["reason"]
    assert report["totals"]["missing"] == 3
    assert len(accepted(here.home)) == report["totals"]["spoken"] == 6

    spoken = clips(here.home)
    mended = here.run("convert", troubled_book, *STUBBORN, **stubborn, STUBBORN_MENDED="1")
    assert (mended.returncode, mended.stderr) == (0, "")
    assert_complete(report_of(path))
    assert_spoken_once(here.home)
    after = clips(here.home)
    assert {key: after[key] for key in spoken} == spoken
    assert len(after) == len(spoken) + 3


def test_on_failure_stop_stops_with_one_line(here: Machine, troubled_book: Path, stubborn: dict[str, str]) -> None:
    done = here.run("convert", troubled_book, *STUBBORN, "--on-failure", "stop", **stubborn)
    assert done.returncode == EXIT_GAPS
    assert done.stderr.startswith("e2a-swarm: Stopped, as --on-failure stop asks")
    assert done.stderr.count("\n") == 1
    assert not list(here.desk.glob("*.m4b"))


def test_an_engine_that_crashes_costs_retries_only(
    here: Machine, write_book: Callable[..., Path], stubborn: dict[str, str]
) -> None:
    book = write_book({"One": "They all stumble. Then they get up.", "Two": "Some stumble again. It ends well."})
    done = here.run("convert", book, *STUBBORN, **stubborn)
    assert (done.returncode, done.stderr) == (0, "")
    report = report_of(only(here.desk, "*.m4b"))
    assert_complete(report)
    assert_spoken_once(here.home)
    attempts = [row["attempts"] for row in report["segments"]]
    assert max(attempts) == 2  # a crash withheld until the engine proved itself may be blamed on the first text alone
    assert report["totals"]["retakes"] == report["totals"]["failures"] == attempts.count(2)
    assert report["totals"]["failures"] in (1, 2)


def test_memory_that_runs_out_and_a_device_that_fails_are_no_fault_of_a_sentence(
    here: Machine, write_book: Callable[..., Path], stubborn: dict[str, str]
) -> None:
    book = write_book({"One": "It was a crowd. Then there was room.", "Two": "Some would faint now. It ends well."})
    done = here.run("convert", book, *STUBBORN, "--workers", "1", **stubborn)
    assert (done.returncode, done.stderr) == (0, "")
    assert_complete(report_of(only(here.desk, "*.m4b")))
    assert not [record for record in records(here.home) if isinstance(record, SegmentFailed)]
    assert (here.home / "log" / "engine-0.log").read_text().count("\nRuntimeError: CUDA out of memory") == 1


def test_an_engine_that_fails_for_every_text_ends_convert_with_what_to_do_and_loses_nothing(
    here: Machine, troubled_book: Path, stubborn: dict[str, str]
) -> None:
    done = here.run("convert", troubled_book, *STUBBORN, "--workers", "1", **stubborn, STUBBORN_BROKEN="1")
    assert done.returncode == EXIT_ENVIRONMENT
    assert "No slot of this machine can speak: " in done.stderr
    assert "the driver was upgraded" in done.stderr
    assert "run the same command again" in done.stderr
    assert "is tried again" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(here.desk.glob("*.m4b"))
    mended = here.run("convert", troubled_book, *STUBBORN, "--workers", "1", **stubborn, STUBBORN_MENDED="1")
    assert (mended.returncode, mended.stderr) == (0, "")
    assert_complete(report_of(only(here.desk, "*.m4b")))
