"""Grants: finds a lease for each slot that offers itself, and tells the workers concerned."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from swarm.job.state import Place
from swarm.lease.coordinator.ledger import MAX_LEASE_CHARACTERS, PROMISED, FreeRun, Lease
from swarm.lease.coordinator.outcome import Outcome
from swarm.lease.coordinator.roster import Session, Slot
from swarm.lease.coordinator.served_job import ServedJob
from swarm.lease.coordinator.settings import Settings
from swarm.lease.coordinator.snapshot import find_lack
from swarm.lease.message import Done, Grant, Line, Revoke, Trim
from swarm.lease.scheduling import FIRST_LEASE_CHARACTERS, HELP_S, LeaseLoad, choose_cut, choose_double


def grant_waiting(
    jobs: dict[str, ServedJob],
    sessions: dict[str, Session],
    now: float,
    out: Outcome,
    settings: Settings,
    new_id: Callable[[], int],
    *,
    thorough: bool,
) -> None:
    """Grant every waiting slot a lease, where there is one, and answer the others once with `Done`.

    Unless `thorough`, slots that were answered before are skipped once a slot has found nothing.
    """
    exhausted = False
    for session in sessions.values():
        in_vain = False
        for slot, answered in list(session.offers.items()):
            if (exhausted and answered) or session.slots[slot].is_full:
                continue
            if Request(jobs, sessions, session, slot, now, out, settings.split).grant(new_id):
                del session.offers[slot]
                continue
            exhausted = not thorough
            in_vain = in_vain or not answered
            session.offers[slot] = True
        if in_vain:
            out.send(session.peer, Done(lack=find_lack(session, jobs)))


@dataclass
class Request:
    """A slot that wants a lease, and what must be known to find it one."""

    jobs: dict[str, ServedJob]
    sessions: dict[str, Session]
    session: Session
    slot: int
    now: float
    out: Outcome
    split: bool  # whether one lease may be shortened for the sake of another

    def grant(self, new_id: Callable[[], int]) -> bool:
        """Grant the slot a lease; return False where there is none for it."""
        for served, run in self._runs():
            if run:
                self._issue(served, run, new_id())
                return True
        return False

    @property
    def _slot(self) -> Slot:
        return self.session.slots[self.slot]

    def _runs(self) -> Iterator[tuple[ServedJob, FreeRun | None]]:
        """Yield what the slot could speak, the most useful first. A run cut from a lease must be used."""
        jobs = [w for w in self.jobs.values() if not w.state.complete and self._is_let(w)]
        for served in jobs:
            yield served, self._earliest(served)
            yield served, served.ledger.find_run(partial(self._may_try, served), self._most(served))
            yield served, self._tail(served, self._loads(served))
        if not self._slot.leases:
            for served in jobs:
                yield served, self._double(served)

    def _is_let(self, served: ServedJob) -> bool:
        """Return whether the worker may speak a job now; one that is set aside waits as long as others can."""
        if not (self.session.can_speak(served.recipe) and served.needed <= self.session.job_files):
            return False
        if served.state.awaits_latents and self._is_begun_elsewhere(served):
            return False
        return self.session.aside_until_s <= self.now or not any(
            other.can_try(served.recipe, self.now, served.needed) for other in self.sessions.values()
        )

    def _is_begun_elsewhere(self, served: ServedJob) -> bool:
        """Return whether another slot holds a lease: that slot computes the latents for all."""
        holders = {(lease.session, lease.slot) for lease in served.ledger.leases.values() if lease.slot != PROMISED}
        return bool(holders - {(self.session.key, self.slot)})

    def _earliest(self, served: ServedJob) -> FreeRun | None:
        """Take from the chapter that a listener waits for: a free run, or the tail of a lease that takes long."""
        chapter = served.ledger.earliest_open()
        if chapter is None:
            return None
        run = served.ledger.run_in(chapter, partial(self._may_try, served), self._most(served))
        if run:
            return run
        loads = [load for load in self._loads(served, chapter) if load.seconds_left() > HELP_S]
        return self._tail(served, loads)

    def _tail(self, served: ServedJob, loads: list[LeaseLoad]) -> FreeRun | None:
        if not self.split or self._slot.leases:  # a busy slot would only queue it
            return None
        loads = [load for load in loads if self._may_try_all(served, load)]
        cut = choose_cut(loads, self._chars_s(served), served.ledger.sizes)
        if cut is None:
            return None
        lease = served.ledger.leases[cut.lease]
        end = lease.pending[-cut.segments]
        tail = served.ledger.cut(lease, end)
        holder = self.sessions[lease.session]
        self.out.send(holder.peer, Trim(lease.id, end) if lease.pending else Revoke(lease.id))
        return lease.chapter, tail

    def _double(self, served: ServedJob) -> FreeRun | None:
        """Speak a segment twice where that ends the book sooner; the first clip wins."""
        loads = [load for load in self._loads(served) if self._may_try(served, _first(served, load))]
        single = [load for load in loads if len(served.ledger.holders(_first(served, load))) == 1]
        lease_id = choose_double(single, self._chars_s(served)) if self.split else None
        if lease_id is None:
            return None
        lease = served.ledger.leases[lease_id]
        return lease.chapter, lease.pending[:1]

    def _most(self, served: ServedJob) -> int:
        """Return the most characters of a lease; it is small while the slot's speed is unknown."""
        return MAX_LEASE_CHARACTERS if self._chars_s(served) or not self.split else FIRST_LEASE_CHARACTERS

    def _chars_s(self, served: ServedJob) -> float | None:
        return self._slot.speed(served.recipe).chars_s

    def _may_try(self, served: ServedJob, place: Place) -> bool:
        """Return whether the worker may have a place: not if it failed there and another worker could try."""
        failures = served.state.failures.get(place)
        if not failures:
            return True
        blamed = {failure.worker for failure in failures}
        if self.session.worker not in blamed:
            return True
        others = [session for session in self.sessions.values() if session.worker not in blamed]
        return not any(session.can_try(served.recipe, self.now, served.needed) for session in others)

    def _may_try_all(self, served: ServedJob, load: LeaseLoad) -> bool:
        """Return whether the worker may have every segment that a lease still holds."""
        lease = served.ledger.leases[load.lease]
        failures = served.state.failures
        return not failures or all(self._may_try(served, (lease.chapter, index)) for index in lease.pending)

    def _loads(self, served: ServedJob, chapter: int | None = None) -> list[LeaseLoad]:
        """Return how much the leases of other slots still hold."""
        return [
            self._load(served, self.sessions[lease.session].slots[lease.slot], lease)
            for lease in served.ledger.leases.values()
            if lease.slot != PROMISED
            and (lease.session, lease.slot) != (self.session.key, self.slot)
            and chapter in (None, lease.chapter)
        ]

    def _load(self, served: ServedJob, slot: Slot, lease: Lease) -> LeaseLoad:
        queue = slot.leases[: slot.leases.index(lease.id)] if lease.id in slot.leases else []
        before = [served.ledger.leases[other] for other in queue if other in served.ledger.leases]
        return LeaseLoad(
            lease=lease.id,
            ahead=sum(other.characters for other in before),
            characters=lease.characters,
            first=len(served.state.engine_text((lease.chapter, lease.pending[0]))),
            started=not before,
            elapsed_s=self.now - lease.progressed_s,
            chars_s=slot.speed(served.recipe).chars_s,
        )

    def _issue(self, served: ServedJob, run: FreeRun, lease_id: int) -> None:
        spec, session, now = served.state.spec, self.session, self.now
        lease = Lease(lease_id, spec.job, run[0], session.key, self.slot, run[1], now, now)
        served.ledger.hold(lease)
        self._slot.begin(lease.id, now)
        served.granted(now)
        if spec.job not in session.told:
            session.told.add(spec.job)
            self.out.send(session.peer, served.instruction)
        places = [(lease.chapter, index) for index in lease.pending]
        lines = tuple(Line(place[1], served.state.engine_text(place), served.state.take(place)) for place in places)
        self.out.send(session.peer, Grant(lease.id, spec.job, self.slot, lease.chapter, lines))


def _first(served: ServedJob, load: LeaseLoad) -> Place:
    lease = served.ledger.leases[load.lease]
    return lease.chapter, lease.pending[0]
