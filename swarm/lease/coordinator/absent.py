"""Workers that fell silent or left: clips of theirs may still come, and who fell silent may be heard again."""

from collections.abc import Container
from dataclasses import dataclass, field

from swarm.lease.coordinator.heartbeat import tidy
from swarm.lease.coordinator.jobs import Jobs
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.session_state import SessionState

MAX_ABSENT = 256
RETURN_S = 60.0  # a worker that was silent for so long has to greet and to say what it holds


@dataclass
class Absent:
    """The sessions by connection, those of the latest only."""

    sessions: dict[bytes, Session] = field(default_factory=dict)

    def add(self, session: Session, *, silent: bool) -> None:
        """Remember a session that is given up, because it left or fell silent."""
        returns = silent and session.state is SessionState.JOINED
        session.become(SessionState.SILENT if returns else SessionState.GONE)
        self.sessions[session.peer] = session
        while len(self.sessions) > MAX_ABSENT:
            del self.sessions[next(iter(self.sessions))]

    def returning(self, peer: bytes, here: Container[str], jobs: Jobs, now: float) -> Session | None:
        """Take out the worker that is heard again over the connection on which it fell silent.

        A connection loses no message between, so nothing has to be said again.
        """
        session = self.sessions.get(peer)
        if session is None or session.state is not SessionState.SILENT or session.key in here:
            return None
        if now - session.heard_s > RETURN_S:
            return None
        del self.sessions[peer]
        session.become(SessionState.JOINED)
        session.heard_s = session.returned_s = now
        session.offers.clear()  # heartbeats from the silence follow
        tidy(jobs, session, now)
        session.spend_idle(now)  # an absence is no idle time
        return session
