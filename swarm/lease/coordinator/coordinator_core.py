"""The coordinator's core: messages in, outcomes out. Persist an outcome's entries before sending its messages.

It owns no socket, disk or clock: `receive` and `tick` are told the time (seconds since the epoch, monotonic
within a run). After each call ask `next_deadline` when to call `tick`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from swarm.job.record import AnyRecord, ClipDiscarded, GainFixed, JobFinished, JobPaused
from swarm.job.run import RunStats
from swarm.job.state import JobState, Place, apply
from swarm.lease.coordinator.cross_checks import CrossChecks
from swarm.lease.coordinator.grant import GrantRound
from swarm.lease.coordinator.heartbeat import Absent, take_heartbeat, tidy
from swarm.lease.coordinator.intake import BROKEN_STREAK, ClipPieces, Intake
from swarm.lease.coordinator.ledger import RESERVED, Lease, Ledger
from swarm.lease.coordinator.order_effects import brief, overrule, take_out, withdraw
from swarm.lease.coordinator.reel_orders import ReelOrders, ReelTask
from swarm.lease.coordinator.roster import Session, Transfer, new_session, refuse, session_key, still_waiting
from swarm.lease.coordinator.served_assets import ServedAssets
from swarm.lease.coordinator.served_job import Jobs, ServedJob, charge_idle
from swarm.lease.coordinator.snapshot import Snapshot, find_hopeless
from swarm.lease.coordinator.time_left import IDLE, EncoderUse, EncodingPace, SpeechPace
from swarm.lease.core_settings import Settings
from swarm.lease.envelope import Reason
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import Epochs
from swarm.lease.message import (
    ANY,
    Bye,
    Clip,
    Done,
    Failed,
    FromWorker,
    Heartbeat,
    Held,
    Hello,
    Refused,
    Release,
    Revoke,
    Status,
    StatusReply,
    WhoAreYou,
    is_part_of_clip,
)
from swarm.lease.outcome import JournalEntry, Outcome
from swarm.lease.states import SessionState

SILENCE_S = 5.0  # a worker that is not heard for so long loses its leases
RESERVATION_S = 15.0  # how long a place waits for a clip that a worker says it holds


@dataclass
class Deadlines:
    """The deadlines of all leases and sessions."""

    jobs: Jobs
    sessions: dict[str, Session]

    def silent(self, now: float) -> list[Session]:
        """Return the workers that were silent for too long; each has to be dropped."""
        return [session for session in self.sessions.values() if session.heard_s + SILENCE_S <= now]

    def overdue(self, now: float) -> Iterator[Lease]:
        """Yield the leases past their deadline; each has to be ended."""
        leases = self.jobs.lease_index.leases
        while due := [lease for lease in leases.values() if self.of_lease(lease) <= now]:
            yield min(due, key=self.of_lease)

    def forgive(self, gap_s: float) -> None:
        """Shift all of them, after a sleep of the coordinator's machine."""
        for session in self.sessions.values():
            session.forgive(gap_s)
        for served in self.jobs.values():
            served.ledger.forgive(gap_s)

    def of_lease(self, lease: Lease) -> float:
        """Return when a lease expires if it makes no progress; infinity while it is queued behind another."""
        if lease.slot == RESERVED:
            return lease.progressed_s + RESERVATION_S
        session = self.sessions[lease.session]
        leases = session.slots[lease.slot].leases
        if not leases or leases[0] != lease.id:
            return inf
        return lease.progressed_s + self.jobs.of(lease).deadline_s(session, lease)


