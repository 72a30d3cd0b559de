"""A coordinator that has not installed an engine coordinates with a worker that has it, by the card that it sends."""

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, only, report_of
from example_engine import installed
from household import Machine, wait_for

from swarm.errors import EXIT_INTERRUPTED


@pytest.mark.slow
def test_a_laptop_coordinates_an_engine_that_only_a_worker_has(
    lan: Callable[[str], Machine], write_book: Callable[..., Path]
) -> None:
    laptop, attic = lan("laptop"), lan("attic")
    book = write_book({"One": "The first sentence is short. The second one is a little longer."})
    asked = ("--tts-engine", "hum", "--voice", "high", "--engine-option", "semitones=-3")
    serving = laptop.start("coordinate", book, *asked)
    serving.says("There is no engine 'hum'.*hibari.*Waiting for a worker that has it")
    told = laptop.run("status", "--coordinator", f"127.0.0.1:{serving.port}").stdout
    assert "waiting for a worker that has the engine hum" in told
    working = attic.start("work", "--coordinator", f"127.0.0.1:{serving.port}", **installed())
    serving.says("a worker has the engine hum")
    serving.ends()
    assert (laptop.home / "speeds.json").read_text().startswith('{"hum":[')
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert report["recipe"] | {"voice": "high"} == report["recipe"]
    assert report["recipe"]["settings"] == {"speed": 1.0, "semitones": -3}

    # The state folder knows the engine now: the next job is divided and waits for a worker as any other.
    again = laptop.start("coordinate", book, "--tts-engine", "hum", "--voice", "low")
    again.says(r"waiting for workers at")
    assert "no engine" not in again.output
    wait_for(lambda: len(list((laptop.home / "jobs").iterdir())) == 2)
    working.kill()
    again.kill()


def test_a_name_that_nobody_has_can_be_interrupted(lan: Callable[[str], Machine], small_book: Path) -> None:
    here = lan("here")
    waiting = here.start("coordinate", small_book, "--tts-engine", "humm")
    waiting.says("Waiting for a worker that has it")
    waiting.signal()
    waiting.ends(EXIT_INTERRUPTED)
    assert not list(here.home.glob("jobs/*"))
