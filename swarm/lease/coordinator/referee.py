"""Who downloads a file of an engine's model from its hub: one worker at a time, and the others have it from that one.

The coordinator has no such file. It knows by heartbeats who has one, and who lacks one, each named by a handle. A
worker that has one tells the digest of its block list, by which the file travels along a chain, as a job file does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from swarm.lease.coordinator.chain import Chains
from swarm.lease.coordinator.outcome import Outcome
from swarm.lease.coordinator.roster import Session
from swarm.lease.file_transfer import LackedFile, ModelSource, ToldFile
from swarm.lease.reason import Reason

NEW_S = 5.0  # a session this new may go on with what an earlier run told it to fetch or to wait for
STUCK_S = 60.0  # another worker gets the leave, too, if a download brings no byte for so long


@dataclass
class Leave:
    """The leave of one worker to download a file from its hub."""

    session: str
    have: int
    moved_s: float


@dataclass
class Referee:
    """Says to each worker that lacks a file of a model how to have it."""

    sessions: dict[str, Session]
    chains: Chains
    leaves: dict[str, Leave] = field(default_factory=dict)
    agreed: dict[str, ToldFile] = field(default_factory=dict)  # the first worker that had the file told it so
    liars: set[tuple[str, str]] = field(default_factory=set)  # handles, and the sessions that told of another file

    def direct(self, session: Session, now: float, out: Outcome) -> None:
        """Take in which files a worker lacks; answer for the first that it is not downloading already."""
        self._forget()
        for lacked in session.lacked.values():
            self._accuse(session, lacked, out)
            if lacked.downloads:
                self._heard_of(lacked.handle, session, now)
        asked = next((lacked for lacked in session.lacked.values() if not lacked.downloads), None)
        if asked is not None:
            source = self.source(session, asked, now)
            if source.told is None or source.told != asked.told:
                out.send(session.peer, source)

    def source(self, session: Session, lacked: LackedFile, now: float) -> ModelSource:
        """Return how a worker shall have a file that it lacks: from others, else from the hub if no other is at it."""
        told = self._told(lacked.handle)
        if told is not None and told.digest not in lacked.false:
            chain = self.chains.of(told.digest, told.size, is_model=True)
            if chain.has_holder(self.sessions) and chain.able(session, self.sessions) - {session.key}:
                return ModelSource(lacked.handle, told=told)
        if told is None and now - session.joined_s < NEW_S:
            if lacked.told is not None:
                return ModelSource(lacked.handle, told=lacked.told)
            if (lacked.waits or session.told_models) and lacked.handle not in self.leaves:
                return ModelSource(lacked.handle, wait=True)
        return ModelSource(lacked.handle, wait=not self._may_download(session, lacked, now))

    def files(self) -> Iterable[ToldFile]:
        """Return the files that travel from worker to worker."""
        return self.agreed.values()

    def _told(self, handle: str) -> ToldFile | None:
        """Return what a file is: the first word counts as long as any worker says it that was not found to lie."""
        said = {key: other.told_models[handle] for key, other in self.sessions.items() if handle in other.told_models}
        honest = [told for key, told in said.items() if (handle, key) not in self.liars]
        if honest and self.agreed.get(handle) not in honest:
            self.agreed[handle] = honest[0]
        return self.agreed.get(handle) if honest else None

    def _may_download(self, session: Session, lacked: LackedFile, now: float) -> bool:
        """Tell whether a worker may turn to the hub; from then on it has the leave, unless it is offline."""
        leave = self.leaves.get(lacked.handle)
        if leave is not None and leave.session != session.key:
            self._heard_of(lacked.handle, self.sessions[leave.session], now)
            if now - leave.moved_s < STUCK_S:
                return False
        if not lacked.offline:
            self.leaves[lacked.handle] = Leave(session.key, lacked.have, now)
        return True

    def _heard_of(self, handle: str, session: Session, now: float) -> None:
        """Take in how far a download is; one that began without leave, before this run, has it from now on."""
        have = session.lacked[handle].have
        leave = self.leaves.setdefault(handle, Leave(session.key, have, now))
        if leave.session == session.key and leave.have != have:
            leave.have, leave.moved_s = have, now

    def _accuse(self, session: Session, lacked: LackedFile, out: Outcome) -> None:
        """Believe no more those whose word led to another file."""
        for key, other in self.sessions.items() if lacked.false else ():
            told = other.told_models.get(lacked.handle)
            is_news = told is not None and told.digest in lacked.false and (lacked.handle, key) not in self.liars
            if is_news and other is not session:
                self.liars.add((lacked.handle, key))
                out.events.append(Reason("file not as it was", worker=other.hello.name, note=session.hello.name))

    def _forget(self) -> None:
        """Forget what is over: downloads that ended or whose worker is gone, and words that no worker says any more."""
        here = self.sessions

        def lacks(handle: str, key: str) -> bool:
            return key in here and handle in here[key].lacked

        self.leaves = {handle: leave for handle, leave in self.leaves.items() if lacks(handle, leave.session)}
        told = {handle for session in here.values() for handle in session.told_models}
        self.agreed = {handle: each for handle, each in self.agreed.items() if handle in told}
        self.liars = {(handle, key) for handle, key in self.liars if key in here and handle in here[key].told_models}
