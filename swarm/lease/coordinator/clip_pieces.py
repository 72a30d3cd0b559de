"""Clips that come in pieces: one at a time from each session, in order, and no more than was announced.

Only counts are kept here; `ClipAssembly` has the bytes.
"""

from dataclasses import dataclass

from swarm.lease.bounds import MAX_CLIP_BYTES
from swarm.lease.coordinator.intake import Intake
from swarm.lease.coordinator.lease import PROMISED
from swarm.lease.coordinator.outcome import Outcome
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.session_state import SessionState
from swarm.lease.coordinator.transfer import Transfer
from swarm.lease.message import Clip, ClipPiece, Received, WhoAreYou
from swarm.lease.reason import Reason

HEAD_BYTES = 64 * 1024  # the header of a FLAC file takes this much at most
MAX_UNFINISHED = 16  # clips begun since the last one that was accepted: the pieces of more are no progress


@dataclass(frozen=True)
class ClipPieces:
    """Takes in pieces of `length` bytes; `credit` is told to a worker whose clip is answered before all of it came."""

    intake: Intake

    def take(
        self, session: Session, message: Clip | ClipPiece, length: int, credit: int, now: float, out: Outcome
    ) -> None:
        """Take the first piece of a clip, or a further one."""
        if isinstance(message, Clip):
            self._begin(session, message, length, credit, now, out)
        else:
            self._go_on(session, message, length, credit, now, out)

    def _begin(self, session: Session, clip: Clip, length: int, credit: int, now: float, out: Outcome) -> None:
        session.transfer = None
        fault = "the clip is too large" if clip.size > min(MAX_CLIP_BYTES, _most_bytes(clip)) else ""
        if fault or not self.intake.needs(clip):
            self.intake.clip(session, clip, now, b"", fault, credit, out)
            return
        session.transfer = Transfer(clip, now, length, length)
        session.unfinished += 1
        self._received(session, session.transfer, now, out)

    def _go_on(self, session: Session, piece: ClipPiece, length: int, credit: int, now: float, out: Outcome) -> None:
        coming = session.transfer
        if coming is None or coming.clip.number != piece.number:
            return  # the clip was answered already
        if piece.offset > coming.have:  # a piece was lost: the worker offers the clip again once it has greeted
            session.transfer = None
            session.become(SessionState.ESTRANGED)
            out.send(session.peer, WhoAreYou())
            return
        if piece.offset == coming.have:
            coming.have += length
        if coming.have > coming.clip.size:
            session.transfer = None
            fault = "its pieces are more than it was to have"
            self.intake.clip(session, coming.clip, now, b"", fault, credit, out)
            return
        self._received(session, coming, now, out)

    def _received(self, session: Session, coming: Transfer, now: float, out: Outcome) -> None:
        out.send(session.peer, Received(coming.clip.number, coming.have))
        if coming.is_progress(now) and session.unfinished <= MAX_UNFINISHED:
            self.note_bytes(session, now)
        if coming.is_slow(now):
            if not session.link_bits_s:
                out.events.append(self._slow_link(session, coming, now))
            session.link_bits_s = int(8 * coming.bytes_s(now))
        elif coming.have == coming.clip.size:
            session.link_bits_s = 0

    @staticmethod
    def _slow_link(session: Session, coming: Transfer, now: float) -> Reason:
        return Reason("slow link", worker=session.hello.name, count=int(8 * coming.bytes_s(now)))

    def note_bytes(self, session: Session, now: float) -> None:
        """Note that bytes of a clip came: wait on for the other clips that the worker holds."""
        session.sent_s = now
        for lease in self.intake.jobs.leases_of(session).values():
            if lease.slot == PROMISED:
                lease.progressed_s = now


def _most_bytes(clip: Clip) -> int:
    """Return how many bytes a clip has at most: FLAC is hardly larger than 16-bit samples."""
    return 3 * clip.samples + HEAD_BYTES
