"""What the interface for programs answers: books, machines, and one flat status. Pure."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from swarm.coordinator.machine_orders import MAX_INVITE_S, MIN_INVITE_S
from swarm.lease.envelope import Count, Note, NotLeasing
from swarm.lease.member_message import Action
from swarm.lease.message import Figures, JobStatus, StatusReply, WorkerStatus
from swarm.server.listening import ChapterOverview
from swarm.server.queue import BookState, QueuedBook
from swarm.watch.view import SILENT_S, held_back, job_percent, realtime
from swarm.watch.words import standby_state


class NoteAnswer(Struct, frozen=True):
    """What was done, in words."""

    note: str


class ErrorAnswer(Struct, frozen=True):
    """Why something was refused."""

    error: str


class BookAnswer(Struct, frozen=True):
    """One book of the queue."""

    book: int  # orders name the book by this number
    title: str
    authors: tuple[str, ...]  # empty until the book was read
    state: str  # waiting, paused, speaking, writing, finished, failed, cancelled
    percent: int
    time_left_s: float | None  # seconds until the book is written; null: nothing to judge by yet
    sound_s: float  # seconds of sound that are spoken so far
    note: str  # says why the book failed, or what it waits for
    files: tuple[str, ...]  # files of the finished audiobook
    options: tuple[str, ...]
    added_s: float  # seconds since the epoch


class MachineAnswer(Struct, frozen=True):
    """One machine that is connected."""

    name: str
    device: str
    state: str  # speaking, loading, waiting, resting, idle, silent
    slots: int
    realtime: float  # seconds of sound a second
    speaking: tuple[str, ...]  # titles of the books
    note: str  # says why the machine does not speak
    failures: int
    figures: tuple[Figures, ...]
    is_paused: bool  # an order paused the machine, until it is resumed
    tag: str = ""  # the machine's user gave it this word
    held_back: str = ""  # one word for what holds it or some of its slots back: battery, hours, paused, ...


class StandbyAnswer(Struct, frozen=True):
    """One standby, and how far its copies are behind."""

    name: str
    state: str  # following, copying, away
    lag_s: float | None  # the lag of the book that is furthest behind; null: its copy is not whole yet
    behind: int  # records that the standby lacks of all books
    title: str  # the book that is furthest behind
    silent_s: float
    books: int  # books of the queue that the standby has
    of_books: int


class StatusAnswer(Struct, frozen=True):
    """All in one flat object, for widgets of dashboards."""

    name: str
    version: str
    books_waiting: int  # neither the book that is spoken nor paused ones count
    books_finished: int
    books_failed: int
    title: str  # the book that is spoken, "" if none is
    percent: int
    time_left_s: float | None
    machines: int
    machines_speaking: int
    realtime: float  # the speed of all machines together


class OrderRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """An order, as `e2a-swarm pause` and its like give it."""

    action: Action
    target: Note
    count: Count = 0


class OrderAnswer(Struct, frozen=True, omit_defaults=True):
    """What was done, or of an order of a list why it was refused."""

    note: str = ""
    error: str = ""


class InviteRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """How many seconds an invite is good for."""

    for_s: Annotated[int, Meta(ge=MIN_INVITE_S, le=MAX_INVITE_S)] = 900


class InviteAnswer(Struct, frozen=True):
    """An invite: its code, and the line that one new machine runs within its time, with addresses behind the code."""

    code: str
    command: str
    for_s: int


class ListenAnswer(Struct, frozen=True):
    """A book as a listener sees it."""

    book: int
    title: str
    authors: tuple[str, ...]
    language: str
    state: str  # the same word as in the list of books
    chapters: Sequence[ChapterOverview]


class RedoRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence that is wrong; both numbers count from 1."""

    chapter: int
    sentence: int
    say: str | None = None  # other words for the voice; "": the book's own again
    speaker: str = ""  # the person of the book that says it, or "narrator"


