"""Progress while a book is spoken: bars, lines, JSON, or nothing. It decides nothing and has no timer."""

import os
import sys
from typing import Literal, Protocol, TextIO

import msgspec
from msgspec import structs

from swarm.lease.message import JobStatus, StatusReply
from swarm.system.text import count_text, in_tens, plain_lines
from swarm.watch.terminal import Priority, folded, marked
from swarm.watch.view import JobView, View, Viewer, chapter_title, job_percent, title_of

Mode = Literal["auto", "live", "plain", "json", "quiet"]

STEP_PERCENT = 10
STEP_S = 30.0
LAST_STAGES = ("writing", "finished")  # `waiting` and `speaking` alternate whenever a lease ends
MAX_SILENCE_S = 300.0
LINE_S = 1.0  # lines are not watched closely, and each look wakes an idle coordinator


class Progress(Protocol):
    """The display of a running command."""

    interval_s: float  # `update` is called so often

    def update(self, reply: StatusReply) -> None:
        """Show the state of all jobs and workers."""

    def note(self, line: str) -> None:
        """Write a line that stays."""

    def end_progress(self, *lines: str) -> None:
        """Write the last lines, in every mode, and stop; further calls do no harm."""


def make_progress(mode: Mode = "auto", stream: TextIO | None = None) -> Progress:
    """Make the progress for a mode; "auto" draws on a terminal that can draw, and prints lines elsewhere."""
    stream = stream or sys.stdout
    if mode == "quiet":
        return QuietProgress(stream)
    if mode == "json":
        return JsonProgress(stream)
    # Inside editors some terminals cannot move their cursor.
    can_draw = os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
    if mode == "live" or (mode == "auto" and stream.isatty() and can_draw):
        from swarm.watch.live_progress import LiveProgress  # imported late: rich starts slowly

        return LiveProgress(stream)
    return PlainProgress(stream)


