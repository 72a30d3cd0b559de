"""Messages as they leave a coordinator: with words for readers of 0.1, and no larger than a control part may be."""

from msgspec import msgpack, structs

from swarm.lease.envelope import Message
from swarm.lease.message import StatusReply
from swarm.watch.words import worded

MAX_STATUS_BYTES = 60_000
SHORTER = ((True, None), (False, None), (False, 64), (False, 8))  # with chapters or without; how many workers
MAX_JOBS = 32  # of a reply that lost its chapters


def outgoing(message: Message) -> Message:
    """Return a message as it is sent."""
    spoken = worded(message)
    return fitting(spoken, MAX_STATUS_BYTES) if isinstance(spoken, StatusReply) else spoken


def fitting(reply: StatusReply, max_bytes: int) -> StatusReply:
    """Return a reply in at most `max_bytes`: without chapters where it must be, then with fewer workers."""
    for chapters, workers in SHORTER:
        jobs = reply.jobs if chapters else tuple(structs.replace(job, chapters=()) for job in reply.jobs[:MAX_JOBS])
        shorter = structs.replace(reply, jobs=jobs, workers=reply.workers[:workers])
        if len(msgpack.encode(shorter)) <= max_bytes:
            break
    return shorter
