"""The coordinator's core: messages in, outcomes out. Persist an outcome's entries before sending its messages.

It owns no socket, disk or clock: `receive` and `tick` are told the time (seconds since the epoch, monotonic
within a run), `next_deadline` says when to call `tick` again.
"""

from dataclasses import dataclass, field, replace

from swarm.job.record import AnyRecord, ClipDiscarded, GainFixed, JobFinished
from swarm.job.run_stats import RunStats
from swarm.job.state import JobState, apply
from swarm.lease.coordinator.grant import Request
from swarm.lease.coordinator.intake import Intake
from swarm.lease.coordinator.job_files import JobFiles
from swarm.lease.coordinator.ledger import PROMISED, Lease, Ledger
from swarm.lease.coordinator.outcome import JournalEntry, Outcome
from swarm.lease.coordinator.roster import MAX_WAITING_S, Session, new_session, session_key
from swarm.lease.coordinator.served_job import ServedJob, charge_idle
from swarm.lease.coordinator.settings import Settings
from swarm.lease.coordinator.snapshot import Snapshot, fitting, hopeless, lacks
from swarm.lease.message import (
    PROTOCOL,
    Bye,
    Clip,
    Done,
    Failed,
    Fetch,
    FilePiece,
    FromWorker,
    Heartbeat,
    Held,
    Hello,
    Refused,
    Release,
    Revoke,
    Status,
    StatusReply,
    Trim,
    Wanted,
    Welcome,
    WhoAreYou,
)

SILENCE_S = 5.0  # a worker not heard for so long has lost its leases
GRANT_FLIGHT_S = 6.0  # a lease that no heartbeat lists so long after its grant never arrived; disks may be slow
PROMISE_S = 15.0  # clips said to be held are awaited so long before their places are free again
MAX_STATUS_BYTES = 60_000
GATHER_S = 1.5  # after such a sleep, workers come back and say what they spoke before anything is granted
OWN_GAP_S = 3.0  # not called for so long: this machine slept, nobody else is to blame


