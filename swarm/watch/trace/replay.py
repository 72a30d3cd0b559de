"""Replays a log through fresh cores, in which the same calls have to give the same results."""

import base64
import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from swarm.errors import UsageError
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.worker.worker_core import WorkerCore
from swarm.system.text import clean
from swarm.watch.trace.log_file import Entry
from swarm.watch.trace.recorder import FORMAT, OPEN, PART, SET, plain_result, state_from

MAX_FRAME_BYTES = 8 * 1024 * 1024  # a log may claim any size for a clip
DAMAGE = (TypeError, ValueError, LookupError, AttributeError, OverflowError, RecursionError, StopIteration)
CORES: dict[str, type] = {"coordinator": CoordinatorCore, "worker": WorkerCore}


class Difference(Struct, frozen=True):
    """A call whose result differs from the logged one. `number` counts the log's entries from 1."""

    number: int
    core: str
    call: str
    logged: str
    replayed: str


class Replay:
    """The cores that a log rebuilds, by name. `calls` counts the calls that were repeated."""

    def __init__(self) -> None:
        self.cores: dict[str, Any] = {}
        self.calls = 0
        self.headless = 0  # calls of cores whose start is not in the log
        self._parts: list[dict[str, Any]] = []

    def repeat_calls(self, entries: Iterable[Entry]) -> Iterator[Difference]:
        """Repeat a log's calls in order, and yield those with another result, and damaged entries."""
        for number, entry in enumerate(entries, 1):
            try:
                logged, replayed = self._take(entry)
            except DAMAGE as fault:
                logged, replayed = None, {"damaged": type(fault).__name__}
            if logged != replayed:
                yield Difference(number, entry.core, entry.call, _short(logged), _short(replayed))

    def _take(self, entry: Entry) -> tuple[Any, Any]:
        """Handle one entry; return the logged and the replayed result, or (None, None) if the entry is not a call."""
        given = {name: msgspec.json.decode(raw) for name, raw in entry.given.items()}
        if entry.call == OPEN and entry.core in CORES:
            _check_format(entry)
            self.cores[entry.core] = CORES[entry.core](**_typed(given, _hints(CORES[entry.core])))
        elif entry.call == PART:
            self._parts.append(given)
        elif entry.core not in self.cores:
            self.headless += 1
        else:
            self.calls += 1
            return msgspec.json.decode(entry.result), self._repeat(entry, given)
        return None, None

    def _repeat(self, entry: Entry, given: dict[str, Any]) -> Any:
        core = self.cores[entry.core]
        if entry.call == SET:
            for name, value in _typed(given, _hints(core.__class__)).items():
                setattr(core, name, value)
            return None
        method = getattr(core, entry.call, None)
        if entry.call.startswith("_") or not inspect.ismethod(method):
            return {"unknown": entry.call}
        if "state" in given:
            given["state"], self._parts = state_from(self._parts_of(given["state"])), []
        arguments = _typed(given, _hints(method.__func__))
        try:
            result = method(**arguments)
        except Exception as fault:
            return {"raised": type(fault).__name__}
        kept = result if entry.call == "status" else plain_result(result)
        return msgspec.json.decode(msgspec.json.encode(kept, enc_hook=lambda value: type(value).__name__))

    def _parts_of(self, state: dict[str, Any]) -> list[dict[str, Any]]:
        return [part for part in self._parts if part["job"] == state["job"]]


def _check_format(entry: Entry) -> None:
    """Refuse the log of a version whose calls the cores of this one do not know. Raises UsageError."""
    match msgspec.json.decode(entry.result):
        case {"format": int(written), "version": str(version)} if written != FORMAT:
            raise UsageError(
                f"The log was written by e2a-swarm {clean(version)[:50]}, whose calls this version does not know: "
                "replay it with that version."
            )


@cache
def _hints(called: Callable[..., Any]) -> dict[str, Any]:
    """Return the argument types of a method or class."""
    return get_type_hints(called)


def _typed(given: dict[str, Any], hints: dict[str, Any]) -> dict[str, Any]:
    """Convert a call's arguments to their types; a frame with only its size in the log becomes zeros."""
    return {
        name: value if isinstance(value, JobState) else msgspec.convert(_with_frames(value), hints.get(name, Any))
        for name, value in given.items()
    }


def _with_frames(value: Any) -> Any:
    """Replace each frame that was logged by its size with as many zeros, in base64."""
    if isinstance(value, list):
        return [_with_frames(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"size"} and isinstance(value["size"], int):
        return base64.b64encode(bytes(min(value["size"], MAX_FRAME_BYTES))).decode()
    return {name: _with_frames(each) for name, each in value.items()}


def _short(value: object) -> str:
    return msgspec.json.encode(value).decode()[:2000]
