"""Intake of clips and failures: accepted, dropped, counted or set aside.

Clips that come in pieces come one at a time from each session, in order, and no more than was announced."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import structs

from swarm.job.clip_info import implausible
from swarm.job.record import AnyRecord, ClipAccepted, ClipDiscarded, SegmentFailed, SegmentQuarantined, WorkerSeen
from swarm.job.state import Place, apply
from swarm.lease.coordinator.cross_checks import CrossChecks
from swarm.lease.coordinator.ledger import RESERVED, Lease
from swarm.lease.coordinator.roster import Session, Transfer
from swarm.lease.coordinator.served_job import (
    MAX_ATTEMPTS,
    MAX_TAKES,
    Jobs,
    ServedJob,
    has_failed_often,
    has_waited_long,
    is_heard,
    last_word,
    others_could,
)
from swarm.lease.envelope import MAX_CLIP_BYTES, Reason
from swarm.lease.file_transfer import Piece
from swarm.lease.message import (
    Accepted,
    Clip,
    Failed,
    Held,
    Rejected,
    Release,
    Skip,
    Wanted,
    WhoAreYou,
)
from swarm.lease.outcome import JournalEntry, Outcome
from swarm.lease.states import SessionState
from swarm.lease.transfer import Incoming

BROKEN_STREAK = 5  # so many failures in a row speak against the worker, not the texts
ASIDE_S = 60.0  # a worker that fails so is set aside this long, and twice as long after each further failure
MAX_DOUBLINGS = 6
MAX_RECORDED = 2 * MAX_ATTEMPTS  # failures of a place: the others of many that wait for a last word are not journaled
MANY_TAKERS = 8  # workers that took a place and gave it back without a word: it waits for no more of them
PROVISIONAL_S = 60.0  # a rate that no card says is decided by most clips until so much sound is accepted


@dataclass
class Intake:
    """Takes in clips and failures. The first valid clip of a place wins, whichever worker sends it."""

    jobs: Jobs
    sessions: dict[str, Session]
    checks: CrossChecks
    alone: bool = False  # whether no other worker will ever come

    def needs(self, session: Session, clip: Clip) -> bool:
        """Return whether a clip of which the first piece came fits its place, and the place has none or is checked."""
        served = self.jobs.get(clip.job)
        if served is None or _misfit(served, clip) or served.state.complete:
            return False
        return (clip.chapter, clip.index) not in served.state.accepted or self.checks.expects(session, clip)

    def clip(
        self, session: Session, clip: Clip, now: float, frame: bytes, fault: str, credit: int, out: Outcome
    ) -> bool:
        """Accept, drop or reject one clip, and tell the worker its whole `credit`, in bytes.

        Returns whether it is accepted, or compared with one that is.
        """
        served = self.jobs.get(clip.job)
        why = Reason("damaged clip", note=fault) if fault else _misfit(served, clip)
        if served is not None and not why and (why := self._other_rate(served, session, clip, out)):
            out.send(session.peer, Rejected(clip.job, clip.chapter, clip.index, clip.key, reason=why))
            served.ledger.give_up((clip.chapter, clip.index), session.key)  # the place is not to blame
            return False
        if served is not None and not why and self.checks.refuses(session, now):
            why = Reason("sounds otherwise")
            out.send(session.peer, Rejected(clip.job, clip.chapter, clip.index, clip.key, reason=why))
            served.ledger.give_up((clip.chapter, clip.index), session.key)
            return False
        if served is None or why:
            out.send(session.peer, Rejected(clip.job, clip.chapter, clip.index, clip.key, reason=why))
            if served is not None and served.state.exists((clip.chapter, clip.index)):
                note = (why.note or why.code) if why else ""
                blamed = Failed(clip.job, clip.chapter, clip.index, clip.take, "rejected", note, clip.lease, clip.slot)
                self.failed(session, blamed, now, out)
            return False
        out.send(session.peer, Accepted(clip.job, ((clip.chapter, clip.index, clip.key),), credit))
        _renew(served, session, clip.lease, now)
        for lease in served.ledger.holders((clip.chapter, clip.index)):
            if lease.session == session.key:
                lease.reach_segment(now)
        if self.checks.take(served, session, clip, now, frame, out):
            served.ledger.give_up((clip.chapter, clip.index), session.key)
            return True
        if served.state.complete or (clip.chapter, clip.index) in served.state.accepted:
            served.run_stats.duplicate(session.worker, clip.work_s)
            return False
        _measure(served, session, clip)
        self._accept(served, session, clip, now, frame, out)
        return True

    def _accept(self, served: ServedJob, session: Session, clip: Clip, now: float, frame: bytes, out: Outcome) -> None:
        if session.worker not in served.state.workers:
            device = ", ".join(device.about or device.name for device in session.hello.devices)
            _record(served, WorkerSeen(session.worker, session.hello.name, device), out)
        place = (clip.chapter, clip.index)
        record = _acceptance(session.worker, clip, now, len(frame))
        if not (record.doubt and _keep_former(served, place, "doubtful", record.doubt, out)):
            _record(served, record, out, frame)
        others = [le for le in served.ledger.settle_place(place) if (le.session, le.id) != (session.key, clip.lease)]
        left_out = [(lease, place) for lease in others]
        twins = served.state.twins(place, clip.take) if served.state.accepted[place] is record else ()
        for twin in twins:  # one clip serves all places with its text
            _record(served, structs.replace(record, chapter=twin[0], index=twin[1], work_s=0.0, reused=True), out)
            left_out += [(lease, twin) for lease in served.ledger.settle_place(twin)]
        self._leave_out(left_out, out)
        session.trust.deliver(clip)
        if served.state.accepted[place] is record:
            self.checks.accepted(served, session, place, now, out)

    def _leave_out(self, places: Sequence[tuple[Lease, Place]], out: Outcome) -> None:
        """Have workers leave out of their leases what was spoken elsewhere meanwhile."""
        spoken: dict[int, list[int]] = {}
        for lease, place in places:
            spoken.setdefault(lease.id, []).append(place[1])
        for lease in {lease.id: lease for lease, _ in places}.values():
            holder = self.sessions.get(lease.session)
            if holder is not None and lease.slot != RESERVED:
                out.send(holder.peer, Skip(lease.id, tuple(spoken[lease.id])))

    def _other_rate(self, served: ServedJob, session: Session, clip: Clip, out: Outcome) -> Reason | None:
        """Return how a clip's rate is not that of the job, None if it is.

        Where no card says the rate, the first clips do not fix it for ever: most of the clips of the workers that are
        here decide, until a minute of sound or a chapter is accepted.
        """
        state, rate = served.state, served.state.sample_rate
        before = session.trust.rates.get(clip.job, (0, 0))
        session.trust.rates[clip.job] = clip.sample_rate, 1 + (before[1] if before[0] == clip.sample_rate else 0)
        if rate in (0, clip.sample_rate):
            return None
        begun = state.audio_s > PROVISIONAL_S or any(map(state.chapter_complete, range(len(state.settled))))
        if state.spec.sample_rate or begun or self._votes(clip.job, clip.sample_rate) <= self._votes(clip.job, rate):
            return Reason("other rate", count=clip.sample_rate, expected=rate)
        for place in sorted(state.accepted):
            _record(served, ClipDiscarded(*place, "other rate"), out)
            served.ledger.reopen(place)
        return None

    def _votes(self, job: str, rate: int) -> int:
        told = [session.trust.rates.get(job, (0, 0)) for session in self.sessions.values()]
        return sum(count for hertz, count in told if hertz == rate)

    def held(self, session: Session, held: Held, now: float, new_id: Callable[[], int], out: Outcome) -> None:
        """Answer which of the clips that a worker holds it shall send, and reserve their places for it."""
        served = self.jobs.get(held.job)
        if served is None:  # a job of another coordinator, or this one's next: the worker keeps them, bounded
            return
        is_refused = self.checks.refuses(session, now)
        wanted = [clip for clip in held.clips if not is_refused and served.is_wanted(clip[:2], clip[2])]
        for chapter in sorted({chapter for chapter, _, _ in wanted}):
            for place in [(c, index) for c, index, _ in wanted if c == chapter]:
                if not any(lease.slot == RESERVED for lease in served.ledger.holders(place)):
                    served.ledger.give_up(place, session.key)  # spoken, though the worker may have lost the lease
            free = {index for index in served.ledger.free[chapter] if served.ledger.may_reserve((chapter, index))}
            coming = sorted({index for c, index, _ in wanted if c == chapter and index in free})
            if coming:
                served.ledger.hold(Lease(new_id(), held.job, chapter, session.key, RESERVED, coming, now, now))
        forget = tuple(clip for clip in held.clips if clip not in set(wanted))
        out.send(session.peer, Wanted(held.job, tuple(wanted), forget))

    def released(self, session: Session, message: Release, out: Outcome) -> None:
        """End a lease that a worker gives back, and tell the user if it cannot speak the job at all."""
        lease = self.jobs.leases_of(session).get(message.lease)
        if lease is None:
            return
        served = self.jobs.of(lease)
        served.ledger.end_lease(lease)
        session.told.pop(served.state.job, None)  # the `Job` message may have been lost
        if message.unable and session.reports_unable(served.recipe, message.note):
            title = served.state.spec.title
            out.events.append(Reason("cannot speak", worker=session.hello.name, title=title, note=message.note))

    def failed(self, session: Session, failed: Failed, now: float, out: Outcome) -> None:
        """Count a failure; the place is tried again with a new take, or set aside after several."""
        served = self.jobs.get(failed.job)
        place = (failed.chapter, failed.index)
        if served is None or not served.state.exists(place):
            return
        session.trust.failures += 1
        session.trust.streak += 1
        _renew(served, session, failed.lease, now)
        if not served.ledger.give_up(place, session.key) or served.state.is_settled(place):
            return  # a failure at a place that it does not hold speaks against the worker alone
        lease = served.ledger.leases.get(failed.lease)
        if lease is not None and lease.session == session.key:
            lease.reach_segment(now)
        kind, note = failed.kind, failed.note[:500]
        served.ledger.has_failed(place, session.key, now)
        if len(served.state.failures.get(place, ())) < MAX_RECORDED:
            _record(served, SegmentFailed(failed.chapter, failed.index, session.worker, kind, note), out)
        if not has_failed_often(served, place) or self._is_one_workers_word(served, place, now):
            return
        sessions = self.sessions.values()
        if last_word(served, sessions, place, now) or not (self.alone or is_heard(served, sessions, place, now)):
            return
        if not (kept := _keep_former(served, place, kind, note, out)):
            _record(served, SegmentQuarantined(failed.chapter, failed.index, kind, note), out)
        served.ledger.settle_place(place)
        if kept:
            return
        text = served.state.segment(place).written
        out.events.append(Reason("segment set aside", count=MAX_ATTEMPTS, text=text[:60], kind=kind, note=note))

    def _is_one_workers_word(self, served: ServedJob, place: Place, now: float) -> bool:
        """Return whether all failures are of one worker while another could try."""
        blamed = {failure.worker for failure in served.state.failures[place]}
        if len(blamed) > 1 or len(served.ledger.empty_handed.get(place, ())) >= MANY_TAKERS:
            return False
        if has_waited_long(served, place, now):
            return False
        return others_could(served, self.sessions.values(), place, now)

    def set_aside(self, session: Session, now: float, out: Outcome) -> None:
        """Grant a worker nothing for a while that fails so regularly that the texts are not to blame.

        One that has delivered is set aside only for others that have, too.
        """
        others = [s for s in self.sessions.values() if s is not session and s.trust.aside_until_s <= now]
        useful = any(other.trust.segments or not session.trust.segments for other in others)
        if session.trust.streak >= BROKEN_STREAK and useful:
            session.trust.aside_until_s = now + ASIDE_S * 2 ** min(session.trust.streak - BROKEN_STREAK, MAX_DOUBLINGS)
            out.events.append(Reason("worker set aside", worker=session.hello.name, count=session.trust.streak))


def _keep_former(served: ServedJob, place: Place, kind: str, note: str, out: Outcome) -> bool:
    """Take back the clip that a place had before another take was wanted; return False where none was better."""
    former = served.state.former.get(place)
    if former is None or (kind == "doubtful" and former.doubt):
        return False
    _record(served, structs.replace(former, reused=True), out)
    text = served.state.segment(place).written
    out.events.append(Reason("earlier take stays", text=text[:60], kind=kind, note=note))
    return True


def _acceptance(worker: str, clip: Clip, now: float, size: int) -> ClipAccepted:
    return ClipAccepted(
        chapter=clip.chapter,
        index=clip.index,
        take=clip.take,
        key=clip.key,
        bytes=size,
        worker=worker,
        started_s=now - clip.work_s,
        accepted_s=now,
        **structs.asdict(clip.info),
    )


def _misfit(served: ServedJob | None, clip: Clip) -> Reason | None:
    if served is None:
        return Reason("other job")
    place = (clip.chapter, clip.index)
    if not served.state.exists(place):
        return Reason("no such place")
    if clip.take > served.state.first_takes.get(place, 0) + MAX_TAKES or served.state.key(place, clip.take) != clip.key:
        return Reason("other clip")
    if unlike := implausible(clip.length_s, served.state.segment(place).spoken):
        seconds, letters, least_s, most_s = unlike
        return Reason("implausible length", seconds=seconds, count=letters, least_s=least_s, most_s=most_s)
    return None


def _renew(served: ServedJob, session: Session, lease_id: int, now: float) -> None:
    """Prolong a worker's own lease."""
    lease = served.ledger.leases.get(lease_id)
    if lease is not None and lease.session == session.key:
        lease.progressed_s = now


