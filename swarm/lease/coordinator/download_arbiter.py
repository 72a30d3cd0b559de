"""Who downloads a file of an engine's model from its hub: one worker at a time, and the others have it from that
one.

The coordinator has no such file. It knows by heartbeats who has one, and who lacks one, each named by a content id.
A worker that has one tells the digest of its block list, by which the file travels along a chain, as a job asset
does. A block list is named by its digest, and so is the file on its way: a list that does not fit is no list."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from swarm.job.job_asset import LIST_PIECE_BYTES, block_list_size
from swarm.lease.coordinator.chain import Chain, Chains
from swarm.lease.coordinator.roster import Session
from swarm.lease.envelope import Reason
from swarm.lease.file_transfer import Fetch, MissingFileReport, ModelSource, Piece, ToldFile
from swarm.lease.outcome import Outcome
from swarm.lease.transfer import Incoming

NEW_S = 5.0  # a session this new may go on with what an earlier run told it to fetch or to wait for
STUCK_S = 60.0  # another worker gets the permit, too, if a download brings no byte for so long


@dataclass
class DownloadPermit:
    """The permit of one worker to download a file from its hub."""

    session: str
    have: int
    moved_s: float


@dataclass
class DownloadArbiter:
    """Says to each worker that lacks a file of a model how to have it."""

    sessions: dict[str, Session]
    chains: Chains
    permits: dict[str, DownloadPermit] = field(default_factory=dict)
    agreed: dict[str, ToldFile] = field(default_factory=dict)  # the first worker that had the file told it so
    liars: set[tuple[str, str]] = field(default_factory=set)  # handles, and the sessions that told of another file

    def direct(self, session: Session, now: float, out: Outcome) -> None:
        """Take in which files a worker lacks; answer for the first that it is not downloading already."""
        self._forget()
        for missing in session.files.missing.values():
            self._accuse(session, missing, out)
            if missing.downloads:
                self._heard_of(missing.handle, session, now)
        asked = next((missing for missing in session.files.missing.values() if not missing.downloads), None)
        if asked is not None:
            source = self.source(session, asked, now)
            if source.told is None or source.told != asked.told:
                out.send(session.peer, source)

    def source(self, session: Session, missing: MissingFileReport, now: float) -> ModelSource:
        """Return how a worker shall have a file that it lacks: from others, else from the hub if no other is at it."""
        told = self._told(missing.handle)
        if told is not None and told.digest not in missing.false:
            chain = self.chains.of(told.digest, told.size, is_model=True)
            if chain.has_holder(self.sessions) and chain.able(session, self.sessions) - {session.key}:
                return ModelSource(missing.handle, told=told)
        if told is None and now - session.joined_s < NEW_S:
            if missing.told is not None:
                return ModelSource(missing.handle, told=missing.told)
            if (missing.waits or session.files.told_models) and missing.handle not in self.permits:
                return ModelSource(missing.handle, wait=True)
        return ModelSource(missing.handle, wait=not self._may_download(session, missing, now))

    def files(self) -> Iterable[ToldFile]:
        """Return the files that travel from worker to worker."""
        return self.agreed.values()

    def _told(self, handle: str) -> ToldFile | None:
        """Return what a file is: the first word counts as long as any worker says it that was not found to lie."""
        said = {
            key: other.files.told_models[handle]
            for key, other in self.sessions.items()
            if handle in other.files.told_models
        }
        honest = [told for key, told in said.items() if (handle, key) not in self.liars]
        if honest and self.agreed.get(handle) not in honest:
            self.agreed[handle] = honest[0]
        return self.agreed.get(handle) if honest else None

    def _may_download(self, session: Session, missing: MissingFileReport, now: float) -> bool:
        """Tell whether a worker may turn to the hub; from then on it has the permit, unless it is offline."""
        permit = self.permits.get(missing.handle)
        if permit is not None and permit.session != session.key:
            self._heard_of(missing.handle, self.sessions[permit.session], now)
            if now - permit.moved_s < STUCK_S:
                return False
        if not missing.offline:
            self.permits[missing.handle] = DownloadPermit(session.key, missing.have, now)
        return True

    def _heard_of(self, handle: str, session: Session, now: float) -> None:
        """Take in how far a download is; one that began without leave, before this run, has it from now on."""
        have = session.files.missing[handle].have
        permit = self.permits.setdefault(handle, DownloadPermit(session.key, have, now))
        if permit.session == session.key and permit.have != have:
            permit.have, permit.moved_s = have, now

    def _accuse(self, session: Session, missing: MissingFileReport, out: Outcome) -> None:
        """Believe no more those whose word led to another file."""
        for key, other in self.sessions.items() if missing.false else ():
            told = other.files.told_models.get(missing.handle)
            is_news = told is not None and told.digest in missing.false and (missing.handle, key) not in self.liars
            if is_news and other is not session:
                self.liars.add((missing.handle, key))
                out.events.append(Reason("file not as it was", worker=other.hello.name, note=session.hello.name))

    def _forget(self) -> None:
        """Forget what is over: downloads that ended or whose worker is gone, and words that no worker says any more."""
        here = self.sessions

        def lacks(handle: str, key: str) -> bool:
            return key in here and handle in here[key].files.missing

        self.permits = {handle: permit for handle, permit in self.permits.items() if lacks(handle, permit.session)}
        told = {handle for session in here.values() for handle in session.files.told_models}
        self.agreed = {handle: each for handle, each in self.agreed.items() if handle in told}
        said = {(handle, key) for key, session in here.items() for handle in session.files.told_models}
        self.liars &= said


MAX_LISTS = 64  # a list has up to 512 KiB
ANSWER_S = 3.0  # a worker that sends no piece of a list for so long is left for another one


@dataclass
class Coming:
    """Latents or a block list on their way here from a session, and those that wait for a part of the list."""

    file: Incoming
    session: str = ""
    asked_s: float = 0.0
    tried: set[str] = field(default_factory=set)
    waiting: set[tuple[bytes, int]] = field(default_factory=set)  # peers, and where the part begins that each asked for

    def ask(self, peer: bytes, now: float, out: Outcome) -> None:
        """Ask for the next piece."""
        self.asked_s = now
        out.send(peer, self.file.next_fetch)


@dataclass
class BlockLists:
    """The block lists that are here or on their way, by digest."""

    sessions: dict[str, Session]
    piece: int
    known: dict[str, bytes] = field(default_factory=dict)
    coming: dict[str, Coming] = field(default_factory=dict)

    def answer(self, session: Session, asked: Fetch, chain: Chain, now: float, out: Outcome) -> None:
        """Tell a worker the digests of blocks that it asks for, now or once they are here."""
        if asked.digest in self.known:
            self._tell(session.peer, asked.digest, asked.offset, out)
            return
        size = block_list_size(chain.size, self.piece)
        coming = self.coming.setdefault(asked.digest, Coming(Incoming(asked.digest, size, self.piece, kind="blocks")))
        coming.waiting.add((session.peer, asked.offset))
        if coming.session not in self.sessions or now - coming.asked_s >= ANSWER_S:
            self._ask_another(asked.digest, coming, chain, now, out)

    def _ask_another(self, digest: str, coming: Coming, chain: Chain, now: float, out: Outcome) -> None:
        having = [
            key for key, other in self.sessions.items() if other.files.has_file(digest) and key not in chain.liars
        ]
        coming.session = min(having, key=lambda key: (key in coming.tried, key), default="")
        coming.tried.add(coming.session)
        coming.file.go_on_from(0)
        if coming.session:
            coming.ask(self.sessions[coming.session].peer, now, out)

    def take_list_piece(
        self, session: Session, piece: Piece, frame: bytes, chain: Chain, now: float, out: Outcome
    ) -> None:
        """Take in a piece of a list; set a worker aside whose list does not fit its digest."""
        coming = self.coming.get(piece.digest)
        if coming is None or coming.session != session.key or piece.offset != coming.file.have:
            return
        match coming.file.take_piece(piece, frame):
            case "more":
                coming.ask(session.peer, now, out)
                return
            case "whole":
                self._keep(piece.digest, self.coming.pop(piece.digest), out)
                return
        chain.liars.add(session.key)
        out.events.append(Reason("file not as it was", worker=session.hello.name, note="the coordinator"))
        self._ask_another(piece.digest, coming, chain, now, out)

    def _keep(self, digest: str, coming: Coming, out: Outcome) -> None:
        while len(self.known) >= MAX_LISTS:
            del self.known[next(iter(self.known))]
        self.known[digest] = bytes(coming.file.data)
        for peer, offset in sorted(coming.waiting):
            self._tell(peer, digest, offset, out)

    def _tell(self, peer: bytes, digest: str, offset: int, out: Outcome) -> None:
        whole = self.known[digest]
        frame = whole[offset : offset + LIST_PIECE_BYTES]
        out.send(peer, Piece(digest, offset, len(whole), "blocks"), frame)

    def keep(self, needed: set[str]) -> None:
        """Forget the lists of files that do not travel any more."""
        self.known = {digest: data for digest, data in self.known.items() if digest in needed}
        self.coming = {digest: coming for digest, coming in self.coming.items() if digest in needed}
