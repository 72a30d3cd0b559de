"""Which machines sleep that their owners let the swarm wake, and which of them are woken for the work that waits.

The time now and the day of the calendar come as arguments."""

from collections.abc import Iterable, Sequence
from math import inf
from typing import Literal, NamedTuple

from msgspec import Struct, structs

from swarm.lease.message import JobStatus, SleeperRow, Wakeable

MAX_SLEEPERS = 64
PATIENCE_S = 30.0  # so much work has to wait for so long: a book that has just begun has no estimate
RETRY_S = 120.0  # a machine is asked again so late
MAX_TRIES = 5
WAKING_S = 600.0  # a machine that comes back so long after it was asked was woken by that
AGAIN_S = 3600.0  # one that was woken and sleeps again is left alone for so long


class WakeSight(NamedTuple):
    """A worker that is connected, whose owner lets the swarm wake it."""

    worker: str
    name: str
    wake: Wakeable
    is_asleep: bool = False  # it said that it goes to sleep
    is_silent: bool = False


class Sleeper(Struct, frozen=True):
    """A machine that may be woken, as it was seen last."""

    worker: str
    name: str
    hardware: tuple[str, ...]
    state: Literal["awake", "asleep", "by hand"] = "awake"  # a user put it to sleep by hand, or it may be so
    since_s: float = 0.0  # when it came into this state
    day: int = 0  # the day on which that began
    asked_s: float = 0.0  # it was last asked to wake then; 0: never in this state
    tries: int = 0
    woken: bool = False  # it last woke for the work that waited

    def may_wake(self, now: float, day: int) -> bool:
        """Tell whether it is asked to wake now: never on the day on which a user put it to sleep by hand."""
        if self.state == "awake" or (self.state == "by hand" and day <= self.day) or self.tries >= MAX_TRIES:
            return False
        return now - self.asked_s >= RETRY_S and not (self.woken and now - self.since_s < AGAIN_S)


class Sleepers:
    """The machines that may be woken, by the ids of their workers. `above_s`: more work than that wakes them."""

    def __init__(self, above_s: float, known: Iterable[Sleeper] = ()) -> None:
        self._above_s = above_s
        self.known = {each.worker: each for each in known if each.state != "awake"}
        self._waits_since_s: float | None = None  # there has been more work than `above_s` since then

    def observe(self, sights: Sequence[WakeSight], now: float, day: int) -> list[str]:
        """Take in what is seen of workers; return those that were woken and are back.

        One that left without a silence was stopped by its user, and is forgotten.
        """
        seen = {sight.worker: self._seen(sight, now, day) for sight in sights}
        woken = [worker for worker, each in seen.items() if each.woken and each.since_s == now == each.asked_s]
        asleep = {worker: each for worker, each in self.known.items() if each.state != "awake"}
        self.known = dict(list({**asleep, **seen}.items())[-MAX_SLEEPERS:])
        return woken

    def _seen(self, sight: WakeSight, now: float, day: int) -> Sleeper:
        fresh = Sleeper(sight.worker, sight.name, sight.wake.hardware, since_s=now, day=day)
        before = self.known.get(sight.worker, fresh)
        if not (sight.is_asleep or sight.is_silent):
            is_back = before.state != "awake"
            woken = 0 < now - before.asked_s < WAKING_S if is_back else before.woken
            at_s = (now if woken else 0.0) if is_back else before.asked_s
            return structs.replace(fresh, since_s=now if is_back else before.since_s, woken=woken, asked_s=at_s)
        if before.state != "awake":
            return before
        state: Literal["asleep", "by hand"] = "asleep" if sight.is_asleep and not sight.wake.by_hand else "by hand"
        return structs.replace(fresh, state=state, woken=before.woken)

    def due(self, work_s: float, now: float, day: int) -> list[Sleeper]:
        """Return the machines that are to be woken now, if so many seconds of work wait."""
        if work_s <= self._above_s:
            self._waits_since_s = None
            return []
        self._waits_since_s = now if self._waits_since_s is None else self._waits_since_s
        if now - self._waits_since_s < PATIENCE_S:
            return []
        found = [each for each in self.known.values() if each.may_wake(now, day)]
        for each in found:
            self.known[each.worker] = structs.replace(each, asked_s=now, tries=each.tries + 1)
        return found

    def rows(self, now: float) -> tuple[SleeperRow, ...]:
        """Return the machines that sleep, as people see them."""
        asleep = [each for each in self.known.values() if each.state != "awake"]
        return tuple(
            SleeperRow(
                each.name,
                "waking" if each.asked_s and now - each.asked_s < WAKING_S else each.state,
                max(0.0, now - each.since_s),
            )
            for each in asleep
        )


def work_left_s(jobs: Sequence[JobStatus], waiting: int) -> float:
    """Return about how many seconds of work wait, `waiting` books that are not read yet among it.

    It is without end where nobody speaks, since then nothing tells.
    """
    left = [job for job in jobs if job.state in ("waiting", "speaking") and not is_paused(job)]
    if not left and not waiting:
        return 0.0
    known = [job.eta_s for job in left if job.eta_s is not None]
    return max(known) + waiting * sum(known) / len(known) if known else inf


def is_paused(job: JobStatus) -> bool:
    """Tell whether a user paused a job."""
    return job.reason is not None and job.reason.code == "paused"
