"""The story of one segment: the log of a world, filtered by place."""

from __future__ import annotations

from typing import Any

from swarm.job.record import Record
from swarm.lease.message import (
    Accepted,
    Clip,
    Done,
    Failed,
    Grant,
    Heartbeat,
    Held,
    Hello,
    Job,
    Rejected,
    Release,
    Revoke,
    Skip,
    Trim,
    Wanted,
    Welcome,
)

ROUTINE = (Hello, Welcome, Heartbeat, Done, Job)  # left out of a brief story
Spot = tuple[str, int, int]  # job, chapter, index


class Violation(AssertionError):
    """An invariant does not hold. `spots` are the segments whose story matters."""

    def __init__(self, what: str, *spots: Spot) -> None:
        super().__init__(what)
        self.what, self.spots = what, spots


class Story:
    """Everything that was logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str, str, tuple[Any, ...]]] = []

    def add(self, at_s: float, who: str, what: str, about: tuple[Any, ...]) -> None:
        """Add one more line to the story."""
        self.lines.append((at_s, who, what, about))

    def of(self, spot: Spot, *, brief: bool = False) -> str:
        """Return the lines about a segment and about machines; `brief` leaves out what is said every second."""
        self._leases: set[int] = set()
        kept = [line for line in self.lines if self._concerns(line[3], spot)]
        if brief:
            kept = [line for line in kept if not (line[3] and isinstance(line[3][0], ROUTINE))]
            kept = [line for line in kept if "prefetches" not in line[2]]
        return "\n".join(
            f"{at_s:9.3f} {who:14} {what} {' '.join(map(_short, about))}" for at_s, who, what, about in kept
        )

    def _concerns(self, about: tuple[Any, ...], spot: Spot) -> bool:
        if not about or about[0] in ("", None):
            return True
        subject = about[0]
        if isinstance(subject, tuple):
            return subject in (spot, spot[1:])
        if isinstance(subject, Record):
            return (getattr(subject, "chapter", None), getattr(subject, "index", None)) == spot[1:]
        return self._mentions(subject, spot)

    def _mentions(self, message: Any, spot: Spot) -> bool:
        match message:
            case Clip() | Failed() | Rejected():
                return (message.job, message.chapter, message.index) == spot
            case Grant():
                found = (message.job, message.chapter) == spot[:2] and spot[2] in [line.index for line in message.lines]
                if found:
                    self._leases.add(message.lease)
                return found
            case Accepted() | Held():
                return message.job == spot[0] and any(clip[:2] == spot[1:] for clip in message.clips)
            case Wanted():
                return message.job == spot[0] and any(c[:2] == spot[1:] for c in message.wanted + message.forget)
            case Trim() | Skip() | Revoke() | Release():
                return message.lease in self._leases
            case Heartbeat():
                return any(lease in self._leases for lease in message.leases)
        return True


def _short(thing: Any) -> str:
    if isinstance(thing, Grant):
        return f"Grant(lease={thing.lease}, slot={thing.slot}, {thing.chapter}: {[line.index for line in thing.lines]})"
    text = str(thing)
    return text if len(text) < 220 else text[:220] + "…"
