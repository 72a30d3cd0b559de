"""Progress drawn on a terminal: book and chapter bars, workers and what they do, what is left."""

import os
from contextlib import suppress
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from swarm.lease.message import StatusReply
from swarm.system.text import plain_lines
from swarm.watch.terminal import Colour
from swarm.watch.view import JobView, View, Viewer, WorkerView

MAX_CHAPTERS = 6  # chapters of one job that are drawn
WIDE = 60  # columns from which there is room for devices and speeds
SPARE_COLUMNS = 4  # room for the ^C that a terminal echoes in the last row
SPARE_ROWS = 3  # rows for the prompt, and for a line or two above the drawing


class LiveProgress:
    """Draws only what changed: the screen is left alone while the figures on it are the same."""

    interval_s = 0.25

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._viewer = Viewer()
        self._shown: View | None = None
        self._live: Live | None = Live(console=self._console, auto_refresh=False, redirect_stdout=False)

    def update(self, reply: StatusReply) -> None:
        """Draw the state of all jobs and workers."""
        view = self._viewer.make_view(reply)
        if self._live is None or view == self._shown:
            return
        self._shown = view
        try:
            self._live.start()  # started late: without a drawing the terminal stays clean
            self._live.update(drawing(view, self._console.width, self._console.height), refresh=True)
        except (OSError, ValueError):  # the terminal was closed; the book goes on
            self._live = None

    def note(self, line: str) -> None:
        """Write a line above the bars."""
        line = plain_lines(line)
        self._viewer.note_line(line)
        try:
            self._console.print(Text(line, overflow="ignore"), soft_wrap=os.sep in line)  # a path stays in one piece
        except (OSError, ValueError):
            self._live = None

    def end_progress(self, *lines: str) -> None:
        """Leave the last drawing on the terminal, give the cursor back, and write the end below."""
        if self._live is not None:
            with suppress(OSError, ValueError):
                self._live.stop()
            self._live = None
        for line in lines:
            self.note(line)


def drawing(view: View, width: int, height: int) -> RenderableType:
    """Return the whole picture, a little narrower than the terminal and no taller."""
    rows: list[RenderableType] = []
    for job in view.jobs:
        rows += [_bars(job, width), _under(job, view, width)]
    taken = sum(2 + min(len(job.chapters), MAX_CHAPTERS) for job in view.jobs)
    room = max(2, height - SPARE_ROWS - taken)
    shown = view.workers if len(view.workers) <= room else view.workers[: room - 1]
    rows.append(_workers(shown, width))
    if len(shown) < len(view.workers):
        rows.append(
            Text(f"and {len(view.workers) - len(shown)} more workers, {view.speed or '0x'} together", style="dim")
        )
    return Constrain(Group(*rows), max(1, width - SPARE_COLUMNS))


def _bars(job: JobView, width: int) -> Table:
    bar = max(8, width * 3 // 8)
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(width=bar)
    table.add_column(width=5, justify="right", no_wrap=True)
    table.add_row(Text(job.title, style="bold"), _bar(bar, job.percent), f"{job.percent} %")
    for chapter in job.chapters[:MAX_CHAPTERS]:
        percent = Text(f"{chapter.percent} %", style="dim")
        table.add_row(Text(f"  {chapter.title}"), _bar(bar, chapter.percent), percent)
    return table


def _bar(width: int, percent: int) -> ProgressBar:
    return ProgressBar(width=width, completed=percent, complete_style=Colour.ACCENT, finished_style=Colour.ACCENT)


def _under(job: JobView, view: View, width: int) -> Text:
    spec = [f"{job.eta} left"] if job.eta else []
    spec.append(job.spoken if job.state == "speaking" else f"{job.spoken}, {job.state}")
    if view.speed and len(view.jobs) == 1 and width >= WIDE:
        spec.append(f"{view.speed} real time")
    if job.note:
        spec.append(job.note)
    return Text(", ".join(spec), style="dim", no_wrap=True, overflow="ellipsis")


def _workers(workers: tuple[WorkerView, ...], width: int) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=width // 4)
    if width >= WIDE:
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=width // 4)
    table.add_column(no_wrap=True, justify="right", min_width=5)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for worker in workers:
        device = [Text(worker.device, style="dim")] if width >= WIDE else []
        doing = f"{worker.doing} ({worker.note})" if worker.note else worker.doing
        table.add_row(Text(worker.name), *device, Text(worker.speed), Text(doing))
    return table
