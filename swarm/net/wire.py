"""Messages as bytes. Bytes from a peer are hostile until they are bounded and validated into a frozen value.

They are decoded straight into the types of `lease/message.py`. A value beyond its bound there is refused before any of
it is built; unknown fields are ignored. Names, titles and notes lose what could steer a terminal.
"""

from typing import TypeVar

from msgspec import msgpack

from swarm.lease.bounds import MAX_CLIP_BYTES as MAX_CLIP_BYTES
from swarm.lease.envelope import Message
from swarm.lease.message import FromCoordinator, FromWorker
from swarm.net.plain import plain

MAX_CONTROL_BYTES = 64 * 1024  # bytes of a control message

Known = TypeVar("Known")

_FROM_WORKER: "msgpack.Decoder[FromWorker]" = msgpack.Decoder(FromWorker)
_FROM_COORDINATOR: "msgpack.Decoder[FromCoordinator]" = msgpack.Decoder(FromCoordinator)


def pack(message: Message) -> bytes:
    """Encode a message as msgpack. The result may exceed MAX_CONTROL_BYTES, which no peer would read."""
    return msgpack.encode(message)


def unpack_from_worker(data: bytes) -> FromWorker | None:
    """Decode a message of a worker, or return None if it does not fit."""
    return _unpack(data, _FROM_WORKER)


def unpack_from_coordinator(data: bytes) -> FromCoordinator | None:
    """Decode a message of a coordinator, or return None if it does not fit."""
    return _unpack(data, _FROM_COORDINATOR)


def _unpack(data: bytes, decoder: "msgpack.Decoder[Known]") -> Known | None:
    if len(data) > MAX_CONTROL_BYTES:
        return None
    try:
        return plain(decoder.decode(data))
    except (ValueError, RecursionError):  # the errors of msgspec and Unicode are ValueErrors
        return None
