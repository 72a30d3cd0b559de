"""The jobs that are being served: each one's durable state, ledger and run statistics, and what would take long to
find among many jobs.

It is decided here which workers have the last word on a place that failed often. An identity costs nothing, so
failures alone do not set a place aside: first those have tried it that have delivered the most clips of all that
are here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from swarm.job.card import guest_places, read_guest
from swarm.job.job_asset import digests_of
from swarm.job.run import RunStats, lineage_of
from swarm.job.spec import TAKES, Recipe
from swarm.job.state import JobState, Place
from swarm.lease.coordinator.ledger import Lease, LeaseIndex, Ledger
from swarm.lease.coordinator.roster import Session
from swarm.lease.envelope import MAX_CAST, Resting
from swarm.lease.message import ANY, Job
from swarm.lease.scheduling import UNKNOWN_DEADLINE_S, deadline_s

MAX_ATTEMPTS = 3  # a segment that failed so often is set aside
MAX_TAKES = 2 * MAX_ATTEMPTS + TAKES


@dataclass
class ServedJob:
    """A job while a coordinator serves it."""

    state: JobState
    ledger: Ledger
    install: str = ""  # the line that brings its engine to a worker
    fetch: str = ""  # the line that brings its model, where one can be brought
    unknown_deadline_s: float = UNKNOWN_DEADLINE_S  # a segment has so long while its slot's speed is unknown
    device: str = ANY  # the kind of device that its model computes on
    is_compared: bool = True  # the same take sounds the same on any machine
    encoded: float = 0.0  # share of the sound
    first_grant_s: float | None = None  # the first grant of this run
    is_overruled: bool = False  # another coordinator has taken it over
    run_stats: RunStats = field(default_factory=RunStats)
    guests: dict[Place, Recipe] = field(init=False)  # other engines speak these places

    def __post_init__(self) -> None:
        segments = [segment for chapter in self.state.spec.chapters for segment in chapter.segments]
        self.guests = guest_places(self.state.spec.chapters)
        self.characters = sum(len(segment.written) for segment in segments)
        own = (segment.voice for segment in segments if segment.voice and read_guest(segment.voice) is None)
        self.voices = tuple(dict.fromkeys(own))[:MAX_CAST]

    @property
    def characters_left(self) -> int:
        """The characters of the book that are not yet spoken."""
        return self.characters - self.state.characters_settled

    @property
    def unencoded_s(self) -> float:
        """The seconds of sound that are not yet encoded, as far as the clips tell the length of the whole book."""
        settled = self.state.characters_settled
        if self.state.finished or not settled:
            return 0.0
        return (1 - self.encoded) * max(0.0, self.state.audio_s) * self.characters / settled

    @property
    def is_open(self) -> bool:
        """Whether sentences of it are to be spoken now."""
        return not (self.state.complete or self.state.paused or self.is_overruled)

    @property
    def recipe(self) -> Recipe:
        """The recipe of its voice."""
        return self.state.spec.recipe

    @property
    def needed(self) -> frozenset[str]:
        """The digests of the files that a worker must have before it is granted a lease."""
        return digests_of(self.state.job_files) if self.state.spec.job_files else frozenset()

    @property
    def was_taken_over(self) -> bool:
        """Whether this coordinator, or one that it resumes, took the job over from another."""
        return lineage_of(self.state.epoch) > 0

    @property
    def instruction(self) -> Job:
        """The message that tells a worker of it."""
        state, spec = self.state, self.state.spec
        return Job(spec.job, spec.title, spec.recipe, state.job_files, state.awaits_latents, state.epoch, self.voices)

    def slots_of(self, session: Session) -> frozenset[int]:
        """Return the slots of a worker that the job is for, resting ones too."""
        return session.slots_for(self.recipe, self.device)

    def ready_slots(self, session: Session) -> list[int]:
        """Return the slots of a worker that the job is for, without those that rest or have no room for its model."""
        return [slot for slot in sorted(self.slots_of(session)) if session.rest_of(slot, self.recipe) is None]

    def rests_at(self, session: Session) -> list[Resting]:
        """Return why all slots of a worker rest that the job is for; [] if one of them does not."""
        rests = [session.rest_of(slot, self.recipe) for slot in sorted(self.slots_of(session))]
        return [] if None in rests else [rest for rest in rests if rest is not None]

    def can_try(self, session: Session, now: float, place: Place | None = None) -> bool:
        """Return whether a worker can speak the job now, and this place of it.

        It has the files, does not rest and is not set aside.
        """
        ready = session.trust.aside_until_s <= now and self.needed <= session.files.job_files
        able = ready and session.can_speak(self.recipe) and not self.rests_at(session)
        return able and (place is None or self.can_host(session, place))

    def can_host(self, session: Session, place: Place) -> bool:
        """Return whether a worker of the job has the guest that speaks a place, if one does."""
        guest = self.guests.get(place)
        return guest is None or session.can_host(guest)

    def missing_guest(self, sessions: Collection[Session]) -> Recipe | None:
        """Return the guest that the rest of the job waits for, since no worker here has it; None if some can go on."""
        if not self.guests or self.ledger.leases:
            return None
        free = [(number, index) for number, indices in enumerate(self.ledger.free) for index in indices]
        if not free or any(self.can_host(session, place) for place in free for session in sessions):
            return None
        return self.guests[min(free)]

    def granted(self, now: float) -> None:
        """Take in that a lease was granted."""
        self.first_grant_s = self.first_grant_s or now
        self.run_stats.first_grant_s = self.run_stats.first_grant_s or now

    def is_wanted(self, place: Place, key: str) -> bool:
        """Return whether a place still needs the clip with this key."""
        if not self.state.exists(place) or place in self.state.accepted:
            return False
        first = self.state.first_takes.get(place, 0)
        takes = range(first, first + MAX_TAKES + 1)  # a restart forgets failures, and with them the take
        return any(self.state.key(place, take) == key for take in takes)

    def deadline_s(self, session: Session, lease: Lease) -> float:
        """Return how many seconds the segments under way of a lease may take.

        A batch may take twice as long, since the worker ends it when it is late, and looks for the segment that hangs.
        """
        place = lease.chapter, lease.pending[0]
        # A guest's own speed is unknown, and with its first sentence it is opened.
        chars_s = None if place in self.guests else session.slots[lease.slot].chars_s(self.recipe)
        doublings = self.ledger.expiries[place]
        doublings += len(lease.batch) > 1 and chars_s is not None
        return deadline_s(self.ledger.batch_characters(lease), chars_s, doublings, self.unknown_deadline_s)


def charge_idle(jobs: Iterable[ServedJob], session: Session, now: float) -> None:
    """Add to the stats of these jobs how long a worker had nothing to speak since the last call."""
    spent = session.spend_idle(now)
    for served in jobs if spent else ():
        seconds = [spent[slot] for slot in spent.keys() & served.ready_slots(session)]
        if seconds:
            served.run_stats.idle(session.worker, sum(seconds))


class Jobs(dict[str, ServedJob]):
    """The served jobs by name, in the order of the queue."""

    def __init__(self) -> None:
        super().__init__()
        self.lease_index = LeaseIndex()

    @property
    def open(self) -> dict[str, ServedJob]:
        """The jobs of which sentences are to be spoken now."""
        return {job: served for job, served in self.items() if served.is_open}

    def add_job(self, served: ServedJob) -> None:
        """Serve one more job, after the others."""
        self[served.state.job] = served

    def arrange(self, first: Sequence[str]) -> None:
        """Put these jobs first, in this order, and the others after them."""
        for job in [*(job for job in first if job in self), *(job for job in self if job not in first)]:
            self[job] = self.pop(job)

    def note_encoded(self, encoded: Mapping[str, float]) -> float:
        """Note what share of each job's sound is encoded, and return the seconds of sound that are not."""
        for job, share in encoded.items():
            self[job].encoded = share
        return sum(self[job].unencoded_s for job in encoded)

    def leases_of(self, session: Session) -> dict[int, Lease]:
        """Return the leases of a session by their ids, reservations too."""
        return self.lease_index.of(session.key)

    def of(self, lease: Lease) -> ServedJob:
        """Return the job of a lease."""
        return self[lease.job]


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
    fresh = [
        session for session in able if session.key not in tried and (session.trust.segments or not others_had_time)
    ]
    most = max((session.trust.segments for session in fresh), default=-1)
    if any(session.trust.segments > most for session in able):
        return []
    return [session for session in fresh if session.trust.segments == most]


def is_heard(served: ServedJob, sessions: Iterable[Session], place: Place, now: float) -> bool:
    """Return whether the failures at a place are believed: one is of a worker that has delivered, or time has passed.

    Otherwise those that come first could set a book aside before any other worker is there.
    """
    tried, since_s = served.ledger.tried.get(place, {}), served.ledger.first_failed_s.get(place, now)
    proven = any(session.trust.segments for session in sessions if session.key in tried)
    return proven or now - since_s >= OTHERS_COME_S
