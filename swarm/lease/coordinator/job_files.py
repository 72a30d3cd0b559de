"""How a coordinator's jobs get their files to the workers, and their latents back from one of them."""

import hashlib
from dataclasses import dataclass, field

from swarm.job.job_file import MAX_LATENTS, piece_size
from swarm.job.record import LatentsKept, LatentsLost
from swarm.job.state import apply
from swarm.lease.coordinator.ledger import PROMISED
from swarm.lease.coordinator.outcome import JournalEntry, Outcome, Serve
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import ServedJob
from swarm.lease.message import Fetch, FilePiece, Heartbeat, OfferedLatents, Revoke

LOST = "what was computed of its recording is gone or damaged; a worker sends it again, or computes it anew"
ASK_AGAIN_S = 3.0  # a piece of latents that did not come is asked for again


@dataclass
class Collecting:
    """Latents on their way here."""

    session: str
    made: OfferedLatents
    asked_s: float
    data: bytearray = field(default_factory=bytearray)


@dataclass
class JobFiles:
    """Serves pieces of what the jobs need; takes the latents of the one worker that speaks before all others."""

    works: dict[str, ServedJob]
    sessions: dict[str, Session]
    collecting: dict[str, Collecting] = field(default_factory=dict)  # by job

    def heard(self, session: Session, heartbeat: Heartbeat, now: float, out: Outcome) -> None:
        """A heartbeat is the whole state: what a worker could need and neither has nor fetches, it was never told."""
        session.supplied(heartbeat)
        known = session.job_files.union(session.fetching)
        for work in self.works.values():
            if not work.state.complete and session.can_speak(work.recipe) and not work.needed <= known:
                session.told.add(work.state.job)
                out.send(session.peer, work.instruction)
        for made in heartbeat.made:
            if made.job in self.works:
                self._made(self.works[made.job], session, made, now, out)

    def fetch(self, session: Session, fetch: Fetch, out: Outcome) -> None:
        """Have a piece read and sent, if a job has such a file."""
        for work in self.works.values():
            for job_file in work.state.job_files:
                if job_file.digest == fetch.digest and fetch.offset < job_file.size:
                    out.serves.append(Serve(session.peer, work.state.job, job_file.digest, fetch.offset, job_file.size))
                    return

    def _made(self, work: ServedJob, session: Session, made: OfferedLatents, now: float, out: Outcome) -> None:
        job = work.state.job
        if not work.state.awaits_latents:
            out.send(session.peer, work.instruction)
        elif not _holds_lease(work, session):
            return  # somebody else is at it
        elif not made.digest:
            self._keep(work, session, made, b"", out)
        elif not 0 < made.size <= MAX_LATENTS:
            self._distrust(work, session, f"its engine made latents of {made.size} bytes", out)
        else:
            coming = self.collecting.get(job)
            if coming is None or (coming.session, coming.made) != (session.key, made):
                coming = self.collecting[job] = Collecting(session.key, made, now - ASK_AGAIN_S)
            if now - coming.asked_s >= ASK_AGAIN_S:
                self._ask(coming, session, now, out)

    @staticmethod
    def _ask(coming: Collecting, session: Session, now: float, out: Outcome) -> None:
        coming.asked_s = now
        out.send(session.peer, Fetch(coming.made.digest, len(coming.data)))

    def job_file(self, session: Session, piece: FilePiece, frame: bytes, now: float, out: Outcome) -> None:
        """A piece of latents arrived; one that was not asked for is dropped."""
        for job, coming in self.collecting.items():
            if (coming.session, coming.made.digest) == (session.key, piece.digest):
                self._take(self.works[job], coming, piece, frame, session, now, out)
                return

    def _take(
        self,
        work: ServedJob,
        coming: Collecting,
        piece: FilePiece,
        frame: bytes,
        session: Session,
        now: float,
        out: Outcome,
    ) -> None:
        size, data = coming.made.size, coming.data
        if piece.offset != len(data) or piece.total != size or len(frame) != piece_size(size, piece.offset):
            return  # asked for again with the next heartbeat
        data.extend(frame)
        if len(data) < size:
            self._ask(coming, session, now, out)
            return
        del self.collecting[work.state.job]
        if not work.state.awaits_latents:
            return
        if hashlib.sha256(data).hexdigest() == coming.made.digest:
            self._keep(work, session, coming.made, bytes(data), out)
        else:
            self._distrust(work, session, "the latents it sent do not fit their digest", out)

    def _keep(self, work: ServedJob, session: Session, made: OfferedLatents, data: bytes, out: Outcome) -> None:
        """From now on everybody speaks with these."""
        record = LatentsKept(made.digest, made.size, session.worker)
        apply(work.state, record)
        out.entries.append(JournalEntry(work.state.job, record, data))
        for other in self.sessions.values():
            other.told.discard(work.state.job)
        out.send(session.peer, work.instruction)

    def lose(self, work: ServedJob, digest: str, out: Outcome) -> None:
        """The latents' file is gone: one slot that speaks with them goes on alone and sends them, else makes others."""
        if work.state.latents is None or work.state.latents.digest != digest:
            return  # known already
        record = LatentsLost(digest)
        apply(work.state, record)
        out.entries.append(JournalEntry(work.state.job, record))
        out.notes.append(f"{work.state.spec.title}: {LOST}")
        leases = [lease for lease in work.ledger.leases.values() if lease.slot != PROMISED]
        kept = next((lease for lease in leases if digest in self.sessions[lease.session].job_files), None)
        for lease in leases:
            if lease is not kept:
                out.send(self.sessions[lease.session].peer, Revoke(lease.id))
                work.ledger.end(lease)
        for session in self.sessions.values():
            session.told.discard(work.state.job)
        if kept is not None:
            out.send(self.sessions[kept.session].peer, work.instruction)

    @staticmethod
    def _distrust(work: ServedJob, session: Session, why: str, out: Outcome) -> None:
        """Somebody else computes them."""
        session.unable[work.recipe] = why
        out.notes.append(f"{session.hello.name} cannot speak {work.state.spec.title}: {why}")
        for lease in [le for le in work.ledger.leases.values() if le.session == session.key and le.slot != PROMISED]:
            out.send(session.peer, Revoke(lease.id))
            work.ledger.end(lease)


def _holds_lease(work: ServedJob, session: Session) -> bool:
    return any(le.session == session.key and le.slot != PROMISED for le in work.ledger.leases.values())
