"""Reasons: why something waits, or what happened, as a code with facts. `watch/words.py` makes the sentences."""

from typing import Annotated

from msgspec import Meta, Struct

from swarm.job.job_file import MAX_JOB_FILES
from swarm.lease.bounds import Count, Name, Note, Seconds

MAX_NOTE = 1000  # characters of what others reported

PAUSED_FROM = "paused from"  # in the reason of a rest that a user of any machine ordered, before the user's machine
TRIED_AGAIN = "; it is tried again after"  # in the reason of a rest, before its time


class Reason(Struct, frozen=True, omit_defaults=True):
    """A code with the facts that its sentence needs; a reader that does not know the code says nothing."""

    code: Name
    worker: Name = ""  # its name for people
    coordinator: Name = ""  # its name for people
    kind: Name = ""  # of a failure
    title: Note = ""  # of the book
    engine: Name = ""
    model: Name = ""
    language: Name = ""
    files: Annotated[tuple[Name, ...], Meta(max_length=MAX_JOB_FILES)] = ()  # names of job files
    command: Note = ""  # the line that a user runs to mend it
    text: Note = ""  # of the sentence
    note: Note = ""  # in the words of the worker, engine or device that reported it
    slot: Count = 0
    count: Count = 0
    expected: Count = 0  # what `count` should be
    version: Name = ""  # of e2a-swarm
    expected_version: Name = ""
    percent: Count = 0
    seconds: Seconds = 0.0
    least_s: Seconds = 0.0  # what `seconds` should be, at least and at most
    most_s: Seconds = 0.0
