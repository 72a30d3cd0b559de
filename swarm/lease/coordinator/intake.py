"""What becomes of a clip or a failure that a worker sends: accepted, dropped, counted, set aside."""

from dataclasses import dataclass

from msgspec import structs

from swarm.job.record import AnyRecord, ClipAccepted, SegmentFailed, SegmentQuarantined, WorkerSeen
from swarm.job.state import Place, apply
from swarm.lease.coordinator.outcome import JournalEntry, Outcome
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import MAX_ATTEMPTS, MAX_TAKES, ServedJob
from swarm.lease.message import Accepted, Clip, Failed, Rejected

BROKEN_STREAK = 5  # so many failures in a row speak against the worker, not the texts


@dataclass
class Intake:
    """The first valid clip of a place wins, whoever sends it."""

    sessions: dict[str, Session]

    def clip(
        self,
        works: dict[str, ServedJob],
        session: Session,
        clip: Clip,
        now: float,
        frame: bytes,
        fault: str,
        credit: int,
        out: Outcome,
    ) -> None:
        """Accept, drop or reject one clip; either way its credit goes back. `credit`: what the worker has in all."""
        work = works.get(clip.job)
        why = fault or _misfit(work, clip)
        if work is None or why:
            out.send(session.peer, Rejected(clip.job, clip.chapter, clip.index, clip.key, why))
            if work is not None and work.state.exists((clip.chapter, clip.index)):
                blamed = Failed(clip.job, clip.chapter, clip.index, clip.take, "rejected", why, clip.lease, clip.slot)
                self.failed(works, session, blamed, now, out)
            return
        out.send(session.peer, Accepted(clip.job, ((clip.chapter, clip.index, clip.key),), credit))
        _renew(work, clip.lease, now)
        _measure(work, session, clip)
        if work.state.complete or (clip.chapter, clip.index) in work.state.accepted:
            work.effort.duplicate(session.worker, clip.work_s)
            return
        self._accept(work, session, clip, now, frame, out)

    def _accept(self, work: ServedJob, session: Session, clip: Clip, now: float, frame: bytes, out: Outcome) -> None:
        if session.worker not in work.state.workers:
            device = ", ".join(device.about or device.name for device in session.hello.devices)
            _record(work, WorkerSeen(session.worker, session.hello.name, device), out)
        place = (clip.chapter, clip.index)
        record = _acceptance(session.worker, clip, now, len(frame))
        _record(work, record, out, frame)
        work.ledger.settle(place)
        for chapter, index in work.state.twins(place, clip.take):  # one clip serves every place of its text
            _record(work, structs.replace(record, chapter=chapter, index=index, work_s=0.0, reused=True), out)
            work.ledger.settle((chapter, index))
        session.streak = 0
        session.segments += 1
        session.audio_s += clip.samples / clip.sample_rate
        session.work_s += clip.work_s

    def failed(self, works: dict[str, ServedJob], session: Session, failed: Failed, now: float, out: Outcome) -> None:
        """Count a failure; the place is tried again with a new take, or set aside after several."""
        work = works.get(failed.job)
        place = (failed.chapter, failed.index)
        if work is None or not work.state.exists(place):
            return
        session.failures += 1
        session.streak += 1
        _renew(work, failed.lease, now)
        if work.state.is_settled(place) or not work.ledger.give_up(place, session.key):
            return  # a failure at what it does not hold speaks against the worker only
        kind, note = failed.kind, failed.note[:500]
        _record(work, SegmentFailed(failed.chapter, failed.index, session.worker, kind, note), out)
        if len(work.state.failures[place]) < MAX_ATTEMPTS or self._is_one_workers_word(work, place, now):
            return
        why = f"{kind}: {note}" if note else kind
        _record(work, SegmentQuarantined(failed.chapter, failed.index, why), out)
        work.ledger.settle(place)
        text = work.state.text(place)
        out.notes.append(f"set aside after {MAX_ATTEMPTS} failures: “{text[:60]}” ({why})")

    def _is_one_workers_word(self, work: ServedJob, place: Place, now: float) -> bool:
        """Whether all failures are of one worker while another is there to try."""
        blamed = {failure.worker for failure in work.state.failures[place]}
        others = (s for s in self.sessions.values() if s.worker not in blamed)
        return len(blamed) == 1 and any(s.can_try(work.recipe, now, work.needed) for s in others)

    @staticmethod
    def is_broken(session: Session) -> bool:
        """Whether a worker fails so regularly that the texts are not to blame."""
        return session.streak >= BROKEN_STREAK


def _acceptance(worker: str, clip: Clip, now: float, size: int) -> ClipAccepted:
    return ClipAccepted(
        chapter=clip.chapter,
        index=clip.index,
        take=clip.take,
        key=clip.key,
        samples=clip.samples,
        sample_rate=clip.sample_rate,
        digest=clip.digest,
        bytes=size,
        worker=worker,
        work_s=clip.work_s,
        started_s=now - clip.work_s,
        accepted_s=now,
        takes=clip.takes,
        doubt=clip.doubt[:500],
    )


def _misfit(work: ServedJob | None, clip: Clip) -> str:
    if work is None:
        return "this job is not rendered here"
    place = (clip.chapter, clip.index)
    if not work.state.exists(place):
        return "the book has no such place"
    if clip.take > work.state.first_takes.get(place, 0) + MAX_TAKES or work.state.key(place, clip.take) != clip.key:
        return "the clip is not of this text and recipe"
    if work.state.sample_rate not in (0, clip.sample_rate):
        return f"the clip has {clip.sample_rate} Hz, the others of this job {work.state.sample_rate}"
    return ""


def _renew(work: ServedJob, lease_id: int, now: float) -> None:
    lease = work.ledger.leases.get(lease_id)
    if lease is not None:
        lease.progressed_s = now


def _measure(work: ServedJob, session: Session, clip: Clip) -> None:
    if clip.slot < len(session.slots):
        characters = len(work.state.text((clip.chapter, clip.index)))
        speed = session.slots[clip.slot].speed(work.state.spec.recipe)
        speed.add(characters, clip.samples / clip.sample_rate, clip.work_s)


def _record(work: ServedJob, record: AnyRecord, out: Outcome, frame: bytes = b"") -> None:
    apply(work.state, record)
    out.entries.append(JournalEntry(work.state.job, record, frame))
