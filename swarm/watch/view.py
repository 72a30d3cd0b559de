"""Views of a coordinator's status: the words and figures that people see, and the lines of `e2a-swarm status`.
Pure: the reply brings its own clock."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from swarm.lease.member_message import ApplicantRow, QueuedStatus
from swarm.lease.message import ChapterStatus, CheckStatus, Figures, JobStatus, SlotStatus, StatusReply, WorkerStatus
from swarm.system.text import (
    LEAST_S,
    UNSURE,
    bytes_text,
    clean,
    clean_note,
    count_text,
    duration_text,
    left_text,
    percent,
    shorten_middle,
    speed_text,
)
from swarm.watch.terminal import cells
from swarm.watch.words import CALL_WORKERS, sleeper_text, standby_text, waiting_text

SETTLING_S = 30.0  # an estimate follows a lasting change of speed within about so long
SETTLING_SHARE = 0.15  # SETTLING_S is cut to this share of the time run, and of the time left
REMEMBERED_SHARE = 0.5  # the ends that were expected within this share of the time run tell how sure an estimate is
MAX_REMEMBERED = 300  # expected ends that are kept
WIDER = 1.4  # a range reaches so far beyond the expected end, as a factor of the time left
WIDEST = 3.0  # a range reaches no farther, whatever was expected before a machine got idle or busy
FARTHEST = 2.5  # an estimate is within this factor of the latest calculation
# Speaking is this share of a book's percent; encoding is the rest, and keeps up unless voices are very fast.
SPEAKING_SHARE = 0.9
SILENT_S = 5.0  # a heartbeat is due every second


@dataclass(frozen=True)
class ChapterView:
    """A chapter that is being spoken."""

    title: str
    percent: int


@dataclass(frozen=True)
class JobView:
    """One book. `percent` is 100 only when every segment is spoken and the audiobook is written."""

    job: str
    title: str
    state: str
    percent: int
    spoken: str  # "812 of 2011 sentences", and how many were set aside
    eta: str  # "about 4 min"; empty where nothing can be said
    chapters: tuple[ChapterView, ...]
    note: str = ""


@dataclass(frozen=True)
class WorkerView:
    """One worker and what it does."""

    name: str
    device: str
    speed: str  # "85x" of real time, all its slots together
    doing: str
    note: str = ""


@dataclass(frozen=True)
class View:
    """Everything on the screen; equal views look the same."""

    jobs: tuple[JobView, ...]
    workers: tuple[WorkerView, ...]
    speed: str  # all workers together


class Estimate:
    """The smoothed time left of a job; the coordinator's own figure jumps with every clip."""

    def __init__(self) -> None:
        self._end_s: float | None = None
        self._seen_s = 0.0
        # Pairs of a moment and the end that was expected then; only late ones are kept.
        self._ends: list[tuple[float, float]] = []

    def smooth(self, eta_s: float | None, elapsed_s: float) -> float | None:
        """Take in the seconds left by the latest calculation; return the seconds to show."""
        if eta_s is None:
            self._end_s = None
            self._ends.clear()
            return None
        end_s = elapsed_s + eta_s
        if self._end_s is None:
            self._end_s = end_s
        else:
            settling_s = max(min(SETTLING_S, SETTLING_SHARE * min(eta_s, elapsed_s)), 1e-6)
            weight = 1 - math.exp(-max(0.0, elapsed_s - self._seen_s) / settling_s)
            settled_s = self._end_s + weight * (end_s - self._end_s) - elapsed_s
            self._end_s = elapsed_s + min(max(settled_s, eta_s / FARTHEST), eta_s * FARTHEST)
        self._seen_s = elapsed_s
        self._remember(elapsed_s, self._end_s)
        return max(0.0, self._end_s - elapsed_s)

    def _remember(self, elapsed_s: float, end_s: float) -> None:
        since_s = elapsed_s * (1 - REMEMBERED_SHARE)
        self._ends = [(seen_s, end) for seen_s, end in self._ends if seen_s >= since_s]
        if not self._ends or elapsed_s - self._ends[-1][0] >= max(1.0, elapsed_s / MAX_REMEMBERED):
            self._ends.append((elapsed_s, end_s))

    def bounds(self) -> tuple[float, float]:
        """Return the seconds left by the earliest and by the latest end that was expected of late.

        An end that has moved is likely to move on, so the bounds of one are wider, by `WIDER` at least and by `WIDEST`
        at most.
        """
        ends = [end for _, end in self._ends] or [self._seen_s]
        least, most = max(0.0, min(ends) - self._seen_s), max(0.0, max(ends) - self._seen_s)
        if most < max(LEAST_S, UNSURE * least):
            return least, most
        left_s = max(0.0, (self._end_s or 0.0) - self._seen_s)
        least, most = max(least, left_s / WIDEST), min(most, left_s * WIDEST)
        return min(least, left_s / WIDER), max(most, left_s * WIDER)