class FileAnswer(Struct, frozen=True):
    """A file of a finished audiobook, or a report of it."""

    place: int  # the address of the file names this place
    name: str  # an address where the file is elsewhere
    size: int | None  # bytes; null: it is not on this machine


class FeedRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A feed to be made: its name, and the number of the only book that it has, 0 for the whole shelf."""

    name: str = ""
    book: int = 0


class FeedAnswer(Struct, frozen=True):
    """A feed, and the addresses that an app is given."""

    id: int
    name: str
    book: int
    podcast: str
    opds: str
    note: str = ""  # why other devices cannot open these addresses


def book_answers(books: Sequence[QueuedBook], reply: StatusReply) -> list[BookAnswer]:
    """Return the books of the queue, in its order."""
    jobs = {job.job: job for job in reply.jobs}
    return [_book(book, jobs.get(book.job)) for book in books]


def _book(book: QueuedBook, job: JobStatus | None) -> BookAnswer:
    served = job if not book.state.is_ended else None
    return BookAnswer(
        book=book.id,
        title=book.heading,
        authors=book.authors,
        state=_state(book, served),
        percent=100 if book.state is BookState.FINISHED else job_percent(served) if served else book.percent,
        time_left_s=served.eta_s if served else None,
        sound_s=served.audio_s if served else book.sound_s,
        note=book.why or (served.note if served else ""),
        files=book.files,
        options=book.options,
        added_s=book.added_s,
    )


def _state(book: QueuedBook, served: JobStatus | None) -> str:
    if book.state.is_paused or not served:
        return book.state.at_start.value
    # The job ends a moment before its files are in the queue, and readers of "finished" look for them.
    return "writing" if served.state == "finished" else served.state


def machine_answers(reply: StatusReply) -> list[MachineAnswer]:
    """Return the machines, in the order in which they came."""
    titles = {job.job: job.title for job in reply.jobs}
    return [_machine(worker, titles) for worker in reply.workers]


def standby_answers(reply: StatusReply) -> list[StandbyAnswer]:
    """Return the standbys, in the order in which they came."""
    return [
        StandbyAnswer(
            each.name,
            standby_state(each),
            each.lag_s,
            each.behind,
            each.title,
            each.silent_s,
            each.books,
            each.of_books,
        )
        for each in reply.standbys
    ]


def _machine(worker: WorkerStatus, titles: dict[str, str]) -> MachineAnswer:
    states = {slot.state for slot in worker.slots}
    order = ("speaking", "loading", "waiting", "resting")
    state = next((state for state in order if state in states), "idle")
    return MachineAnswer(
        name=worker.name,
        device=worker.device,
        state="silent" if worker.silent_s > SILENT_S else state,
        slots=len(worker.slots),
        realtime=round(realtime(worker), 2),
        speaking=tuple(dict.fromkeys(titles.get(slot.job, slot.job) for slot in worker.slots if slot.job)),
        note=worker.note,
        failures=worker.failures,
        figures=worker.figures,
        is_paused=any(slot.rest and slot.rest.why.cause is NotLeasing.PAUSED for slot in worker.slots),
        tag=worker.tag,
        held_back=held_back(worker),
    )


def status_answer(books: Sequence[QueuedBook], reply: StatusReply) -> StatusAnswer:
    """Return the state of all in one flat object."""
    machines = machine_answers(reply)
    spoken = next((job for job in reply.jobs if job.state == "speaking"), None)
    states = [book.state for book in book_answers(books, reply)]
    return StatusAnswer(
        name=reply.name,
        version=reply.version,
        books_waiting=states.count("waiting"),
        books_finished=states.count("finished"),
        books_failed=states.count("failed"),
        title=spoken.title if spoken else "",
        percent=job_percent(spoken) if spoken else 0,
        time_left_s=spoken.eta_s if spoken else None,
        machines=len(machines),
        machines_speaking=sum(machine.state == "speaking" for machine in machines),
        realtime=round(sum(machine.realtime for machine in machines), 2),
    )
