"""Messages as they leave a coordinator: with words for readers of 0.1, and no larger than a control part may be."""

from collections.abc import Sequence

from msgspec import msgpack, structs

from swarm.lease.envelope import Message
from swarm.lease.message import StatusReply
from swarm.lease.order import QueuedStatus
from swarm.watch.words import worded

MAX_STATUS_BYTES = 60_000
SHORTER = (  # each has: whether with chapters; how many workers; how many waiting books
    (True, None, None),
    (False, None, None),
    (False, None, 400),
    (False, 64, 100),
    (False, 8, 20),
)
MAX_JOBS = 32  # a reply that lost its chapters has no more
MAX_ENDED = 10  # finished, failed and cancelled books of a queue that is cut
MAX_REASON = 100  # characters of a title or a note of a book in a queue that is cut


def outgoing(message: Message) -> Message:
    """Return a message as it is sent."""
    spoken = worded(message)
    return fitting(spoken, MAX_STATUS_BYTES) if isinstance(spoken, StatusReply) else spoken


def fitting(reply: StatusReply, max_bytes: int) -> StatusReply:
    """Return a reply in at most `max_bytes`: without chapters where it must be, then with fewer books and workers."""
    for chapters, workers, books in SHORTER:
        jobs = reply.jobs if chapters else tuple(structs.replace(job, chapters=()) for job in reply.jobs[:MAX_JOBS])
        shorter = structs.replace(reply, jobs=jobs, workers=reply.workers[:workers])
        if books is not None and reply.queue is not None:
            waiting = [book.book for book in reply.queue if book.state == "waiting"]
            kept = _cut(reply.queue, {*waiting[:books]})
            shorter = structs.replace(shorter, queue=kept, more_waiting=len(waiting[books:]))
        if len(msgpack.encode(shorter)) <= max_bytes:
            break
    return shorter


def _cut(queue: Sequence[QueuedStatus], kept: set[int]) -> tuple[QueuedStatus, ...]:
    """Return these waiting books of a queue and the last ones that ended, with little about each."""
    kept |= {book.book for book in [book for book in queue if book.state != "waiting"][-MAX_ENDED:]}
    return tuple(
        structs.replace(book, title=book.title[:MAX_REASON], note=book.note[:MAX_REASON], files=book.files[:1])
        for book in queue
        if book.book in kept
    )