class Viewer:
    """Makes views from replies, and keeps the estimates between them."""

    def __init__(self) -> None:
        self._estimates: dict[str, Estimate] = {}
        self._called = False

    def note_line(self, line: str) -> None:
        """Take in a line that stays on the screen: how to start a worker need not be said again."""
        self._called = self._called or CALL_WORKERS in line

    def make_view(self, reply: StatusReply) -> View:
        """Make the view of a reply."""
        self._estimates = {job.job: self._estimates.get(job.job) or Estimate() for job in reply.jobs}
        jobs = [
            structs.replace(job, note=waiting_text(job.reason, called=self._called) or job.note) for job in reply.jobs
        ]
        notes = [job.note for job in jobs]
        return View(
            jobs=tuple(self._job(job, reply.workers, job.note in notes[:place]) for place, job in enumerate(jobs)),
            workers=tuple(_worker(worker, reply.jobs) for worker in reply.workers),
            speed=speed_text(sum(map(realtime, reply.workers))),
        )

    def _job(self, job: JobStatus, workers: tuple[WorkerStatus, ...], told: bool) -> JobView:
        estimate = self._estimates[job.job]
        eta_s = estimate.smooth(job.eta_s, job.elapsed_s)
        return JobView(
            job=job.job,
            title=title_of(job),
            state="waiting" if told and held_up(job, workers) else state_text(job, workers),
            percent=job_percent(job),
            spoken=spoken_text(job),
            eta=left_text(eta_s, *estimate.bounds()) if eta_s and job.state in ("speaking", "writing") else "",
            chapters=tuple(
                ChapterView(chapter_title(job, place), chapter_percent(job.chapters[place]))
                for place in under_way(job, workers)
            ),
            note="" if told or job.state == "writing" or held_up(job, workers) else clean_note(job.note),
        )


def title_of(job: JobStatus) -> str:
    """Return the book's title, or the job's name where it has none."""
    return clean(job.title) or clean(job.job)


def chapter_title(job: JobStatus, place: int) -> str:
    """Return the title of a chapter, or its number where it has none."""
    named = clean(job.chapters[place].title) if place < len(job.chapters) else ""
    return named or f"chapter {place + 1}"


def job_percent(job: JobStatus) -> int:
    """Return how many percent of a job are done; 100 only where nothing is left to do and nothing is missing."""
    if job.state == "finished" and job.accepted == job.segments and not job.unspoken:
        return 100
    spoken = (job.accepted + job.missing) / max(1, job.segments)  # this share counts sentences, as for chapters
    done = spoken if job.encoded is None else SPEAKING_SHARE * spoken + (1 - SPEAKING_SHARE) * job.encoded
    return min(99, max(percent(done, 1), percent(job.done, 1)))


def standing_text(reply: StatusReply) -> str:
    """Return all books and the number of workers in one line: "Emma 43 %, Moby Dick 0 %; 2 workers"."""
    jobs = ", ".join(f"{title_of(job)} {job_percent(job)} %" for job in reply.jobs)
    here = sum(worker.silent_s <= SILENT_S for worker in reply.workers)
    return f"{jobs}; {count_text(here, 'worker')}"


