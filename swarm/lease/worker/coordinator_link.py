"""One coordinator as a worker sees it."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from swarm.job.recipe import Recipe
from swarm.lease.message import Job, Welcome
from swarm.lease.worker.slot import EngineSlot

FIRST_WINDOW = 512 * 1024
MIN_WINDOW = 64 * 1024
QUICK_S, SLOW_S = 0.5, 1.5  # from sending a clip to its acceptance: between the two the window is right
SHRINK = 0.7
SILENT_S = 3.0  # a coordinator that answers no offer for so long may be gone; others are asked too
NO_KINDRED: Mapping[int, Container[str]] = {}
EMPTY_S = 5.0  # a coordinator that had nothing is asked first again after so long


@dataclass
class CoordinatorLink:
    """The state of one connection; `name` is the shell's word for it."""

    name: str
    welcome: Welcome | None = None
    credit: int = 0  # bytes of unacknowledged audio it allows
    window: int = FIRST_WINDOW  # about a second of what the link and the coordinator's disk take
    shrunk_s: float = 0.0
    refused: str = ""
    final: bool = False  # it said that it ends
    failed: bool = False  # for a fault: it may come back
    jobs: dict[str, Job] = field(default_factory=dict)
    offers: set[int] = field(default_factory=set)  # the slots offered to it
    heard_s: float = 0.0  # its last message
    empty_until_s: float = 0.0  # it had nothing; others come first until then
    served_s: float = 0.0  # work done for it, so that all get their share

    @property
    def up(self) -> bool:
        """Whether it let this worker in and is in reach."""
        return self.welcome is not None

    @property
    def recipes(self) -> list[Recipe]:
        """What its jobs are spoken with, as far as it told."""
        return [job.recipe for job in self.jobs.values()]

    @property
    def allowance(self) -> int:
        """Bytes that may be under way: what is allowed, and no more than arrives soon, else heartbeats come late."""
        return min(self.credit, self.window)

    def answered(self, age_s: float, size: int, now: float) -> None:
        """Clips of so many bytes were accepted, so long after they were sent."""
        if age_s < QUICK_S:
            self.window = min(self.window + size, self.credit)
        elif age_s > SLOW_S and now - self.shrunk_s > SLOW_S:
            self.window, self.shrunk_s = max(MIN_WINDOW, int(self.window * SHRINK)), now

    def enter(self, welcome: Welcome) -> None:
        """It let this worker in."""
        self.welcome, self.credit, self.final = welcome, welcome.credit, False

    def resume(self, least_served_s: float) -> None:
        """It has work, perhaps after it had none."""
        if self.empty_until_s:
            self.served_s = max(self.served_s, least_served_s)
        self.empty_until_s = 0.0

    def leave(self) -> None:
        """The session is over, or was forgotten on the other side."""
        self.welcome, self.credit = None, 0
        self.offers = set()


def least_served(links: Iterable[CoordinatorLink]) -> float:
    """What a coordinator that comes with work counts as served: what it missed while it had none is not made up for."""
    return min((link.served_s for link in links if link.up and not link.empty_until_s), default=0.0)


def kindred(slots: Iterable[EngineSlot], links: Sequence[CoordinatorLink]) -> dict[int, set[str]]:
    """The coordinators whose jobs a slot can speak without loading another voice, for slots where that matters yet.

    Whose voice nobody knows yet may want the same one: a job is told with its first lease.
    """
    return {
        slot.number: {link.name for link in links if not link.jobs or slot.recipe in link.recipes}
        for slot in slots
        if slot.is_worth_keeping
    }


def share(
    links: Sequence[CoordinatorLink],
    slots: Iterable[int],
    leased: Iterable[str],
    now: float,
    kindred: Mapping[int, Container[str]] = NO_KINDRED,
) -> dict[str, set[int]]:
    """Every slot that wants more is offered to one coordinator; where all had nothing, to all of them.

    `leased` names the coordinator of each other slot's lease: whoever has the fewest slots comes first, then whoever
    was served least. A slot named in `kindred` goes to one of those there, as long as they have something for it.
    """
    hopeful = [link for link in links if link.empty_until_s <= now and now - link.heard_s < SILENT_S]
    offers: dict[str, set[int]] = {link.name: set() for link in links}
    taken = Counter(leased)
    for slot in slots:
        among = [link for link in hopeful if link.name in kindred.get(slot, ())] or hopeful
        first = min(among, key=lambda li: (taken[li.name], li.served_s), default=None)
        for link in [first] if first else links:
            offers[link.name].add(slot)
            taken[link.name] += 1
    return offers
