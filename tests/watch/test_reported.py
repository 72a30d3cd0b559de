import json

import pytest

from swarm.watch.report import ReportedSentence, heard_at, read_reported, sound_files


def row(number: int, at_s: float | None, end_s: float | None, file: str = "a.m4b") -> ReportedSentence:
    return ReportedSentence(1, number, f"1:{number}", f"Text {number}.", file, at_s, end_s)


ROWS = [row(1, 0.02, 4.0), row(2, 4.4, 10.0), row(3, 10.0, 10.0), row(4, 12.0, 20.0), row(5, 0.0, 3.0, "b.m4b")]


@pytest.mark.parametrize(
    ("moment_s", "sentence", "before"),
    [
        (0.0, "1:1", None),
        (4.1, "1:1", None),  # the pause is nearer to the first
        (4.3, "1:2", "1:1"),  # nearer to the second
        (5.9, "1:2", "1:1"),  # a listener needs a moment to read the clock
        (6.5, "1:2", None),
        (10.4, "1:2", None),  # the third one has no sound
        (11.9, "1:4", "1:2"),
        (24.0, "1:4", None),  # players round
    ],
)
def test_a_moment_is_in_the_sentence_that_is_heard_then(moment_s: float, sentence: str, before: str | None) -> None:
    heard = heard_at(ROWS, "a.m4b", moment_s)
    assert heard is not None
    assert (heard.sentence.id, heard.before.id if heard.before else None) == (sentence, before)


def test_behind_the_end_and_in_another_file_nothing_is_heard() -> None:
    assert heard_at(ROWS, "a.m4b", 26.0) is heard_at(ROWS, "c.m4b", 1.0) is heard_at([], "a.m4b", 0.0) is None
    heard = heard_at(ROWS, "b.m4b", 1.0)
    assert heard is not None
    assert heard.sentence.id == "1:5"


def test_a_report_is_read_with_its_options() -> None:
    rows = [{"chapter": 1, "sentence": 1, "id": "1:1", "text": "Yes.", "file": "a.m4b", "at_s": 0.0, "end_s": 1.0}]
    whole = {"version": 2, "book": {"job": "emma-1", "title": "x"}, "totals": {}, "options": ["--title=E"]}
    found = read_reported(json.dumps({**whole, "segments": rows}).encode())
    assert found is not None
    assert (found.book.job, found.options, sound_files(found)) == ("emma-1", ("--title=E",), ["a.m4b"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"book": {"job": "emma-1"}}',  # only a claim of the name
        b'{"version": 2, "book": {"job": 7}, "totals": {}}',
        b'{"version": 2, "book": {"job": "e"}, "totals": {}, "options": [1]}',
        b'{"version": 2, "book": {"job": "e"}, "totals": {}, "options": [' + b'"a",' * 1000 + b'"a"]}',
        b'\xff{"version": 2, "book": {"job": "e"}, "totals": {}}',
        b'{"version": 1, "book": {"job": "e"}, "totals": {}}',  # of an older e2a-swarm
    ],
)
def test_what_is_no_whole_report_is_none(data: bytes) -> None:
    assert read_reported(data) is None