def chapter_percent(chapter: ChapterStatus) -> int:
    """Return how many percent of a chapter are spoken."""
    return percent(chapter.accepted, chapter.segments)


def spoken_text(job: JobStatus) -> str:
    """Say how many sentences are spoken, and how many were set aside because no worker could speak them."""
    spoken = f"{job.accepted} of {count_text(job.segments, 'sentence')}"
    return f"{spoken} ({job.missing} set aside)" if job.missing else spoken


def held_up(job: JobStatus, workers: tuple[WorkerStatus, ...]) -> bool:
    """Return whether a job's note says all about what it is doing."""
    return bool(job.note) and (job.state == "waiting" or (job.state == "speaking" and not workers))


def state_text(job: JobStatus, workers: tuple[WorkerStatus, ...]) -> str:
    """Say what a job is doing."""
    if job.state == "finished":
        gaps = job.missing + job.unspoken
        return f"finished, {count_text(gaps, 'sentence')} missing" if gaps else "finished"
    if job.state == "writing":
        return f"writing the audiobook, {clean_note(job.note)}" if job.note else "writing the audiobook"
    if held_up(job, workers):
        return clean_note(job.note)
    if workers and job.state == "waiting":  # no note says what the job waits for, as after Ctrl-C
        return "nothing is being spoken"
    # A swarm has a note; one machine without a worker is starting its voice.
    return job.state if workers else "starting the voice"


def under_way(job: JobStatus, workers: tuple[WorkerStatus, ...]) -> list[int]:
    """Return the numbers, from 0, of the chapters that are being spoken or are begun, in reading order."""
    if job.state in ("writing", "finished"):
        return []
    begun = {place for place, chapter in enumerate(job.chapters) if 0 < chapter.accepted < chapter.segments}
    held = {
        slot.chapter
        for worker in workers
        for slot in worker.slots
        if slot.job == job.job and slot.state == "speaking" and slot.chapter < len(job.chapters)
    }
    return sorted(begun | held)


def realtime(worker: WorkerStatus) -> float:
    """Return the seconds of audio a second of all speaking slots together."""
    return sum(slot.realtime for slot in worker.slots if slot.state == "speaking")


def _worker(worker: WorkerStatus, jobs: tuple[JobStatus, ...]) -> WorkerView:
    return WorkerView(
        name=(clean(worker.name) or clean(worker.worker)) + (f" [{clean(worker.tag)}]" if worker.tag else ""),
        device=clean(worker.device),
        speed=speed_text(realtime(worker)),
        doing=_doing(worker, {job.job: job for job in jobs}),
        note=clean_note(worker.note),
    )


def _doing(worker: WorkerStatus, jobs: dict[str, JobStatus]) -> str:
    if worker.silent_s >= SILENT_S:
        return f"silent for {duration_text(worker.silent_s)}"
    told = next((clean(slot.note) for slot in worker.slots if slot.note and slot.state == "loading"), "")
    for state, words in (
        ("loading", told or "loading the voice"),
        ("waiting", "waiting to send"),
        ("resting", f"resting: {held_back(worker)}" if held_back(worker) else "resting"),
    ):
        if any(slot.state == state for slot in worker.slots) and not any(s.state == "speaking" for s in worker.slots):
            return words
    return _speaking([slot for slot in worker.slots if slot.state == "speaking"], jobs)


def held_back(worker: WorkerStatus) -> str:
    """Return the one word for what holds a worker or some of its slots back; "" if nothing does."""
    return next((slot.rest.why.cause.value for slot in worker.slots if slot.rest), "")


def _speaking(slots: list[SlotStatus], jobs: dict[str, JobStatus]) -> str:
    places = sorted({(slot.job, slot.chapter) for slot in slots})
    if not places:
        return "idle"
    first, chapter = places[0]
    title = chapter_title(jobs[first], chapter) if first in jobs else f"chapter {chapter + 1}"
    if len({job for job, _ in places}) > 1 and first in jobs:
        title = f"{title_of(jobs[first])}: {title}"
    return f"{title} and {len(places) - 1} more" if len(places) > 1 else title


