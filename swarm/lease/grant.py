"""From a decision to a lease: finds an offering slot something to speak, and says so to all concerned."""

from collections.abc import Callable
from dataclasses import dataclass

from swarm.lease.job import Place
from swarm.lease.ledger import MAX_LEASE_CHARACTERS, PROMISED, Lease
from swarm.lease.message import Grant, Job, Line, Revoke, Trim
from swarm.lease.outcome import Outcome
from swarm.lease.roster import Session, Slot
from swarm.lease.schedule import FIRST_LEASE_CHARACTERS, Load, choose_cut
from swarm.lease.work import Work

MOST_LEASES = 2  # the one being spoken and the next


@dataclass
class Granter:
    """Grants leases; `split` allows to shorten one lease for the sake of another."""

    split: bool = True

    def grant(
        self,
        works: dict[str, Work],
        sessions: dict[str, Session],
        session: Session,
        slot: int,
        new_id: Callable[[], int],
        now: float,
        out: Outcome,
    ) -> bool:
        """Give an offering slot a lease; False where there is none for it."""
        if len(session.slots[slot].leases) >= MOST_LEASES or session.aside_until_s > now:
            return False
        for work in works.values():
            if work.state.complete or not session.can_speak(work.state.facts.recipe):
                continue
            run = self._free_run(work, sessions, session, slot) or self._taken_run(work, sessions, session, slot, out)
            if run:
                self._issue(
                    work,
                    session,
                    slot,
                    Lease(new_id(), work.state.job, run[0], session.key, slot, run[1], now, now),
                    out,
                )
                return True
        return False

    def _free_run(
        self, work: Work, sessions: dict[str, Session], session: Session, slot: int
    ) -> tuple[int, list[int]] | None:
        known = session.slots[slot].speed(work.state.facts.recipe).chars_s is not None
        most = MAX_LEASE_CHARACTERS if known or not self.split else FIRST_LEASE_CHARACTERS
        return work.ledger.find_run(lambda place: _may_try(work, sessions, session, place), most)

    def _taken_run(
        self, work: Work, sessions: dict[str, Session], session: Session, slot: int, out: Outcome
    ) -> tuple[int, list[int]] | None:
        if not self.split:
            return None
        recipe = work.state.facts.recipe
        cut = choose_cut(_loads(work, sessions, skip=(session.key, slot)), session.slots[slot].speed(recipe).chars_s)
        if cut is None:
            return None
        lease = work.ledger.leases[cut.lease]
        end = lease.pending[-cut.segments]
        tail = work.ledger.cut(lease, end)
        holder = sessions[lease.session]
        out.send(holder.peer, Trim(lease.id, end) if lease.pending else Revoke(lease.id))
        return lease.chapter, tail

    def _issue(self, work: Work, session: Session, slot: int, lease: Lease, out: Outcome) -> None:
        work.ledger.hold(lease)
        session.slots[slot].begin(lease.id, lease.granted_s)
        work.first_grant_s = work.first_grant_s or lease.granted_s
        facts = work.state.facts
        if facts.job not in session.told:
            session.told.add(facts.job)
            out.send(session.peer, Job(facts.job, facts.title, facts.recipe))
        places = [(lease.chapter, index) for index in lease.pending]
        lines = tuple(Line(place[1], work.state.text(place), work.state.take(place)) for place in places)
        due_s = work.deadline_s(session, lease)
        out.send(session.peer, Grant(lease.id, facts.job, slot, lease.chapter, lines, due_s))


def _may_try(work: Work, sessions: dict[str, Session], session: Session, place: Place) -> bool:
    """Whoever failed a place does not get it again while somebody else could try."""
    failures = work.state.failures.get(place)
    if not failures:
        return True
    blamed = {failure.worker for failure in failures}
    if session.worker not in blamed:
        return True
    return not any(s.worker not in blamed and s.can_speak(work.state.facts.recipe) for s in sessions.values())


def _loads(work: Work, sessions: dict[str, Session], skip: tuple[str, int]) -> list[Load]:
    loads = []
    for lease in work.ledger.leases.values():
        if lease.slot == PROMISED or (lease.session, lease.slot) == skip:
            continue
        loads.append(_load(work, sessions[lease.session].slots[lease.slot], lease))
    return loads


def _load(work: Work, slot: Slot, lease: Lease) -> Load:
    queue = slot.leases[: slot.leases.index(lease.id)] if lease.id in slot.leases else []
    before = [work.ledger.leases[other] for other in queue if other in work.ledger.leases]
    return Load(
        lease=lease.id,
        ahead=sum(work.ledger.characters(other) for other in before),
        pending=tuple(len(work.state.text((lease.chapter, index))) for index in lease.pending),
        started=not before,
        chars_s=slot.speed(work.state.facts.recipe).chars_s,
    )
