"""Who downloads a file of an engine's model from its hub: one worker at a time, and the others have it from that one.

The coordinator has no such file. It knows by heartbeats who has one, and who lacks one, each named by a handle.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from swarm.lease.coordinator.outcome import Outcome
from swarm.lease.coordinator.roster import Session
from swarm.lease.file_transfer import LackedFile, ModelSource, ToldFile
from swarm.lease.reason import Reason

MAX_FOLLOWERS = 2  # of one worker: those that wait fetch from the first ones that have the file
STUCK_S = 60.0  # without a byte of a download before another worker has the leave, too


@dataclass
class Leave:
    """The leave of one worker to download a file from its hub."""

    session: str
    have: int
    moved_s: float


@dataclass
class Referee:
    """Says to each worker that lacks a file of a model where to fetch it."""

    sessions: dict[str, Session]
    leaves: dict[str, Leave] = field(default_factory=dict)  # by handle
    sources: dict[tuple[str, str], str] = field(default_factory=dict)  # by handle and session: whose door was named
    agreed: dict[str, ToldFile] = field(default_factory=dict)  # by handle: as the first worker that had the file told
    liars: set[tuple[str, str]] = field(default_factory=set)  # handles, and the sessions that sent other bytes

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
            if source.wait or source.door != asked.door or not source.door:
                out.send(session.peer, source)

    def source(self, session: Session, lacked: LackedFile, now: float) -> ModelSource:
        """Return where a worker fetches a file that it lacks: one that has it, else the hub if no other is at it."""
        handle, key = lacked.handle, (lacked.handle, session.key)
        holders = dict(self._holders(session, lacked))
        if self.sources.get(key) not in holders:
            self.sources.pop(key, None)
            followers = Counter(source for (file, _), source in self.sources.items() if file == handle)
            free = [other for other in holders if followers[other] < MAX_FOLLOWERS]
            if free:
                self.sources[key] = min(free, key=lambda other: (followers[other], other))
        if key in self.sources:
            return ModelSource(handle, holders[self.sources[key]], told=self.agreed.get(handle))
        return ModelSource(handle, wait=bool(holders) or not self._may_download(session, lacked, now))

    def _holders(self, session: Session, lacked: LackedFile) -> Iterator[tuple[str, str]]:
        """Yield the workers that a file can be had from, with their doors."""
        aside, told = {each.door for each in lacked.aside}, self._told(lacked.handle)
        for key, other in self.sessions.items():
            has = lacked.handle in other.models and session.may_knock_at(other)
            has = has and other.told_models.get(lacked.handle) == told
            if has and other.door not in aside and (lacked.handle, key) not in self.liars:
                yield key, other.door

    def _told(self, handle: str) -> ToldFile | None:
        """Return what a file has to be that no table knows: the first word counts as long as any worker says it."""
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
        lying = {each.door for each in lacked.aside if each.fault == "lying"}
        for key, other in self.sessions.items() if lying else ():
            if other.door in lying and other is not session and (lacked.handle, key) not in self.liars:
                self.liars.add((lacked.handle, key))
                out.events.append(Reason("file not as it was", worker=other.hello.name, note=session.hello.name))

    def _forget(self) -> None:
        """Forget what is over: downloads that ended or whose worker is gone, and who fetched from whom."""
        here = self.sessions

        def lacks(handle: str, key: str) -> bool:
            return key in here and handle in here[key].lacked

        self.leaves = {handle: leave for handle, leave in self.leaves.items() if lacks(handle, leave.session)}
        self.sources = {each: source for each, source in self.sources.items() if lacks(*each) and source in here}
        told = {handle for session in here.values() for handle in session.told_models}
        self.agreed = {handle: each for handle, each in self.agreed.items() if handle in told}
        self.liars = {(handle, key) for handle, key in self.liars if key in here and handle in here[key].models}