MAX_SHOWN = 60  # characters of a title or device; a title of the 18th century fills a screen
MAX_ENDED = 10  # finished, failed or cancelled books that are listed
MIN_PATH = 24  # characters of a path that is cut
MAX_NAME = 30  # names of workers stand in a column


def standing_lines(reply: StatusReply, address: str = "", columns: int = 0) -> list[str]:
    """Return lines about a coordinator: its books, the chapters under way, its workers.

    Paths are cut so that their lines fit into `columns` of a terminal; 0: they stay whole, for programs.
    """
    view = Viewer().make_view(reply)
    where = f" at {address}" if address else ""
    lines = [f"{clean(reply.name) or clean(reply.coordinator)}{where} (version {clean(reply.version)})"]
    for job in view.jobs:
        lines += _job_lines(job)
    doing = {job.job: job.state for job in reply.jobs}
    lines += _queue_lines(reply.queue or (), reply.more_waiting, doing, columns)
    figures = [list(filter(None, map(figures_text, worker.figures))) for worker in reply.workers]
    nobody = ["  no worker yet; start one with: e2a-swarm work"]
    lines += _worker_lines(view.workers, figures) if view.workers else nobody
    lines += [f"  {checks_text(reply.checks)}"] if reply.checks else []
    lines += [f"  standby {clean(each.name, MAX_NAME)}: {standby_text(each)}" for each in reply.standbys]
    lines += [f"  {clean(each.name, MAX_NAME)}: {sleeper_text(each)}" for each in reply.sleepers]
    lines += [f"  {applicant_text(machine)}" for machine in reply.waiting]
    if view.speed and len(view.workers) > 1:
        lines.append(f"  {count_text(len(view.workers), 'worker')}, {view.speed} real time together")
    return lines


def checks_text(checks: CheckStatus) -> str:
    """Return what cross-checks showed and cost."""
    spec = [f"{count_text(checks.sentences, 'sentence')} compared", f"{checks.outvoted} otherwise than two others"]
    spec += [f"{checks.open} to be compared"] if checks.open else []
    return f"cross-check of {100 * checks.share:.3g} %: {', '.join(spec)}, {duration_text(checks.work_s)} of work"


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


def applicant_text(machine: ApplicantRow) -> str:
    """Return a line about a machine that waits to come in."""
    name = clean(machine.name, MAX_NAME)
    how = f"`e2a-swarm members approve {clean(machine.fingerprint)}` lets it in"
    return f"{name} (fingerprint {clean(machine.fingerprint)}) waits: {how}"


def _queue_lines(queue: Sequence[QueuedStatus], more_waiting: int, doing: Mapping[str, str], columns: int) -> list[str]:
    """Return a line for each book of the queue that is there, the last finished ones at the end.

    `more_waiting` is the number of waiting books that are not there, since the reply had no room for them; `doing` has
    the states of the jobs that are served.
    """
    waiting = [book for book in queue if book.is_to_speak]
    ended = [book for book in queue if not book.is_to_speak][-MAX_ENDED:]
    lines = [f"  queue: {count_text(len(waiting) + more_waiting, 'book')} to speak"] if queue else []
    more = [f"         and {more_waiting} more that wait"] if more_waiting else []
    lines += [_book_line(book, doing, columns) for book in waiting]
    return [*lines, *more, *(_book_line(book, doing, columns) for book in ended)]


def _book_line(book: QueuedStatus, doing: Mapping[str, str], columns: int) -> str:
    state = doing.get(book.job, book.state) if book.state == "waiting" else book.state
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
    if figures.watts is not None:
        spec.append(f"{figures.watts:.0f} W")
    return f"{clean(figures.device)}: {', '.join(spec)}" if spec else ""
