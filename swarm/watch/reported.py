"""A report read back: which sentence is heard at a moment of a file. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

MAX_OPTIONS = 1000
LATE_S = 2.0  # a listener reads the clock so late that the sentence before may be meant
BEYOND_S = 5.0  # a moment so long after the last sentence is taken: players round the length of a file


class ReportedSentence(Struct, frozen=True, gc=False):
    """A sentence of the report; a 0.1 report has neither its id nor its times."""

    chapter: int
    sentence: int = 0
    id: str = ""
    text: str = ""
    file: str = ""
    at_s: float | None = None
    end_s: float | None = None


class ReportedBook(Struct, frozen=True):
    """The book of a report: its job, and the path that the user named."""

    job: str
    source: str = ""


class Reported(Struct, frozen=True):
    """What `redo` needs of a report. A stranger may have written it, so the state folder decides what the job is."""

    book: ReportedBook
    totals: dict[str, float | None]
    version: int = 1
    options: tuple[str, ...] = ()
    segments: tuple[ReportedSentence, ...] = ()


class Heard(NamedTuple):
    """The sentence at a moment, and the one before it if that was heard so shortly before that it may be meant."""

    sentence: ReportedSentence
    before: ReportedSentence | None


def read_reported(data: bytes) -> Reported | None:
    """Return what a report says; None if the data is no whole report."""
    try:
        found = msgspec.json.decode(data, type=Reported)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return found if len(found.options) <= MAX_OPTIONS else None


def sound_files(report: Reported) -> list[str]:
    """Return the names of the files in which sentences are heard, in their order."""
    return list(dict.fromkeys(row.file for row in report.segments if row.file))


def heard_at(rows: Sequence[ReportedSentence], file: str, moment_s: float) -> Heard | None:
    """Return what is heard at a moment of a file; None behind its end. A pause belongs to the nearer sentence."""
    spans = [
        (row.at_s, row.end_s, row)
        for row in rows
        if row.file == file and row.at_s is not None and row.end_s is not None and row.end_s > row.at_s
    ]
    if not spans or not 0 <= moment_s <= spans[-1][1] + BEYOND_S:
        return None
    number = max(0, bisect_right([at_s for at_s, _, _ in spans], moment_s) - 1)
    if number + 1 < len(spans) and spans[number + 1][0] - moment_s < moment_s - spans[number][1]:
        number += 1
    before = number > 0 and moment_s - spans[number - 1][1] < LATE_S
    return Heard(spans[number][2], spans[number - 1][2] if before else None)
