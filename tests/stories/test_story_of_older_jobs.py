"""Jobs that version 0.1 made go on where they stood; `made_by_0_1` is the state folder of a real run of 0.1.

Its book has phonemes, numbers and money. The first job was finished (its first chapter, by espeak), the second
interrupted in the middle (the whole book, by the metronome).
"""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from evidence import assert_complete, clips, only, report_of
from household import Machine
from read_along_rules import check_rules

from swarm.job.record import ClipAccepted
from swarm.job.store.journal import Journal

MADE = Path(__file__).parent / "made_by_0_1"
BOOK = MADE / "book.epub"
FINISHED = ("--chapters", "1", "--tts-engine", "espeak", "--speed", "2")
INTERRUPTED = ("--tts-engine", "metronome", "--engine-option", "cost_per_char=0.02")
INTERRUPTED += ("--engine-option", "seconds_per_char=0.003")


@pytest.fixture
def upgraded(here: Machine) -> Machine:
    """Return a machine with the state folder that 0.1 left."""
    shutil.copytree(MADE / "state", here.home, dirs_exist_ok=True)
    return here


def acceptances(home: Path) -> dict[str, list[ClipAccepted]]:
    found = {}
    for folder in (home / "jobs").iterdir():
        with closing(Journal(folder, read_only=True)) as journal:
            found[folder.name] = [record for record in journal.records() if isinstance(record, ClipAccepted)]
    return found


def test_a_finished_job_is_written_in_other_ways_without_speaking(upgraded: Machine) -> None:
    spoken, taken = clips(upgraded.home), acceptances(upgraded.home)
    done = upgraded.run("convert", BOOK, *FINISHED, "--subtitles", "vtt", "--read-along")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing had to be spoken" in done.stdout
    assert (clips(upgraded.home), acceptances(upgraded.home)) == (spoken, taken)
    report = report_of(only(upgraded.desk, "*.m4b"))
    assert_complete(report)
    assert [row["text"] for row in report["segments"]] == ["One", "In 1921 I had read it.", "He paid £3 10s."]
    subtitles = only(upgraded.desk, "*.vtt").read_text()
    assert "In 1921 I had read it." in subtitles
    assert "He paid £3 10s." in subtitles
    assert "⟦" not in subtitles

    book = check_rules(only(upgraded.desk, "*.read-along.epub"))
    (pars,) = book.overlays().values()
    texts = {element.get("id"): "".join(element.itertext()) for element in book.page(pars[0].document).iter("*")}
    assert [texts[par.name] for par in pars] == ["One", "In 1921 I had read it.", "He paid £3 10s."]


def test_an_interrupted_job_speaks_only_what_is_left(upgraded: Machine) -> None:
    spoken, taken = clips(upgraded.home), acceptances(upgraded.home)
    done = upgraded.run("convert", BOOK, *INTERRUPTED)
    assert (done.returncode, done.stderr) == (0, "")
    now = clips(upgraded.home)
    assert {key: now[key] for key in spoken} == spoken
    report = report_of(only(upgraded.desk, "*.m4b"))
    assert_complete(report)
    for job, before in taken.items():
        after = acceptances(upgraded.home)[job]
        assert after[: len(before)] == before
        assert len({(clip.chapter, clip.index) for clip in after}) == len(after)
    more = sum(map(len, acceptances(upgraded.home).values())) - sum(map(len, taken.values()))
    assert 0 < more < report["totals"]["segments"]
