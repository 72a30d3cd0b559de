"""Messages as bytes. Bytes from a peer are hostile until they are bounded and validated into a frozen value.

No character of a peer's texts steers a terminal."""

from functools import cache
from typing import TypeVar

from msgspec import Struct, inspect, msgpack, structs

from swarm.job.spec import Recipe
from swarm.lease.envelope import Count, Message, Name
from swarm.lease.message import PROTOCOL, FromCoordinator, FromWorker, Hello, Line
from swarm.system.text import plain_line

AS_IT_IS = (Recipe, Line)

Value = TypeVar("Value")


def plain(value: Value) -> Value:
    """Return a message, or a part of one, whose names, titles and notes are single lines of plain text."""
    if isinstance(value, str):
        return plain_line(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(map(plain, value))  # type: ignore[return-value]
    if not isinstance(value, Struct) or isinstance(value, AS_IT_IS):
        return value
    before = {name: getattr(value, name) for name in _telling(type(value))}
    after = {name: plain(held) for name, held in before.items()}
    return value if after == before else structs.replace(value, **after)


@cache
def _telling(kind: type[Struct]) -> tuple[str, ...]:
    """Return the fields of a struct that may hold a stranger's text; digests and keys are bounded by patterns."""
    told = inspect.type_info(kind)  # a question for each field would take five times as long
    assert isinstance(told, inspect.StructType)
    return tuple(field.name for field in told.fields if _holds_text(field.type))


def _holds_text(kind: inspect.Type) -> bool:
    match kind:
        case inspect.StrType():
            return kind.pattern is None
        case inspect.VarTupleType():
            return _holds_text(kind.item_type)
        case inspect.UnionType():
            return any(map(_holds_text, kind.types))
        case inspect.StructType():
            return not issubclass(kind.cls, AS_IT_IS) and any(_holds_text(field.type) for field in kind.fields)
    return False


MAX_CONTROL_BYTES = 64 * 1024  # bytes of a control message

Known = TypeVar("Known")


class Greeting(Message, frozen=True, tag="Hello"):
    """What the greetings of all protocols say."""

    name: Name = ""
    version: Name = ""
    protocol: Count = 1


_FROM_WORKER: "msgpack.Decoder[FromWorker]" = msgpack.Decoder(FromWorker)
_GREETING: "msgpack.Decoder[Greeting]" = msgpack.Decoder(Greeting)
_FROM_COORDINATOR: "msgpack.Decoder[FromCoordinator]" = msgpack.Decoder(FromCoordinator)


def pack(message: Message) -> bytes:
    """Encode a message as msgpack. The result may exceed MAX_CONTROL_BYTES, which no peer would read."""
    return msgpack.encode(message)


def unpack_from_worker(data: bytes) -> FromWorker | None:
    """Decode a message of a worker, or return None if it does not fit."""
    return _unpack(data, _FROM_WORKER) or _other_greeting(data)


def _other_greeting(data: bytes) -> Hello | None:
    """Return a greeting of another protocol, whatever else it says by now, so that it can be refused."""
    greeting = _unpack(data, _GREETING)
    if greeting is None or greeting.protocol == PROTOCOL:
        return None
    return Hello("", "", greeting.name, greeting.version, (), (), 1, greeting.protocol)


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
