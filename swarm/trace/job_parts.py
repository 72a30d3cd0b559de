"""Splits a job's state into pieces of bounded size for a log, and joins them again for a replay."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import structs

from swarm.job.book import Chapter
from swarm.job.spec import JobSpec
from swarm.job.state import JobState

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
