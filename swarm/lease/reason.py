"""Reasons: why something waits, or what happened, as a code with facts. `watch/words.py` makes the sentences."""

from typing import Annotated

from msgspec import Meta, Struct

from swarm.job.job_file import MAX_JOB_FILES
from swarm.lease.bounds import Count, Name, Note, Seconds

MAX_NOTE = 1000  # characters of what others reported

PAUSED_FROM = "paused from"  # a user ordered the rest, and the user's machine follows
TRIED_AGAIN = "; it is tried again after"  # the time of the next try follows


class Reason(Struct, frozen=True, omit_defaults=True):
    """A code with the facts that its sentence needs; a reader that does not know the code says nothing."""

    code: Name
    worker: Name = ""  # a name for people
    coordinator: Name = ""  # a name for people
    kind: Name = ""  # a kind of failure
    title: Note = ""  # the book's title
    engine: Name = ""
    model: Name = ""
    language: Name = ""
    files: Annotated[tuple[Name, ...], Meta(max_length=MAX_JOB_FILES)] = ()  # names of job files
    command: Note = ""  # the line that a user runs to mend it
    text: Note = ""  # the sentence
    note: Note = ""  # the worker, engine or device that reported it chose these words
    slot: Count = 0
    count: Count = 0
    expected: Count = 0  # the right value of `count`
    version: Name = ""
    expected_version: Name = ""
    percent: Count = 0
    seconds: Seconds = 0.0
    least_s: Seconds = 0.0  # the bounds of `seconds`
    most_s: Seconds = 0.0
