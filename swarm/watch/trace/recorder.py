"""Records the calls of pure cores: each call becomes a line of the log, with its arguments and its result.

A line is `{"at": seconds, "core": "coordinator", "call": "receive", "given": {...}, "result": {...}}`. Frames are
written as their size, since a message names their digest; pieces of latents are written whole, for a core hashes
them. A job's state is split into pieces of bounded size, and joined again for a replay."""

import inspect
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

import msgspec
from msgspec import Struct, structs

from swarm import __version__
from swarm.book.model.book import Chapter
from swarm.job.job_asset import PIECE_BYTES
from swarm.job.spec import JobSpec
from swarm.job.state import JobState
from swarm.lease.file_transfer import Piece
from swarm.lease.message import StatusReply
from swarm.watch.trace.log_file import LogFile

MAX_ITEMS = 500  # items of a field in one piece

Part = Mapping[str, Any]


def parts_of(state: JobState) -> Iterator[Part]:
    """Yield the pieces of a job's state: its spec without cover, its chapters, then its other fields."""
    spec = state.spec
    yield {
        "job": spec.job,
        "spec": structs.replace(spec, chapters=(), book=structs.replace(spec.book, cover=None)),
    }
    for chapter in spec.chapters:
        yield {"job": spec.job, "chapter": chapter}
    for each in fields(state):
        value = getattr(state, each.name)
        if isinstance(value, dict):
            for items in _batches(value.items()):
                yield {"job": spec.job, "field": each.name, "items": items}
        elif each.name != "spec":
            yield {"job": spec.job, "field": each.name, "value": value}


def _batches(items: Iterable[tuple[Any, Any]]) -> Iterator[list[tuple[Any, Any]]]:
    items_list = list(items)
    return (items_list[start : start + MAX_ITEMS] for start in range(0, len(items_list), MAX_ITEMS))


def state_from(parts: Iterable[Part]) -> JobState:
    """Rebuild a job's state from its pieces. Raises msgspec.ValidationError, KeyError, StopIteration."""
    parts = list(parts)
    chapters = tuple(msgspec.convert(part["chapter"], Chapter) for part in parts if "chapter" in part)
    spec = next(msgspec.convert(part["spec"], JobSpec) for part in parts if "spec" in part)
    state, hints = JobState(structs.replace(spec, chapters=chapters)), get_type_hints(JobState)
    for part in parts:
        if "items" in part:
            key, value = get_args(hints[part["field"]])
            found = {msgspec.convert(k, key): msgspec.convert(v, value) for k, v in part["items"]}
            getattr(state, part["field"]).update(found)
        elif "field" in part:
            setattr(state, part["field"], msgspec.convert(part["value"], hints[part["field"]]))
    return state


FORMAT = 2  # a log of another format is not replayed
OPEN = "open"  # the call that begins a core
PART = "part"  # a piece of a job's state, which comes before the call that adds the job
SET = "set"  # an attribute that the shell set
READS = frozenset(
    {"status", "hopeless", "next_deadline", "serves", "coming", "piece_bytes"}
)  # methods that change nothing
MAX_SHORT_BYTES = 64  # shorter bytes are names of peers and the like, longer ones are frames

Core = TypeVar("Core")
Line = Callable[..., None]

logger = logging.getLogger(__name__)


