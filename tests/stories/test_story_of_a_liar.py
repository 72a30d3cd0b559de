"""A worker that sends noise is found while the book is spoken: it rests, and no sentence of it stays."""

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, only, records, report_of
from household import Machine, wait_for
from ocarina_package import lay_package

from swarm.job.record import OTHERWISE, ClipDiscarded

CHAPTERS = {
    title: " ".join(f"This is sentence {number} of the {title}." for number in range(70))
    for title in ("morning", "noon", "evening")
}


@pytest.fixture
def fibber(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine on which the fibber engine is installed."""
    here = Path(__file__).parent
    return lay_package(tmp_path / "site", "fibber", "fibber_engine", "", here, here.parent) | {"FIBBER_PACE_S": "0.1"}


@pytest.mark.slow
def test_a_worker_that_lies_is_found_while_the_book_is_spoken(
    lan: Callable[[str], Machine], write_book: Callable[..., Path], fibber: dict[str, str]
) -> None:
    server = lan("server")
    words = ("coordinate", write_book(CHAPTERS), "--tts-engine", "fibber", "--cross-check", "1%")
    coordinator = server.start(*words, **fibber)
    at = ("--coordinator", f"127.0.0.1:{coordinator.port}")

    def join(name: str, **more: str) -> None:
        worker = ("work", *at, "--cpu", "--slots", "1", "--exit-when-done", "--name", name)
        lan(name).start(*worker, **fibber, **more)

    join("guest", FIBBER_LIES="1")
    wait_for(lambda: len(accepted(server.home)) > 2)
    join("attic")
    join("cellar")
    coordinator.says("guest speaks otherwise than two other machines")
    coordinator.says("guest spoke several sentences otherwise than others: it rests for 60 min")
    told = server.run("status", *at, **fibber).stdout
    assert "cross-check of 1 %" in told
    assert "resting: sound" in told
    coordinator.ends()
    report = report_of(only(server.desk, "*.m4b"))
    assert_complete(report)
    liar = next(row["id"] for row in report["workers"] if row["name"] == "guest")
    assert not [row for row in report["segments"] if row["worker"] == liar]
    assert [row["outvoted"] >= 3 for row in report["workers"]].count(True) == 1
    assert report["totals"]["checks"]
    assert {each.why for each in records(server.home) if isinstance(each, ClipDiscarded)} == {OTHERWISE}
