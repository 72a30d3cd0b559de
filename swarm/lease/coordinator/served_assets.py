"""Job assets on the coordinator's side: pieces go to workers, latents come back from one of them."""

import math
from dataclasses import dataclass, field

from swarm.job.job_asset import (
    BLOCK_PIECES,
    LIST_PIECE_BYTES,
    MAX_LATENTS,
    PIECE_BYTES,
    block_list_size,
    fault_of_tensors,
    is_shared,
)
from swarm.job.record import LatentsKept, LatentsLost
from swarm.job.spec import Recipe
from swarm.job.state import apply
from swarm.lease.coordinator.chain import Chains
from swarm.lease.coordinator.download_arbiter import BlockLists, Coming, DownloadArbiter
from swarm.lease.coordinator.ledger import RESERVED
from swarm.lease.coordinator.roster import TELL_AGAIN_S, Session
from swarm.lease.coordinator.served_job import Jobs, ServedJob
from swarm.lease.envelope import Reason
from swarm.lease.file_transfer import Fetch, OfferedLatents, Piece, Source
from swarm.lease.message import Heartbeat, Revoke
from swarm.lease.outcome import JournalEntry, Outcome, Serve
from swarm.lease.transfer import Incoming

ASK_AGAIN_S = 3.0  # a piece of latents that did not come is asked for again