def expire(served: ServedJob, session: Session, lease: Lease, intake: Intake, now: float, out: Outcome) -> None:
    """End a lease that made no progress before its deadline, or a reservation whose clip did not come."""
    if lease.slot == RESERVED:
        served.ledger.lapsed_reservations.update((lease.chapter, index) for index in lease.pending)
        served.ledger.end_lease(lease)
        return
    place = (lease.chapter, lease.pending[0])
    served.ledger.expiries[place] += 1
    served.ledger.has_tried(place, session.key)
    served.run_stats.reissued += len(lease.pending)
    out.events.append(Reason("no progress", worker=session.hello.name, slot=lease.slot))
    out.send(session.peer, Revoke(lease.id, expired=True))
    served.ledger.end_lease(lease)
    if session.slots[lease.slot].speed(served.recipe).chars_s is None:
        _distrust(served, session, lease.slot, out)
        intake.set_aside(session, now, out)


def _distrust(served: ServedJob, session: Session, slot: int, out: Outcome) -> None:
    """Ask others before a worker whose slot never spoke, and take from the slot what waits there."""
    for lease in [le for le in served.ledger.leases.values() if (le.session, le.slot) == (session.key, slot)]:
        out.send(session.peer, Revoke(lease.id))
        served.ledger.end_lease(lease)
    session.trust.streak = max(session.trust.streak + 1, BROKEN_STREAK)


LOOK_S = 0.5  # deadlines are looked at so often, and waiting slots asked again: only time shows that a holder is slow
OWN_GAP_S = 3.0  # a coordinator that was not called for so long slept
GATHER_S = 1.5  # after a sleep nothing is granted for so long: workers come back and say what they have spoken


