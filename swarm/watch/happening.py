"""One thing that a log tells of, and how places of a book are named there."""

from collections.abc import Iterable
from typing import NamedTuple

Place = tuple[int, int]  # chapter and index, from 0
Spot = tuple[str, int, int]  # job, chapter, index


class Happening(NamedTuple):
    """An event, as a core tells it.

    `teller` is the core's machine, "" where the log does not name it, and `role` is what it is there. `machine` is the
    worker that it is about, "" for none.
    """

    at_s: float
    role: str  # "coordinator" or "worker"
    teller: str
    text: str
    machine: str = ""
    spots: frozenset[Spot] = frozenset()


def spots_of(job: str, chapter: int, indexes: Iterable[int]) -> frozenset[Spot]:
    """Return the places of some sentences of one chapter."""
    return frozenset((job, chapter, index) for index in indexes)


def named(spots: Iterable[Spot]) -> str:
    """Name places as users count them, from 1: "3/17", "3/12 to 3/20", "3/12 to 3/20 (5 sentences)"."""
    places = sorted({(chapter, index) for _, chapter, index in spots})
    if not places:
        return "nothing"
    first, last = (f"{chapter + 1}/{index + 1}" for chapter, index in (places[0], places[-1]))
    if len(places) == 1:
        return first
    whole = places[-1][0] == places[0][0] and places[-1][1] - places[0][1] == len(places) - 1
    return f"{first} to {last}" if whole else f"{first} to {last} ({len(places)} sentences)"