class Lines:
    """Lines on a stream. Nothing is raised when the reader has gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO | None = stream

    def write_line(self, line: str) -> None:
        """Write one line at once, or nothing once the stream is closed."""
        if self._stream is None:
            return
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # the pipe broke or the file was closed
            self._stream = None

    def tell(self, line: str, priority: Priority = Priority.NOTICE) -> None:
        """Write a line for people: on a terminal it breaks between words, the journal is told its priority."""
        try:
            line = marked(folded(plain_lines(line), self._stream), priority, self._stream) if self._stream else line
        except ValueError:  # the file was closed
            self._stream = None
        self.write_line(line)


class QuietProgress:
    """Shows nothing but the end."""

    interval_s = LINE_S

    def __init__(self, stream: TextIO) -> None:
        self._lines = Lines(stream)

    def update(self, reply: StatusReply) -> None:
        """Show no progress."""

    def note(self, line: str) -> None:
        """Drop the note."""

    def end_progress(self, *lines: str) -> None:
        """Write the end."""
        for line in lines:
            self._lines.tell(line)


class Pace:
    """Decides when a line about a job is due again."""

    def __init__(self) -> None:
        self._said: dict[str, JobStatus] = {}

    def is_news(self, job: JobStatus) -> bool:
        """Return whether a line is due: for a new stage or note, for a tenth more, or after a while."""
        said = self._said.get(job.job)
        if said is None or (job.state in LAST_STAGES and job.state != said.state):
            return True
        if job.note and in_tens(job.note) != in_tens(said.note):
            return True
        waited_s = job.elapsed_s - said.elapsed_s
        steps = job_percent(job) // STEP_PERCENT - job_percent(said) // STEP_PERCENT
        moved = job_percent(job) > job_percent(said)
        return steps > 0 or (moved and waited_s >= STEP_S) or waited_s >= MAX_SILENCE_S

    def said(self, job: JobStatus) -> None:
        """Remember the job as it was when a line was written."""
        self._said[job.job] = structs.replace(job, chapters=())  # a queue has many books, and these are never forgotten


class JsonProgress:
    """One JSON object a line: `{"type": "StatusReply", ...}` for news, and `{"type": "note", "text": ...}`."""

    interval_s = LINE_S

    def __init__(self, stream: TextIO) -> None:
        self._lines = Lines(stream)
        self._pace = Pace()

    def update(self, reply: StatusReply) -> None:
        """Write the reply where there is news of a job."""
        if any(self._pace.is_news(job) for job in reply.jobs):
            for job in reply.jobs:
                self._pace.said(job)
            self._lines.write_line(msgspec.json.encode(reply).decode())

    def note(self, line: str) -> None:
        """Write {"type": "note", "text": line}."""
        self._lines.write_line(msgspec.json.encode({"type": "note", "text": line}).decode())

    def end_progress(self, *lines: str) -> None:
        """Write the end."""
        for line in lines:
            self.note(line)


class PlainProgress:
    """A line for each chapter that is spoken, and others between where a chapter takes long."""

    interval_s = LINE_S

    def __init__(self, stream: TextIO) -> None:
        self._lines = Lines(stream)
        self._pace = Pace()
        self._viewer = Viewer()
        self._sealed: dict[str, set[int]] = {}

    def update(self, reply: StatusReply) -> None:
        """Write what is new."""
        new = {job.job: sealed(job) - self._sealed.get(job.job, set()) for job in reply.jobs}
        news = [job for job in reply.jobs if new[job.job] or self._pace.is_news(job)]
        if not news:
            return
        view = self._viewer.make_view(reply)
        shown = {job.job: job for job in view.jobs}
        for job in news:
            self._tell(job, shown[job.job], view, sorted(new[job.job]))

    def _tell(self, job: JobStatus, shown: JobView, view: View, done: list[int]) -> None:
        title = f"{shown.title}: " if len(view.jobs) > 1 else ""
        if job.job not in self._sealed:
            held_up = f"; {shown.state}" if job.state == "waiting" else ""
            self._lines.tell(opening_line(job, len(done)) + held_up, Priority.INFO)
        elif done:
            for place in done:
                where = f"chapter {place + 1} of {len(job.chapters)} is spoken: {chapter_title(job, place)}"
                self._lines.tell(f"{title}{where} ({standing(shown, view)})", Priority.INFO)
        else:
            self._lines.tell(f"{title}{standing(shown, view)}", Priority.INFO)
        self._sealed[job.job] = sealed(job)
        self._pace.said(job)

    def note(self, line: str) -> None:
        """Write a line."""
        self._viewer.note_line(line)
        self._lines.tell(line)

    def end_progress(self, *lines: str) -> None:
        """Write the end."""
        for line in lines:
            self.note(line)


def sealed(job: JobStatus) -> set[int]:
    """Return the numbers, from 0, of the chapters that are spoken to the end."""
    return {place for place, chapter in enumerate(job.chapters) if 0 < chapter.segments == chapter.accepted}


def opening_line(job: JobStatus, done: int) -> str:
    """Say how long a job is, and how much of it an earlier run has spoken."""
    size = f"{count_text(len(job.chapters), 'chapter')}, {count_text(job.segments, 'sentence')}"
    if not job.accepted:
        return f"{title_of(job)}: {size}"
    complete = f", {count_text(done, 'chapter')} complete" if done else ""
    return f"{title_of(job)}: {size}; {job.accepted} spoken already{complete}"


def standing(job: JobView, view: View) -> str:
    """Say how far a job is, what holds it up or how fast it goes, and how long it still takes."""
    spec = [f"{job.percent} %"]
    if job.state != "speaking":
        spec.append(job.state)
    elif view.speed:
        speaking = sum(bool(worker.speed) for worker in view.workers)
        together = f"{speaking} workers at " if speaking > 1 else ""
        spec.append(f"{together}{view.speed} real time")
    if job.eta:
        spec.append(f"{job.eta} left")
    if job.note:
        spec.append(job.note)
    return ", ".join(spec)