def _measure(served: ServedJob, session: Session, clip: Clip) -> None:
    if clip.slot < len(session.slots):
        characters = len(served.state.engine_text((clip.chapter, clip.index)))
        speed = session.slots[clip.slot].speed(served.state.spec.recipe)
        speed.add_clip(characters, clip.length_s, clip.work_s)


def _record(served: ServedJob, record: AnyRecord, out: Outcome, frame: bytes = b"") -> None:
    apply(served.state, record)
    out.entries.append(JournalEntry(served.state.job, record, frame))


HEAD_BYTES = 64 * 1024  # the header of a FLAC file takes this much at most
MAX_UNFINISHED = 16  # clips begun since the last one that was accepted: the pieces of more are no progress


@dataclass(frozen=True)
class ClipPieces:
    """Takes in clips in pieces; `credit` is told to a worker whose clip is answered before all of it came."""

    intake: Intake

    def begin_clip(self, session: Session, clip: Clip, frame: bytes, credit: int, now: float, out: Outcome) -> None:
        """Take the first piece of a clip."""
        session.link.transfer = None
        fault = "the clip is too large" if clip.size > min(MAX_CLIP_BYTES, _most_bytes(clip)) else ""
        if fault or not self.intake.needs(session, clip):
            self.intake.clip(session, clip, now, b"", fault, credit, out)
            return
        coming = Transfer(clip, now, len(frame), Incoming(clip.digest, clip.size, 0, "clip", hashes=False))
        coming.file.take_piece(Piece(clip.digest, 0, clip.size, "clip"), frame)
        session.link.transfer = coming
        session.link.unfinished += 1
        self._received(session, coming, now, out)

    def go_on(self, session: Session, piece: Piece, frame: bytes, credit: int, now: float, out: Outcome) -> None:
        """Take a further piece."""
        coming = session.link.transfer
        if coming is None or coming.clip.digest != piece.digest:
            return  # the clip was answered already
        if piece.offset > coming.file.have:  # a piece was lost: the worker offers the clip again once it has greeted
            session.link.transfer = None
            session.become(SessionState.ESTRANGED)
            out.send(session.peer, WhoAreYou())
            return
        if piece.offset == coming.file.have and coming.file.take_piece(piece, frame) == "unasked":
            session.link.transfer = None
            self.intake.clip(session, coming.clip, now, b"", "its pieces do not make it up", credit, out)
            return
        self._received(session, coming, now, out)

    def _received(self, session: Session, coming: Transfer, now: float, out: Outcome) -> None:
        out.send(session.peer, coming.file.next_fetch)
        if coming.is_progress(now) and session.link.unfinished <= MAX_UNFINISHED:
            self.note_bytes(session, now)
        if coming.is_slow(now):
            if not session.link.bits_s:
                out.events.append(self._slow_link(session, coming, now))
            session.link.bits_s = int(8 * coming.bytes_s(now))
        elif coming.file.is_whole:
            session.link.bits_s = 0

    @staticmethod
    def _slow_link(session: Session, coming: Transfer, now: float) -> Reason:
        return Reason("slow link", worker=session.hello.name, count=int(8 * coming.bytes_s(now)))

    def note_bytes(self, session: Session, now: float) -> None:
        """Note that bytes of a clip came: wait on for the other clips that the worker holds."""
        session.link.sent_s = now
        for lease in self.intake.jobs.leases_of(session).values():
            if lease.slot == RESERVED:
                lease.progressed_s = now


def _most_bytes(clip: Clip) -> int:
    """Return how many bytes a clip has at most: FLAC is hardly larger than 16-bit samples."""
    return 3 * clip.samples + HEAD_BYTES
