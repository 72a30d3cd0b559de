"""Messages as bytes. What a peer sends is hostile until it fits: bounded, then validated into a frozen value."""

from typing import Any

import msgpack  # type: ignore[import-untyped]  # it ships no types
import msgspec

from swarm.lease.message import FromCoordinator, FromWorker, Message

CONTROL_MAX = 64 * 1024  # bytes of a control message
CLIP_MAX = 8 * 1024 * 1024  # bytes of the frame that follows a Clip
ITEMS_MAX = 8192  # of one array
FIELDS_MAX = 256  # of one map


def pack(message: Message) -> bytes:
    """A message as msgpack; may come out over CONTROL_MAX, which no peer would read."""
    return msgspec.msgpack.encode(message)


def unpack_from_worker(data: bytes) -> FromWorker | None:
    """What a worker said, or None if it does not fit."""
    message: FromWorker | None = _unpack(data, FromWorker)
    return message


def unpack_from_coordinator(data: bytes) -> FromCoordinator | None:
    """What a coordinator said, or None if it does not fit."""
    message: FromCoordinator | None = _unpack(data, FromCoordinator)
    return message


def _unpack(data: bytes, known: Any) -> Any:
    if len(data) > CONTROL_MAX:
        return None
    try:
        value = msgpack.unpackb(
            data, strict_map_key=True, max_array_len=ITEMS_MAX, max_map_len=FIELDS_MAX, max_bin_len=0, max_ext_len=0
        )
        return msgspec.convert(value, known)
    except (ValueError, RecursionError, msgpack.UnpackException):  # msgspec's and Unicode's errors are ValueErrors
        return None