@dataclass
class ServedAssets:
    """Serves pieces of job files, and collects the latents of the one worker that computes them."""

    jobs: Jobs
    sessions: dict[str, Session]
    piece: int = PIECE_BYTES
    collecting: dict[str, Coming] = field(default_factory=dict)  # the latents of jobs
    chains: Chains = field(init=False)
    arbiter: DownloadArbiter = field(init=False)
    block_lists: BlockLists = field(init=False)

    def __post_init__(self) -> None:
        self.chains = Chains(self.sessions, BLOCK_PIECES * self.piece)
        self.arbiter = DownloadArbiter(self.sessions, self.chains)
        self.block_lists = BlockLists(self.sessions, self.piece)

    def heard(self, session: Session, heartbeat: Heartbeat, now: float, out: Outcome) -> None:
        """Take in which files a worker has.

        Heartbeats carry full state. If a worker neither holds nor is fetching a file it needs, its `Job` message was
        lost and is sent again, after the time that it may take over a slow link.
        """
        session.files.note_files(heartbeat)
        session.files.borrowable = self._borrowable(session) if session.borrows else frozenset()
        known = session.files.job_files.union(session.files.fetching)
        for served in self.jobs.open.values():
            lacks = session.can_speak(served.recipe) and not served.needed <= known
            if lacks and now - session.told.get(served.state.job, -math.inf) >= TELL_AGAIN_S:
                session.told[served.state.job] = now
                out.send(session.peer, served.instruction)
        if session.files.missing:
            self.arbiter.direct(session, now, out)
        if session.files.fetching:
            self._direct(session, now, out)
        for made in heartbeat.made:
            if made.job in self.jobs:
                self._made(self.jobs[made.job], session, made, now, out)

    def _borrowable(self, session: Session) -> frozenset[Recipe]:
        """Return the recipes whose models a worker may have from another one, which has spoken with them."""
        others = [
            other
            for other in self.sessions.values()
            if other.files.told_models and session.files.may_knock_at(other.files)
        ]
        spoken = (
            served for served in self.jobs.values() if any(served.state.job in other.trust.rates for other in others)
        )
        return frozenset(served.recipe for served in spoken)

    def _direct(self, session: Session, now: float, out: Outcome) -> None:
        """Tell a worker from whom to fetch the files that it asks for, if that is not whom it asks."""
        shared = self._shared()
        self.chains.keep(shared)
        self.block_lists.keep({digest for digest, (_, is_model) in shared.items() if is_model})
        for digest, fetching in session.files.fetching.items():
            if digest in shared and fetching.asking:
                size, is_model = shared[digest]
                peer_address = self.chains.of(digest, size, is_model=is_model).source_of(session, self.sessions, now)
                if peer_address != fetching.peer_address or fetching.waits:
                    out.send(session.peer, Source(digest, peer_address))
                for liar in self.chains.accuse(session, digest):
                    out.events.append(Reason("file not as it was", worker=liar.hello.name, note=session.hello.name))

    def _shared(self) -> dict[str, tuple[int, bool]]:
        """Return the size of each file that workers pass on to each other, and whether it is a model's."""
        shared = {told.digest: (told.size, True) for told in self.arbiter.files()}
        for served in self.jobs.open.values():
            for job_file in served.state.job_files:
                if is_shared(job_file.size, self.piece):
                    shared[job_file.digest] = job_file.size, False
        return shared

    def fetch(self, session: Session, asked: Fetch, now: float, out: Outcome) -> None:
        """Have a piece of a file or of its block list read and sent, if a job has such a file."""
        for served in self.jobs.values():
            for job_file in served.state.job_files:
                if job_file.digest == asked.digest and self._exists(job_file.size, asked):
                    out.serves.append(Serve(session.peer, served.state.job, asked, job_file.size))
                    return
        chain = self.chains.chains.get(asked.digest)
        if chain is not None and chain.is_model and self._is_in_list(chain.size, asked):
            self.block_lists.answer(session, asked, chain, now, out)

    def _exists(self, size: int, asked: Fetch) -> bool:
        if asked.kind == "blocks":
            return is_shared(size, self.piece) and self._is_in_list(size, asked)
        return asked.offset < size

    def _is_in_list(self, size: int, asked: Fetch) -> bool:
        """Tell whether a piece of a block list is asked for: other offsets would fill the memory."""
        is_begin = asked.kind == "blocks" and not asked.offset % LIST_PIECE_BYTES
        return is_begin and asked.offset < block_list_size(size, self.piece)

    def _made(self, served: ServedJob, session: Session, made: OfferedLatents, now: float, out: Outcome) -> None:
        job = served.state.job
        if not served.state.awaits_latents:
            out.send(session.peer, served.instruction)
        elif not _holds_lease(served, session):
            return  # another worker computes them
        elif not made.digest:
            self._keep(served, session, "", b"", out)
        elif not 0 < made.size <= MAX_LATENTS:
            self._distrust(served, session, f"its engine made latents of {made.size} bytes", out)
        else:
            coming = self.collecting.get(job)
            wanted = session.key, made.digest, made.size
            if coming is None or (coming.session, coming.file.digest, coming.file.size) != wanted:
                file = Incoming(made.digest, made.size, self.piece)
                coming = self.collecting[job] = Coming(file, session.key, now - ASK_AGAIN_S)
            if now - coming.asked_s >= ASK_AGAIN_S:
                coming.ask(session.peer, now, out)

    def job_file(self, session: Session, piece: Piece, frame: bytes, now: float, out: Outcome) -> None:
        """Take in a piece of latents or of a block list; drop one that was not asked for."""
        for job, coming in self.collecting.items():
            if (coming.session, coming.file.digest) == (session.key, piece.digest):
                self._take(self.jobs[job], coming, piece, frame, session, now, out)
                return
        chain = self.chains.chains.get(piece.digest)
        if chain is not None and chain.is_model:
            self.block_lists.take_list_piece(session, piece, frame, chain, now, out)

    def _take(
        self,
        served: ServedJob,
        coming: Coming,
        piece: Piece,
        frame: bytes,
        session: Session,
        now: float,
        out: Outcome,
    ) -> None:
        took, data = coming.file.take_piece(piece, frame), coming.file.data
        if took == "unasked":
            return  # asked for again with the next heartbeat
        if took == "more":
            coming.ask(session.peer, now, out)
            return
        del self.collecting[served.state.job]
        if not served.state.awaits_latents:
            return
        if took == "spoilt":
            self._distrust(served, session, "the latents it sent do not fit their digest", out)
        elif fault := fault_of_tensors(bytes(data)):
            self._distrust(served, session, f"the latents it sent are not usable: {fault}", out)
        else:
            self._keep(served, session, piece.digest, bytes(data), out)

    def _keep(self, served: ServedJob, session: Session, digest: str, data: bytes, out: Outcome) -> None:
        """Journal the latents: from now on every slot speaks with them."""
        record = LatentsKept(digest, len(data), session.worker)
        apply(served.state, record)
        out.entries.append(JournalEntry(served.state.job, record, data))
        for other in self.sessions.values():
            other.told.pop(served.state.job, None)
        out.send(session.peer, served.instruction)

    def lose(self, served: ServedJob, digest: str, out: Outcome) -> None:
        """Take in that the latents are gone: one slot goes on alone, and sends those it has or computes others."""
        if served.state.latents is None or served.state.latents.digest != digest:
            return  # known already
        record = LatentsLost(digest)
        apply(served.state, record)
        out.entries.append(JournalEntry(served.state.job, record))
        out.events.append(Reason("latents lost", title=served.state.spec.title))
        leases = [lease for lease in served.ledger.leases.values() if lease.slot != RESERVED]
        kept = next((lease for lease in leases if digest in self.sessions[lease.session].files.job_files), None)
        for lease in leases:
            if lease is not kept:
                out.send(self.sessions[lease.session].peer, Revoke(lease.id))
                served.ledger.end_lease(lease)
        for session in self.sessions.values():
            session.told.pop(served.state.job, None)
        if kept is not None:
            out.send(self.sessions[kept.session].peer, served.instruction)

    @staticmethod
    def _distrust(served: ServedJob, session: Session, why: str, out: Outcome) -> None:
        """Have another worker compute the latents, if there is one, and count this as a failure."""
        session.unable[served.recipe] = why
        session.trust.distrusted.add(served.state.job)
        session.trust.failures += 1
        session.trust.streak += 1
        out.events.append(Reason("cannot speak", worker=session.hello.name, title=served.state.spec.title, note=why))
        for lease in [le for le in served.ledger.leases.values() if le.session == session.key and le.slot != RESERVED]:
            out.send(session.peer, Revoke(lease.id))
            served.ledger.end_lease(lease)


def _holds_lease(served: ServedJob, session: Session) -> bool:
    return any(le.session == session.key and le.slot != RESERVED for le in served.ledger.leases.values())
