"""Decides which workers have the last word on a place that failed often. Pure.

An identity costs nothing, so failures alone do not set a place aside: first those have tried it that have delivered the
most clips of all that are here.
"""

from collections.abc import Iterable

from swarm.job.state import Place
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import MAX_ATTEMPTS, ServedJob

OTHERS_TRY_S = 60.0  # a worker leaves a place to others for so long after it failed there
OTHERS_WAITED_FOR_S = 120.0  # a second worker may hold other leases and never be free
OTHERS_COME_S = 30.0  # failures of workers that have delivered nothing count after this time


def has_failed_often(served: ServedJob, place: Place) -> bool:
    """Return whether a place failed so often that only a last word is missing to set it aside."""
    return len(served.state.failures.get(place, ())) >= MAX_ATTEMPTS


def others_could(served: ServedJob, sessions: Iterable[Session], place: Place, now: float) -> bool:
    """Return whether a worker is here that could speak a place where others failed, and has not tried it."""
    blamed = {failure.worker for failure in served.state.failures.get(place, ())}
    tried = served.ledger.tried.get(place, {})
    others = (s for s in sessions if s.worker not in blamed and s.key not in tried and s.is_at_work(now))
    return any(served.can_try(session, now, place) for session in others)


def leaves_to_others(served: ServedJob, sessions: Iterable[Session], place: Place, now: float) -> bool:
    """Return whether a worker that failed at a place leaves it to others for now: not for ever, since none might."""
    recent = now - served.ledger.failed_s.get(place, now) < OTHERS_TRY_S
    return recent and others_could(served, sessions, place, now)


def has_waited_long(served: ServedJob, place: Place, now: float) -> bool:
    """Return whether a place has waited long for workers to try it that have delivered nothing."""
    return now - served.ledger.first_failed_s.get(place, now) >= OTHERS_WAITED_FOR_S


def last_word(served: ServedJob, sessions: Iterable[Session], place: Place, now: float) -> list[Session]:
    """Return the workers that have to try a place before it is set aside; none where those that tried it decide."""
    able = [s for s in sessions if s.is_at_work(now) and served.can_try(s, now, place)]
    tried = served.ledger.tried.get(place, {})
    others_had_time = has_waited_long(served, place, now)  # a worker that never tries anything would be waited for
    fresh = [session for session in able if session.key not in tried and (session.segments or not others_had_time)]
    most = max((session.segments for session in fresh), default=-1)
    if any(session.segments > most for session in able):
        return []
    return [session for session in fresh if session.segments == most]


def is_heard(served: ServedJob, sessions: Iterable[Session], place: Place, now: float) -> bool:
    """Return whether the failures at a place are believed: one is of a worker that has delivered, or time has passed.

    Otherwise those that come first could set a book aside before any other worker is there.
    """
    tried, since_s = served.ledger.tried.get(place, {}), served.ledger.first_failed_s.get(place, now)
    proven = any(session.segments for session in sessions if session.key in tried)
    return proven or now - since_s >= OTHERS_COME_S
