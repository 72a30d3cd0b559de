"""Decides how many more pilots to ask for: workers that a batch system lends for a while. Pure."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Literal

LEAST_USE_S = 120.0  # a pilot has to start its engine, so it must have so much to speak
MARGIN = 1.1  # more is planned than is left: speeds vary, and the last sentences wait for the slowest
Bound = Literal["nothing left", "most", "soon done", "in time", "unmeasured", "budget", "enough"]


@dataclass(frozen=True)
class Wish:
    """What the user allows and wants: pilots at a time, seconds that each stays, and when all should be spoken."""

    most: int
    stay_s: float
    until_s: float | None = None  # seconds since the epoch
    budget_s: float | None = None  # seconds of all pilots together


@dataclass(frozen=True)
class Fleet:
    """What is left to speak, and who is there to speak it."""

    characters: int
    segments: int
    pace: float  # characters a second of the workers whose speed is known
    measured: int  # workers whose speed is known
    workers: int  # all workers at the coordinator, pilots among them
    joined: int  # pilots at the coordinator
    asked: int  # pilots that were asked for and have not joined
    start_s: float  # seconds from asking for a pilot to its arrival
    spent_s: float  # seconds that ended pilots took, and that all others may still take


@dataclass(frozen=True)
class PilotAdvice:
    """How many pilots to ask for, and what bounds their number."""

    pilots: int
    bound: Bound


def advise(wish: Wish, fleet: Fleet, now: float) -> PilotAdvice:
    """Return how many more pilots to ask for."""
    if not fleet.characters:
        return PilotAdvice(0, "nothing left")
    bounds: list[tuple[int, Bound]] = [
        (wish.most - fleet.joined - fleet.asked, "most"),
        (_useful(fleet), "soon done"),
        (fleet.segments - fleet.workers - fleet.asked, "soon done"),
        _affordable(wish, fleet),
    ]
    if wish.until_s is not None:
        bounds.append(_needed(wish.until_s, fleet, now))
    pilots, bound = min(bounds, key=lambda each: each[0])
    return PilotAdvice(max(0, pilots), bound)


def _useful(fleet: Fleet) -> int:
    """Return how many more pilots would find work for a while, if all workers shared what is left."""
    if not fleet.measured:
        return fleet.segments
    use_s = max(LEAST_USE_S, 2 * fleet.start_s)
    in_all = floor(fleet.characters / (fleet.pace / fleet.measured * use_s))
    nobody = fleet.workers + fleet.asked == 0
    return max(in_all, int(nobody)) - fleet.workers - fleet.asked


def _needed(until_s: float, fleet: Fleet, now: float) -> tuple[int, Bound]:
    """Return how many more pilots speak all in time; one where no speed is known, to measure it."""
    if not fleet.measured:
        return int(fleet.workers + fleet.asked == 0), "unmeasured"
    left_s = until_s - now
    working_s = left_s - fleet.start_s
    if working_s <= 0:  # a pilot that starts now is too late, yet each shortens the delay
        return fleet.segments, "in time"
    each = fleet.pace / fleet.measured
    by_workers = each * fleet.workers * left_s + each * fleet.asked * working_s
    missing = ceil((MARGIN * fleet.characters - by_workers) / (each * working_s))
    return missing, "in time" if missing > 0 else "enough"


def _affordable(wish: Wish, fleet: Fleet) -> tuple[int, Bound]:
    if wish.budget_s is None:
        return fleet.segments, "soon done"
    return floor((wish.budget_s - fleet.spent_s) / wish.stay_s), "budget"