@dataclass
class CoordinatorCore:
    """Decides who speaks what, and until when, and takes in what was spoken.

    Call `tick` at `next_deadline`. The shell reads `jobs` and `sessions` and changes neither.
    """

    settings: Settings
    started_s: float
    jobs: Jobs = field(default_factory=Jobs)
    sessions: dict[str, Session] = field(default_factory=dict)
    peers: dict[bytes, Session] = field(default_factory=dict)
    absent: Absent = field(default_factory=Absent)
    stopping: bool = False
    ended: bool = False
    deserted: bool = False  # all workers fell silent
    called_s: float = field(init=False)  # the last call of `receive` or `tick`
    looked_s: float = field(init=False)  # the last look at the deadlines and the waiting slots
    grants_s: float = field(init=False)  # nothing is granted before this time
    last_lease: int = field(init=False)
    checks: CrossChecks = field(init=False)
    intake: Intake = field(init=False)
    pieces: ClipPieces = field(init=False)
    job_files: ServedAssets = field(init=False)
    reels: ReelOrders = field(init=False)
    deadlines: Deadlines = field(init=False)
    waiting: dict[str, Session] = field(default_factory=dict)  # sessions that offered slots; some may not wait any more
    more_to_grant: bool = False  # the last round ended before all waiting slots were asked
    speech_pace: SpeechPace = field(default_factory=SpeechPace)
    encoding_pace: EncodingPace = field(default_factory=EncodingPace)

    def __post_init__(self) -> None:
        self.called_s = self.looked_s = self.started_s
        self.grants_s = self.started_s + self.settings.grace_s
        self.last_lease = self.settings.lease_base
        self.checks = CrossChecks(self.jobs, self.sessions, self.settings.cross_check, self.settings.secret)
        self.intake = Intake(self.jobs, self.sessions, self.checks, self.settings.alone)
        self.pieces = ClipPieces(self.intake)
        self.job_files = ServedAssets(self.jobs, self.sessions, self.settings.piece)
        self.reels = ReelOrders(self.jobs, self.sessions, self.settings.encoders)
        self.deadlines = Deadlines(self.jobs, self.sessions)

    def add_job(
        self,
        state: JobState,
        install: str = "",
        fetch: str = "",
        run_stats: RunStats | None = None,
        device: str = ANY,
        reel_ends: tuple[tuple[int, ...], ...] = (),
        is_compared: bool = True,
    ) -> None:
        """Serve one more job, after those already here; `run_stats` is what its earlier runs took.

        `install` is the command line that brings its engine to a worker, `fetch` the one that brings its model, and
        `device` the kind that the model computes on. `reel_ends` are for each chapter the indices before which a reel
        ends: leases are cut there, so that their workers can encode whole reels. `is_compared`: a take sounds the same
        on any machine.
        """
        ledger = Ledger(state, lease_index=self.jobs.lease_index, reel_ends=[frozenset(ends) for ends in reel_ends])
        served = ServedJob(state, ledger, install, fetch, self.settings.unknown_deadline_s, device, is_compared)
        served.run_stats = run_stats or served.run_stats
        self.jobs.add_job(served)

    def note_progress(self, encoded: dict[str, float], now: float, use: EncoderUse = IDLE, taken: float = 0.0) -> None:
        """Note what share of each job's sound is encoded, what the encoders did, and the share of cores for speech."""
        self.speech_pace.observe(now, *Snapshot(self.settings, self.jobs, self.sessions, now).speech())
        left_sound_s = self.jobs.note_encoded(encoded)
        use = self.reels.all_use(use)
        self.encoding_pace.observe(now, use, left_sound_s, taken if self.jobs.open else None)

    # --- events

    def receive(self, peer: bytes, message: FromWorker, now: float, frame: bytes = b"", fault: str = "") -> Outcome:
        """Take in one message; `fault` says what is wrong with a clip's frame, "" for nothing."""
        outcome = Outcome()
        self._notice_gap(now)
        if isinstance(message, Status):
            outcome.send(peer, self.status(now))
            return outcome
        if isinstance(message, Hello):
            self._welcome(peer, message, now, outcome)
            return outcome
        if isinstance(message, Epochs) and self.settings.trusts:  # a standby, which does not greet, may send them too
            overrule(self.jobs, message, self.sessions, self.settings, now, outcome)
        session = self.peers.get(peer) or self._return(peer, now, outcome)
        if session is not None:
            session.heard_s = now
        if session is None or session.state is SessionState.ESTRANGED:
            known = session or self.absent.sessions.get(peer)
            if known is not None and isinstance(message, Clip) and len(frame) >= message.size:
                self._take_late(known, message, now, frame, fault, outcome)
            if session is not None:
                session.link.transfer = None
            outcome.send(peer, WhoAreYou())
            return outcome
        if is_part_of_clip(message, frame):
            if isinstance(message, Clip):
                self.pieces.begin_clip(session, message, frame, self._credit, now, outcome)
            else:
                self.pieces.go_on(session, message, frame, self._credit, now, outcome)
            tidy(self.jobs, session, now)
            return outcome
        self._dispatch(session, message, now, frame, fault, outcome)
        self._pump(now, outcome)
        return outcome

    def tick(self, now: float) -> Outcome:
        """Let time pass: take the leases of silent workers and those past their deadline, and grant them anew."""
        outcome = Outcome()
        self._notice_gap(now)
        self.looked_s = now
        if not self.more_to_grant:
            self._charge_idle(now)
        for session in self.deadlines.silent(now):
            outcome.events.append(Reason("silent", worker=session.hello.name, seconds=SILENCE_S))
            self._drop(session, now, silent=True)
            self.deserted = not self.sessions
        self.absent.drop_transfers(self.sessions, now)
        for lease in self.deadlines.overdue(now):
            session = self.sessions[lease.session]
            expire(self.jobs.of(lease), session, lease, self.intake, now, outcome)
            tidy(self.jobs, session, now)
        self.reels.tick(now, outcome)
        self._pump(now, outcome, thorough=True)
        return outcome

    def next_deadline(self) -> float:
        """Return when `tick` is due, in seconds since the epoch; infinity where time alone changes nothing."""
        if self.more_to_grant:
            return self.called_s
        look_s = self.looked_s + LOOK_S if self.sessions else inf
        return min(look_s, max(self.reels.next_due(), self.called_s))

    def coming(self, peer: bytes) -> Transfer | None:
        """Return the clip that comes in pieces over a connection, None if there is none."""
        return self.peers[peer].link.transfer if peer in self.peers else None

    def unsent(self, peer: bytes) -> None:
        """Take in that a message could not leave: the peer must greet again, and is told everything anew."""
        if session := self.peers.get(peer):
            session.become(SessionState.ESTRANGED)

    def discard(self, job: str, chapter: int, index: int, why: str, now: float) -> Outcome:
        """Have a place spoken again whose accepted clip cannot be read."""
        self._record(job, ClipDiscarded(chapter, index, why), outcome := Outcome())
        self.jobs[job].ledger.reopen((chapter, index))
        self._pump(now, outcome)
        return outcome

    def lose_latents(self, job: str, digest: str, now: float) -> Outcome:
        """Get the latents of a job again, from a worker that speaks with them or computed anew."""
        self.job_files.lose(self.jobs[job], digest, outcome := Outcome())
        self._pump(now, outcome)
        return outcome

    def journal(self, job: str, record: GainFixed | JobFinished) -> Outcome:
        """Journal a job's gain, or that its audiobook is written."""
        self._record(job, record, outcome := Outcome())
        return outcome

    def encode_reel(self, task: ReelTask, now: float) -> Outcome:
        """Have a reel encoded, by its worker or here."""
        self.reels.add(task, now, outcome := Outcome())
        return outcome

    def reel_encoded(self, job: str, reel: str, work_s: float, now: float) -> Outcome:
        """Take in that a reel is there; `work_s` as in `ReelOrders.encoded`."""
        self.reels.encoded((job, reel), work_s, now, outcome := Outcome())
        return outcome

    def reel_failed(self, job: str, reel: str, now: float) -> Outcome:
        """Take in that encoders died over a reel here, and that it is tried again in a while."""
        title = self.jobs[job].state.spec.title if job in self.jobs else ""
        self.reels.failed((job, reel), title, now, outcome := Outcome())
        return outcome

    def reel_refused(self, job: str, reel: str, now: float) -> Outcome:
        """Encode a reel here that came from a worker and is not what this machine makes of its clips."""
        self.reels.refused((job, reel), now, outcome := Outcome())
        return outcome

    def withdraw_reel(self, job: str, reel: str, now: float) -> Outcome:
        """Forget a reel: its press has no use for it any more."""
        self.reels.withdraw((job, reel), now, outcome := Outcome())
        return outcome

    def compared(self, job: str, place: Place, session: str, alike: tuple[int, ...], now: float) -> Outcome:
        """Take in which sounds of a sentence that of a worker is like, in the order of its `Comparison`, from 0."""
        outcome = Outcome()
        if served := self.jobs.get(job):
            outcome = self.checks.compared(served, place, session, alike, now)
        for each in self.sessions.values():
            tidy(self.jobs, each, now)
        self._pump(now, outcome, thorough=True)
        return outcome

    def status(self, now: float) -> StatusReply:
        """Return what this coordinator and its workers are doing."""
        paces = self.speech_pace, self.encoding_pace
        return Snapshot(self.settings, self.jobs, self.sessions, now, *paces, self.reels, self.checks).reply()

    def stop(self) -> Outcome:
        """Grant nothing more and have every lease given back; what is being spoken is still taken."""
        outcome, self.stopping = Outcome(), True
        self.jobs.lease_index.closed = True
        withdraw(self.jobs.values(), self.sessions, outcome)
        return outcome

    def pause(self, job: str, now: float, *, paused: bool = True) -> Outcome:
        """Pause a job, or let it go on; what is being spoken of it is still taken."""
        outcome, served = Outcome(), self.jobs[job]
        self._charge_idle(now)
        if served.state.paused != paused:
            self._record(job, JobPaused(paused, now), outcome)
        withdraw([served] if paused else [], self.sessions, outcome)
        for session in self.sessions.values():
            tidy(self.jobs, session, now)
        self._pump(now, outcome, thorough=True)
        return outcome

    def remove_job(self, job: str, now: float) -> Outcome:
        """Serve a job no more; what is still spoken of it is refused."""
        self._charge_idle(now)
        take_out(self.jobs, job, self.sessions, now, outcome := Outcome())
        self._pump(now, outcome, thorough=True)
        return outcome

    def arrange(self, jobs: Sequence[str], now: float) -> Outcome:
        """Serve these jobs first, in this order, and the others after them."""
        self.jobs.arrange(jobs)
        self._pump(now, outcome := Outcome(), thorough=True)
        return outcome

    def hopeless(self) -> Reason | None:
        """Return why a job can never be finished, where no other worker will come; None where it can."""
        return find_hopeless(self.jobs, self.sessions) if self.settings.alone else None

    @property
    def quiet(self) -> bool:
        """Whether no worker holds a lease any more, by its last heartbeat."""
        return not any(session.holding for session in self.sessions.values())

    def end(self, *, failed: bool = False) -> Outcome:
        """Tell all workers that this coordinator ends, after its work or for a fault."""
        outcome, self.ended = Outcome(), True
        for session in self.sessions.values():
            outcome.send(session.peer, Done(final=True, failed=failed))
        return outcome

    # --- who is here

    def _welcome(self, peer: bytes, hello: Hello, now: float, outcome: Outcome) -> None:
        if refusal := refuse(hello, self.settings):
            outcome.send(peer, Refused(reason=refusal))
            return
        if self.ended:
            outcome.send(peer, Done(final=True))
            return
        session = self.sessions.get(session_key(hello))
        if (before := self.peers.get(peer)) and before is not session:  # one connection is one worker
            self._drop(before, now)
        if session is None:
            session = new_session(hello, peer, now, self.sessions.values())
            self._enter(session, now, outcome)
        self.peers.pop(session.peer, None)
        self.absent.sessions.pop(peer, None)
        self.peers[peer] = session
        session.greeted(peer, hello, now)
        outcome.send(peer, self.settings.welcome(len(self.sessions)))
        brief(self.jobs, session, now, outcome)

    def _enter(self, session: Session, now: float, outcome: Outcome) -> None:
        if not self.sessions:
            self.looked_s = now
        self.sessions[session.key] = session
        if self.deserted:  # all were cut off together: the first one back must not speak what the others hold
            self.deserted, self.grants_s = False, max(self.grants_s, now + GATHER_S)
        if not self.settings.alone:
            outcome.events.append(Reason("joined", worker=session.hello.name, count=len(session.slots)))

    def _return(self, peer: bytes, now: float, outcome: Outcome) -> Session | None:
        """Let a worker that fell silent go on where it was heard last, without a greeting."""
        session = None if self.ended else self.absent.returning(peer, self.sessions, self.jobs, now)
        if session is not None:
            self.peers[peer] = session
            self._enter(session, now, outcome)
        return session

    def _drop(self, session: Session, now: float, *, silent: bool = False) -> None:
        charge_idle(self.jobs.open.values(), session, now)
        self.sessions.pop(session.key, None)
        self.peers.pop(session.peer, None)
        self.absent.remember_session(session, silent=silent)
        self.reels.disturbed = True
        for lease in list(self.jobs.leases_of(session).values()):
            served = self.jobs.of(lease)
            served.run_stats.reissued += len(lease.pending)
            served.ledger.lapse(lease)

    def _notice_gap(self, now: float) -> None:
        """After a sleep of this machine, shift every deadline first: the messages that wait are old."""
        gap_s, self.called_s = now - self.called_s, now
        if gap_s > OWN_GAP_S and self.sessions:  # a coordinator without workers did not ask to be called
            self.deadlines.forgive(gap_s)
            self.grants_s = now + GATHER_S

    # --- messages

    def _dispatch(
        self, session: Session, message: FromWorker, now: float, frame: bytes, fault: str, outcome: Outcome
    ) -> None:
        match message:
            case Heartbeat():
                self.checks.hold_back(session, now)
                take_heartbeat(self.jobs, self.sessions, session, message, now, outcome)
                if session.offers:
                    self.waiting[session.key] = session
                self.job_files.heard(session, message, now, outcome)
                self.reels.heard(session, message.reels, now, outcome)
                tidy(self.jobs, session, now)
            case Clip() | Failed():
                was_open = (served := self.jobs.get(message.job)) is not None and served.is_open
                self._settle(session, message, now, frame, fault, outcome)
                if served and was_open and not served.is_open:  # it was the last one of its job
                    self._charge_idle(now, served)
                self.checks.end_complete(outcome)
                tidy(self.jobs, session, now)
            case Held():
                self.intake.held(session, message, now, self._new_lease_id, outcome)
            case Fetch():
                self.job_files.fetch(session, message, now, outcome)
            case Piece(kind="reel"):
                self.reels.take_piece(session, message, frame, now, outcome)
            case Piece():
                self.job_files.job_file(session, message, frame, now, outcome)
                tidy(self.jobs, session, now)
            case Release():
                self.intake.released(session, message, outcome)
                tidy(self.jobs, session, now)
            case Bye():
                outcome.events.append(Reason("left", worker=session.hello.name))
                self._drop(session, now)

    def _settle(
        self, session: Session, message: Clip | Failed, now: float, frame: bytes, fault: str, outcome: Outcome
    ) -> None:
        if isinstance(message, Failed):
            self.intake.failed(session, message, now, outcome)
            self.intake.set_aside(session, now, outcome)
            return
        if message.size:  # another clip, in one piece, may have come between the pieces of this one
            session.link.transfer = None
        if self.intake.clip(session, message, now, frame, fault, self._credit, outcome):
            session.link.unfinished = 0
            self.pieces.note_bytes(session, now)

    @property
    def _credit(self) -> int:
        return self.settings.credit_of_one(len(self.sessions))

    def _take_late(self, session: Session, clip: Clip, now: float, frame: bytes, fault: str, outcome: Outcome) -> None:
        """Take a valid clip that is wanted from a worker that must greet again; others wait until it has greeted."""
        served = self.jobs.get(clip.job)
        if served is None or fault or not served.is_wanted((clip.chapter, clip.index), clip.key):
            return
        self._dispatch(session, clip, now, frame, fault, outcome)
        self._pump(now, outcome)

    def _charge_idle(self, now: float, *ended: ServedJob) -> None:
        """Charge the idle time since the last call to the jobs that were open until now, those that just ended too."""
        jobs = (*ended, *self.jobs.open.values())
        for session in self.sessions.values():
            charge_idle(jobs, session, now)

    # --- leases

    def _pump(self, now: float, outcome: Outcome, *, thorough: bool = False) -> None:
        """Grant what can be granted; `thorough` as in `GrantRound`."""
        self.more_to_grant = False
        if self.stopping or now < self.grants_s or len(self.sessions) < self.settings.min_workers:
            return
        if self.settings.min_workers:  # a job that has begun goes on with fewer workers
            self.settings = replace(self.settings, min_workers=0)
        self.waiting = still_waiting(self.waiting, self.sessions)
        grants = GrantRound(
            jobs=self.jobs,
            sessions=self.sessions,
            settings=self.settings,
            reels=self.reels,
            checks=self.checks,
            now=now,
            out=outcome,
            new_id=self._new_lease_id,
        )
        self.more_to_grant = grants.grant_waiting(self.waiting.values(), thorough=thorough)

    def _new_lease_id(self) -> int:
        self.last_lease += 1
        return self.last_lease

    def _record(self, job: str, record: AnyRecord, outcome: Outcome) -> None:
        apply(self.jobs[job].state, record)
        outcome.entries.append(JournalEntry(job, record))
