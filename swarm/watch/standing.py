"""The lines of `e2a-swarm status` about one coordinator. Pure."""

from collections.abc import Mapping, Sequence

from swarm.lease.member import ApplicantRow
from swarm.lease.message import Figures, StatusReply
from swarm.lease.order import QueuedStatus
from swarm.lease.standby import StandbyStatus
from swarm.watch.standby_words import standby_text
from swarm.watch.terminal import cells
from swarm.watch.text import bytes_text, clean, count_text, shorten_middle
from swarm.watch.view import JobView, Viewer, WorkerView

MAX_SHOWN = 60  # characters of a title or device; a title of the 18th century fills a screen
MAX_ENDED = 10  # finished, failed or cancelled books that are listed
MIN_PATH = 24  # characters of a path that is cut
MAX_NAME = 30  # names of workers stand in a column


def standing_lines(reply: StatusReply, address: str = "", columns: int = 0) -> list[str]:
    """Return lines about a coordinator: its books, the chapters under way, its workers.

    Paths are cut so that their lines fit into `columns` of a terminal; 0: they stay whole, for programs.
    """
    view = Viewer().look(reply)
    where = f" at {address}" if address else ""
    lines = [f"{clean(reply.name) or clean(reply.coordinator)}{where} (version {clean(reply.version)})"]
    for job in view.jobs:
        lines += _job_lines(job)
    doing = {job.job: job.state for job in reply.jobs}
    lines += _queue_lines(reply.queue or (), reply.more_waiting, doing, columns)
    figures = [list(filter(None, map(figures_text, worker.figures))) for worker in reply.workers]
    nobody = ["  no worker yet; start one with: e2a-swarm work"]
    lines += _worker_lines(view.workers, figures) if view.workers else nobody
    lines += map(_standby_line, reply.standbys)
    lines += [f"  {waiting_text(machine)}" for machine in reply.waiting]
    if view.speed and len(view.workers) > 1:
        lines.append(f"  {count_text(len(view.workers), 'worker')}, {view.speed} real time together")
    return lines


def padded(text: str, columns: int) -> str:
    """Return a text followed by spaces up to a width on the terminal."""
    return text + " " * (columns - cells(text))


def _job_lines(job: JobView) -> list[str]:
    spec = [f"{job.percent} %", job.spoken, job.state]
    if job.eta:
        spec.append(f"{job.eta} left")
    lines = [f"  {clean(job.title, MAX_SHOWN)}: {', '.join(spec)}"]
    if job.note:
        lines.append(f"    {job.note}")
    return lines + [f"    {chapter.percent:3d} %  {clean(chapter.title, MAX_SHOWN)}" for chapter in job.chapters]


def waiting_text(machine: ApplicantRow) -> str:
    """Return a line about a machine that waits to come in."""
    name = clean(machine.name, MAX_NAME)
    how = f"`e2a-swarm members approve {clean(machine.fingerprint)}` lets it in"
    return f"{name} (fingerprint {clean(machine.fingerprint)}) waits: {how}"


def _standby_line(standby: StandbyStatus) -> str:
    return f"  standby {clean(standby.name, MAX_NAME)}: {standby_text(standby)}"


def _queue_lines(queue: Sequence[QueuedStatus], more_waiting: int, doing: Mapping[str, str], columns: int) -> list[str]:
    """Return a line for each book of the queue that is there, the last finished ones at the end.

    `more_waiting` is the number of waiting books that are not there, since the reply had no room for them; `doing` has
    the states of the jobs that are served.
    """
    waiting = [book for book in queue if book.state == "waiting"]
    ended = [book for book in queue if book.state != "waiting"][-MAX_ENDED:]
    lines = [f"  queue: {count_text(len(waiting) + more_waiting, 'book')} to speak"] if queue else []
    more = [f"         and {more_waiting} more that wait"] if more_waiting else []
    lines += [_book_line(book, doing, columns) for book in waiting]
    return [*lines, *more, *(_book_line(book, doing, columns) for book in ended)]


def _book_line(book: QueuedStatus, doing: Mapping[str, str], columns: int) -> str:
    state = book.state
    if state == "waiting":
        state = "paused" if book.paused else doing.get(book.job, state)
    line = f"    {book.book:3d}  {clean(book.title, MAX_SHOWN)}: {state}"
    if book.note or not book.files:
        return f"{line}, {book.note}" if book.note else line
    return f"{line}, {_path_text(book.files[0], columns - cells(line) - 2 if columns else 0)}"


def _path_text(path: str, room: int) -> str:
    """Return a path cut in its middle if its room is bounded; its name is readable even where there is little room."""
    return shorten_middle(path, max(room, MIN_PATH)) if room else path


def _worker_lines(workers: Sequence[WorkerView], figures: Sequence[list[str]]) -> list[str]:
    rows = [
        (clean(worker.name, MAX_NAME), clean(worker.device, MAX_SHOWN), worker.speed or "-", worker.doing)
        for worker in workers
    ]
    widths = [max(cells(row[column]) for row in rows) for column in range(3)]
    lines = []
    for (name, device, speed, doing), worker, devices in zip(rows, workers, figures, strict=True):
        line = f"  {padded(name, widths[0])}  {padded(device, widths[1])}  {speed:>{widths[2]}}  {doing}"
        lines.append(f"{line} ({worker.note})" if worker.note else line)
        lines += [f"    {device}" for device in devices]
    return lines


def figures_text(figures: Figures) -> str:
    """Return a device's load: "cuda:0: 87 % busy, 5.2 GB of 24 GB, 71 C"; "" where its driver tells nothing."""
    spec = [f"{figures.busy} % busy"] if figures.busy is not None else []
    if figures.memory_total:
        spec.append(f"{bytes_text(figures.memory_used)} of {bytes_text(figures.memory_total)}")
    if figures.temperature_c is not None:
        spec.append(f"{figures.temperature_c} C")
    return f"{clean(figures.device)}: {', '.join(spec)}" if spec else ""
