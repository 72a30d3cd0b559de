"""Messages as bytes. What a peer sends is hostile until it fits: bounded, then validated into a frozen value.

It is decoded straight into the types of `lease/message.py`: what is longer than its bound there is refused before any
of it is built, and what is unknown is passed over.
"""

from typing import TypeVar

from msgspec import msgpack

from swarm.lease.message import FromCoordinator, FromWorker, Message

MAX_CONTROL_BYTES = 64 * 1024  # bytes of a control message
MAX_CLIP_BYTES = 8 * 1024 * 1024  # bytes of the frame that follows a Clip

Known = TypeVar("Known")

_FROM_WORKER: "msgpack.Decoder[FromWorker]" = msgpack.Decoder(FromWorker)
_FROM_COORDINATOR: "msgpack.Decoder[FromCoordinator]" = msgpack.Decoder(FromCoordinator)


def pack(message: Message) -> bytes:
    """Encode a message as msgpack; peers do not read one over MAX_CONTROL_BYTES."""
    return msgpack.encode(message)


def unpack_from_worker(data: bytes) -> FromWorker | None:
    """Decode and validate a worker's message; None if it is not valid."""
    return _unpack(data, _FROM_WORKER)


def unpack_from_coordinator(data: bytes) -> FromCoordinator | None:
    """Decode and validate a coordinator's message; None if it is not valid."""
    return _unpack(data, _FROM_COORDINATOR)


def _unpack(data: bytes, decoder: "msgpack.Decoder[Known]") -> Known | None:
    if len(data) > MAX_CONTROL_BYTES:
        return None
    try:
        return decoder.decode(data)
    except (ValueError, RecursionError):  # msgspec's and Unicode's errors are ValueErrors
        return None