class Trace:
    """The log of one process, or no log. `watch` returns a core that behaves the same and is recorded.

    `clock` returns the time of each line, in seconds since the epoch.
    """

    def __init__(self, log: LogFile | None = None, clock: Callable[[], float] = time.time) -> None:
        self._log, self._clock = log, clock
        self._encoder = msgspec.json.Encoder(enc_hook=lambda value: type(value).__name__)
        self._watched: dict[str, WatchedCore] = {}  # the current core of each name

    def watch(self, name: str, core: Core, **opening: object) -> Core:
        """Return a core whose calls are recorded; without a log return the core itself.

        `name` is "coordinator" or "worker"; `opening` are the arguments that the core was made from.
        """
        if self._log is None:
            return core
        watched = WatchedCore(name, core, self._write)
        self._watched[name] = watched
        self._write(name, OPEN, opening, {"format": FORMAT, "version": __version__})
        return cast(Core, watched)

    def _write(self, core: str, call: str, given: Mapping[str, object], result: object) -> None:
        if self._log is None:
            return
        line = {"at": round(self._clock(), 6), "core": core, "call": call, "given": given, "result": result}
        try:
            self._log.write_line(self._encoder.encode(line))
        # A lone surrogate in a file's name, for example, raises this.
        except (TypeError, ValueError, RecursionError) as fault:
            logger.warning(f"a line is missing in the log, a call of {call}: {fault}")

    def close_log(self) -> None:
        """Write the final status of coordinators, and close the file."""
        for watched in self._watched.values():
            watched._conclude()
        if self._log is not None:
            self._log.close()
        self._log = None

    def __enter__(self) -> "Trace":
        return self

    def __exit__(self, *_: object) -> None:
        self.close_log()


NO_TRACE = Trace()


class WatchedCore:
    """A proxy of a core for its shell. It records the calls that may change the core, once they return."""

    def __init__(self, name: str, core: object, write: Line) -> None:
        vars(self).update(_name=name, _core=core, _write=write, _heard_s=None)

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._core, attribute)
        if attribute in READS or not inspect.ismethod(found):
            return found
        call = self._watched_call(attribute, found)
        vars(self)[attribute] = call  # the next access finds the attribute without __getattr__
        return call

    def __setattr__(self, attribute: str, value: object) -> None:
        setattr(self._core, attribute, value)
        self._write(self._name, SET, {attribute: _plain(value)}, None)

    def _watched_call(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        names = tuple(inspect.signature(method).parameters)

        def call(*args: object, **more: object) -> object:
            given = dict(zip(names, args, strict=False)) | more
            vars(self)["_heard_s"] = given.get("now", self._heard_s)
            self._write_parts(given)
            result: object = None
            try:
                result = method(*args, **more)
            except Exception as fault:
                result = {"raised": type(fault).__name__}
                raise
            finally:
                self._write(self._name, name, plain_arguments(given), plain_result(result))
            return result

        return call

    def _write_parts(self, given: Mapping[str, object]) -> None:
        for value in given.values():
            if isinstance(value, JobState):
                for part in parts_of(value):
                    self._write(self._name, PART, part, None)

    def _conclude(self) -> None:
        if self._heard_s is not None and hasattr(self._core, "status"):
            now = self._heard_s
            self._write(self._name, "status", {"now": now}, self._core.status(now))


def plain_arguments(given: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments of a call as values that JSON can represent."""
    message = given.get("message")
    whole = isinstance(message, Piece) and message.kind not in ("clip", "reel")
    return {
        name: value if whole and isinstance(value, bytes) and len(value) <= PIECE_BYTES else _plain(value)
        for name, value in given.items()
    }


def plain_result(result: object) -> object:
    """Return the result of a call as values that JSON can represent, without the empty fields of an outcome."""
    if hasattr(type(result), "__dataclass_fields__"):
        return {name: _plain(value) for name, value in vars(result).items() if value or value is False}
    return _plain(result)


@cache
def has_bytes(kind: type[Struct]) -> bool:
    """Tell whether a struct has a field of bytes, as a clip that was just spoken has."""
    return any(each.type is bytes for each in structs.fields(kind))


def _plain(value: Any) -> object:
    kind = type(value)
    if kind in (str, int, float, bool) or value is None:
        return value
    if isinstance(value, Struct):
        if has_bytes(type(value)):
            return {name: _plain(getattr(value, name)) for name in kind.__struct_fields__}
        return {"type": kind.__name__} if kind is StatusReply else value
    if isinstance(value, bytes):
        return value if len(value) <= MAX_SHORT_BYTES else {"size": len(value)}
    if isinstance(value, JobState):
        return {"job": value.job}
    if hasattr(kind, "__dataclass_fields__"):
        return {"type": kind.__name__, **{name: _plain(each) for name, each in vars(value).items()}}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value