@dataclass
class Coordinator:
    """Who speaks what, until when; and what was spoken."""

    settings: Settings
    started_s: float
    jobs: dict[str, ServedJob] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    peers: dict[bytes, Session] = field(default_factory=dict)
    stopping: bool = False
    ended: bool = False
    deserted: bool = False  # all workers fell silent

    def __post_init__(self) -> None:
        self.ticked_s = self.called_s = self.started_s
        self.grants_s = self.started_s + self.settings.grace_s
        self.last_lease = self.settings.lease_base
        self.intake = Intake(self.sessions)
        self.job_files_exchange = JobFiles(self.jobs, self.sessions)

    def add_job(self, state: JobState, install: str = "", fetch: str = "", effort: RunStats | None = None) -> None:
        """Serve one more job, after those already here; `effort` is what its runs before this one took.

        `install`: the line that brings its engine to a worker; `fetch`: the one that brings its model.
        """
        self.jobs[state.job] = ServedJob(state, Ledger(state), install, fetch, effort=effort or RunStats())

    # --- events

    def receive(self, peer: bytes, message: FromWorker, now: float, frame: bytes = b"", fault: str = "") -> Outcome:
        """Take one message. `fault` says what is wrong with a clip's frame; empty: nothing."""
        outcome = Outcome()
        self._wake(now)
        if isinstance(message, Status):
            outcome.send(peer, fitting(self.status(now), MAX_STATUS_BYTES))
            return outcome
        if isinstance(message, Hello):
            self._welcome(peer, message, now, outcome)
            return outcome
        session = self.peers.get(peer)
        if session is None:
            outcome.send(peer, WhoAreYou())
            return outcome
        session.heard_s = now
        if session.estranged:
            outcome.send(peer, WhoAreYou())
            return outcome
        self._dispatch(session, message, now, frame, fault, outcome)
        self._pump(now, outcome)
        return outcome

    def tick(self, now: float) -> Outcome:
        """Let time pass: silent workers lose their leases, and so do leases past their deadline."""
        outcome = Outcome()
        self._wake(now)
        self.ticked_s = now
        for session in self.sessions.values():
            charge_idle(self.jobs.values(), session, now)
        for session in [s for s in self.sessions.values() if now - s.heard_s > SILENCE_S]:
            outcome.notes.append(f"{session.hello.name}: silent for {SILENCE_S:.0f} s, its work goes to others")
            self._drop(session, now)
            self.deserted = not self.sessions
        for served in self.jobs.values():
            for lease in [le for le in served.ledger.leases.values() if self._due(served, le) <= now]:
                self._expire(served, lease, now, outcome)
        self._pump(now, outcome, thorough=True)
        return outcome

    def next_deadline(self) -> float:
        """When `tick` is due at the latest."""
        dues = [self._due(served, lease) for served in self.jobs.values() for lease in served.ledger.leases.values()]
        silences = [session.heard_s + SILENCE_S for session in self.sessions.values()]
        return min([*dues, *silences, self.ticked_s + 1.0])

    def unsent(self, peer: bytes) -> None:
        """A message could not leave: have the peer greet again when it is heard, and say all of it anew."""
        if session := self.peers.get(peer):
            session.estranged = True

    def discard(self, job: str, chapter: int, index: int, why: str, now: float) -> Outcome:
        """An accepted clip cannot be read after all: have the place spoken again."""
        outcome = Outcome()
        self._record(job, ClipDiscarded(chapter, index, why), outcome)
        self.jobs[job].ledger.reopen((chapter, index))
        self._pump(now, outcome)
        return outcome

    def lose_latents(self, job: str, digest: str, now: float) -> Outcome:
        """The latents of a job cannot be read any more: from whoever speaks with them, or anew."""
        outcome = Outcome()
        self.job_files_exchange.lose(self.jobs[job], digest, outcome)
        self._pump(now, outcome)
        return outcome

    def journal(self, job: str, record: GainFixed | JobFinished) -> Outcome:
        """Something about a job's sound is known for good: its gain, or that the audiobook is written."""
        outcome = Outcome()
        self._record(job, record, outcome)
        return outcome

    def status(self, now: float) -> StatusReply:
        """What this coordinator and its workers are doing."""
        return Snapshot(self.settings, self.jobs, self.sessions, now).reply()

    def stop(self) -> Outcome:
        """Grant nothing more and have every lease given back; what is being spoken is still taken."""
        outcome = Outcome()
        self.stopping = True
        for served in self.jobs.values():
            for lease in list(served.ledger.leases.values()):
                outcome.send(self.sessions[lease.session].peer, Revoke(lease.id))
                served.ledger.end(lease)
        return outcome

    def hopeless(self) -> str:
        """Why a job can never be finished: nobody else will come, and none of those here can open its engine."""
        return hopeless(self.jobs, self.sessions) if self.settings.alone else ""

    @property
    def quiet(self) -> bool:
        """Whether no worker still speaks for this coordinator, as far as their heartbeats tell."""
        return not any(session.holding for session in self.sessions.values())

    def end(self, *, failed: bool = False) -> Outcome:
        """Tell everybody that this coordinator ends, as it should or for a fault."""
        outcome = Outcome()
        self.ended = True
        for session in self.sessions.values():
            outcome.send(session.peer, Done(final=True, failed=failed))
        return outcome

    # --- who is here

    def _welcome(self, peer: bytes, hello: Hello, now: float, outcome: Outcome) -> None:
        if hello.protocol != PROTOCOL:
            why = (
                f"this worker speaks protocol {hello.protocol} (e2a-swarm {hello.version}), the coordinator "
                f"{self.settings.name} speaks {PROTOCOL} (e2a-swarm {self.settings.version}): install the same version"
            )
            outcome.send(peer, Refused(why))
            return
        if self.ended:
            outcome.send(peer, Done(final=True))
            return
        session = self.sessions.get(session_key(hello))
        if session is None:
            session = new_session(hello, peer, now)
            self.sessions[session.key] = session
            if self.deserted:  # all were cut off together: who is back first must not speak what the others hold
                self.deserted, self.grants_s = False, max(self.grants_s, now + GATHER_S)
            if not self.settings.alone:
                outcome.notes.append(f"{hello.name} joined with {hello.slots} slot{'s' * (hello.slots != 1)}")
        self.peers.pop(session.peer, None)
        self.peers[peer] = session
        session.peer, session.heard_s, session.hello = peer, now, hello
        session.estranged = False
        session.told.clear()
        session.offers.clear()
        session.unable.clear()
        s = self.settings
        credit = s.first_credit(len(self.sessions))
        outcome.send(peer, Welcome(s.coordinator, s.epoch, s.name, s.heartbeat_s, credit))
        for _, lease in self._leases_of(session).values():  # a trim may have been lost with the last connection
            if lease.slot != PROMISED:
                outcome.send(peer, Trim(lease.id, lease.pending[-1] + 1))

    def _drop(self, session: Session, now: float) -> None:
        charge_idle(self.jobs.values(), session, now)
        self.sessions.pop(session.key, None)
        self.peers.pop(session.peer, None)
        for served in self.jobs.values():
            for lease in [le for le in served.ledger.leases.values() if le.session == session.key]:
                served.effort.reissued += len(lease.pending)
                served.ledger.end(lease)

    def _wake(self, now: float) -> None:
        """Whoever slept moves every deadline before it reads on: what waits was written long ago."""
        gap_s, self.called_s = now - self.called_s, now
        if gap_s > OWN_GAP_S:
            self._forgive(gap_s)
            self.grants_s = now + GATHER_S

    def _forgive(self, gap_s: float) -> None:
        for session in self.sessions.values():
            session.forgive(gap_s)
        for served in self.jobs.values():
            for lease in served.ledger.leases.values():
                lease.progressed_s += gap_s
                lease.granted_s += gap_s

    # --- what they say

    def _dispatch(
        self, session: Session, message: FromWorker, now: float, frame: bytes, fault: str, outcome: Outcome
    ) -> None:
        match message:
            case Heartbeat():
                self._heartbeat(session, message, now, outcome)
            case Clip():
                session.sent_s = now
                credit = self.settings.credit_of_one(len(self.sessions))
                self.intake.clip(self.jobs, session, message, now, frame, fault, credit, outcome)
                self._tidy(session, now)
            case Failed():
                self.intake.failed(self.jobs, session, message, now, outcome)
                self._set_aside(session, now, outcome)
                self._tidy(session, now)
            case Held():
                self._held(session, message, now, outcome)
            case Fetch():
                self.job_files_exchange.fetch(session, message, outcome)
            case FilePiece():
                self.job_files_exchange.job_file(session, message, frame, now, outcome)
                self._tidy(session, now)
            case Release():
                self._release(session, message, now, outcome)
            case Bye():
                outcome.notes.append(f"{session.hello.name} left")
                self._drop(session, now)

    def _heartbeat(self, session: Session, message: Heartbeat, now: float, outcome: Outcome) -> None:
        known = self._leases_of(session)
        session.holding, session.figures = len(message.leases), message.figures
        outcome.notes += session.rest(message.resting)
        for lease_id in set(message.leases) - known.keys():
            outcome.send(session.peer, Revoke(lease_id))
        for lease_id, (served, lease) in known.items():
            if lease_id not in message.leases and now - lease.granted_s > GRANT_FLIGHT_S and lease.slot != PROMISED:
                served.ledger.end(lease)
        for report in message.slots:
            if report.slot < len(session.slots):
                session.slots[report.slot].hear(report)
            if report.lease in known and session.is_patient(report, now):
                known[report.lease][1].progressed_s = now
        speaking = {report.lease for report in message.slots}
        for lease_id in message.leases:
            if lease_id in known and lease_id not in speaking:  # its slot speaks for another lease or coordinator first
                lease = known[lease_id][1]
                lease.progressed_s = max(lease.progressed_s, min(now, lease.granted_s + MAX_WAITING_S))
        offered = {slot for slot in message.offers if slot < len(session.slots)}
        session.offers = dict.fromkeys(sorted(offered), False)  # answered anew: a worker shares itself by the answers
        self.job_files_exchange.heard(session, message, now, outcome)
        self._tidy(session, now)

    def _held(self, session: Session, message: Held, now: float, outcome: Outcome) -> None:
        served = self.jobs.get(message.job)
        if served is None:
            return  # perhaps another coordinator's, or this one's next book: the worker keeps them, bounded
        wanted = [
            (chapter, index, key) for chapter, index, key in message.clips if served.is_wanted((chapter, index), key)
        ]
        for chapter in sorted({chapter for chapter, _, _ in wanted}):
            for place in [(c, index) for c, index, _ in wanted if c == chapter]:
                if not any(lease.slot == PROMISED for lease in served.ledger.holders(place)):
                    served.ledger.give_up(place, session.key)  # spoken already: the lease itself may be over there
            free = served.ledger.free[chapter]
            coming = sorted({index for c, index, _ in wanted if c == chapter and index in free})
            if coming:
                lease = Lease(self._new_lease_id(), served.state.job, chapter, session.key, PROMISED, coming, now, now)
                served.ledger.hold(lease)
        forget = tuple(clip for clip in message.clips if clip not in set(wanted))
        outcome.send(session.peer, Wanted(message.job, tuple(wanted), forget))

    def _release(self, session: Session, message: Release, now: float, outcome: Outcome) -> None:
        served, lease = self._leases_of(session).get(message.lease, (None, None))
        if served is None or lease is None:
            return
        served.ledger.end(lease)
        session.told.discard(served.state.job)  # it may not have heard of it
        if message.unable:
            session.unable[served.recipe] = message.note
            if (served.recipe, message.note) not in session.complaints:
                session.complaints.add((served.recipe, message.note))
                outcome.notes.append(f"{session.hello.name} cannot speak {served.state.spec.title}: {message.note}")
        self._tidy(session, now)

    def _set_aside(self, session: Session, now: float, outcome: Outcome) -> None:
        others = [s for s in self.sessions.values() if s is not session and s.aside_until_s <= now]
        if self.intake.is_broken(session) and others:
            session.aside_until_s = now + 60.0 * 2 ** min(session.streak - 5, 6)
            outcome.notes.append(f"{session.hello.name} failed {session.streak} times in a row and is set aside")

    # --- leases

    def _leases_of(self, session: Session) -> dict[int, tuple[ServedJob, Lease]]:
        return {
            lease.id: (served, lease)
            for served in self.jobs.values()
            for lease in served.ledger.leases.values()
            if lease.session == session.key
        }

    def _tidy(self, session: Session, now: float) -> None:
        live = self._leases_of(session)
        for slot in session.slots:
            before = slot.leases[:1]
            slot.keep(live, now)
            if slot.leases and slot.leases[:1] != before:
                live[slot.leases[0]][1].progressed_s = now  # its turn comes only now

    def _due(self, served: ServedJob, lease: Lease) -> float:
        if lease.slot == PROMISED:
            return lease.progressed_s + PROMISE_S
        session = self.sessions[lease.session]
        if session.slots[lease.slot].leases[:1] != [lease.id]:
            return float("inf")  # queued behind another: its time has not begun
        return lease.progressed_s + served.deadline_s(session, lease)

    def _expire(self, served: ServedJob, lease: Lease, now: float, outcome: Outcome) -> None:
        session = self.sessions[lease.session]
        if lease.slot != PROMISED:
            place = (lease.chapter, lease.pending[0])
            served.ledger.expiries[place] += 1
            served.effort.reissued += len(lease.pending)
            outcome.notes.append(f"{session.hello.name}: no progress on slot {lease.slot}, its lease goes to others")
            outcome.send(session.peer, Revoke(lease.id, expired=True))
        served.ledger.end(lease)
        self._tidy(session, now)

    def _pump(self, now: float, outcome: Outcome, *, thorough: bool = False) -> None:
        """Grant what can be granted. `thorough`: ask for every waiting slot, not only until one finds nothing."""
        if self.stopping or now < self.grants_s or len(self.sessions) < self.settings.min_workers:
            return
        if self.settings.min_workers:
            self.settings = replace(self.settings, min_workers=0)  # begun: it goes on with whoever is left
        exhausted = False  # where one slot that waits finds nothing, the next one will not either
        for session in self.sessions.values():
            in_vain = False
            for slot, answered in list(session.offers.items()):
                if (exhausted and answered) or session.slots[slot].is_full:
                    continue
                request = Request(self.jobs, self.sessions, session, slot, now, outcome, self.settings.split)
                if request.grant(self._new_lease_id):
                    del session.offers[slot]
                    continue
                exhausted = not thorough
                in_vain = in_vain or not answered
                session.offers[slot] = True
            if in_vain:
                outcome.send(session.peer, Done(note=lacks(session, self.jobs)))

    def _new_lease_id(self) -> int:
        self.last_lease += 1
        return self.last_lease

    def _record(self, job: str, record: AnyRecord, outcome: Outcome) -> None:
        apply(self.jobs[job].state, record)
        outcome.entries.append(JournalEntry(job, record))
