"""Downloads of a worker: each job file once, for all jobs that need it, piece by piece.

The shell keeps the bytes: it carries out `Seek` and the pieces of an outcome, and reports with `kept` how much of a
file is on its disk. It reports all of a file only once the digest was verified.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from swarm.job.job_asset import (
    DIGEST_BYTES,
    MAX_JOB_FILES,
    PIECE_BYTES,
    WINDOW,
    JobAsset,
    is_shared,
)
from swarm.lease.core_settings import WORKER_DEFAULTS, WorkerSettings
from swarm.lease.envelope import MAX_HELD_FILES
from swarm.lease.file_transfer import Fault, Fetching, Piece, Source
from swarm.lease.outcome import Abandon, Expect, Seek, WorkerOutcome
from swarm.lease.transfer import Incoming
from swarm.lease.worker.file_source import PEER, FileSource

STALLED_S = 5.0  # pieces that do not come within so long are asked for again
AGAIN_S = 2.0  # a file that was held up by a full disk, another process or a damaged piece is tried again

MAX_DOUBLINGS = 5
# Files of one coordinator that are looked for or fetched, since each is an open file; those that it no longer needs
# count until the shell has answered.
MAX_OPEN = 64

Sources = dict[str, tuple[int, list[str]]]  # needed file's digest -> its size, and the links that have it


@dataclass(frozen=True)
class FilePart:
    """The part of a file that is on the disk, all of it only if its digest fits; `note` says what went wrong."""

    digest: str
    have: int
    note: str = ""
    unfit: bool = False  # the block that begins there came and did not fit its digest


@dataclass
class Download:
    """One file on its way here."""

    digest: str
    size: int
    state: Literal["seeking", "fetching", "held up", "here"] = "seeking"
    have: int = 0  # bytes on the disk
    link: str = ""
    opened_for: str = ""  # the coordinator whose jobs named it when it was looked for
    moved_s: float = 0.0  # the last sign of progress
    note: str = ""  # the reason that it is held up
    spoilt: int = 0  # times that the whole file came and did not fit its digest
    piece: int = PIECE_BYTES
    only_peers: bool = False  # a model's file: the coordinator has only the digests of its blocks
    source: FileSource = field(init=False)
    file: Incoming = field(init=False)  # the disk has the bytes, or is writing them

    def __post_init__(self) -> None:
        self.source = FileSource(self.digest, self.size, self.piece, self.only_peers)
        self.file = Incoming(self.digest, self.size, self.piece, keeps=False, hashes=False)

    @property
    def is_shared(self) -> bool:
        """Whether other workers may have the file from here while it comes."""
        return self.only_peers or is_shared(self.size, self.piece)

    @property
    def again_s(self) -> float:
        """The time of the next try for a file that is held up: later after each failure."""
        return self.moved_s + float(AGAIN_S * 2 ** min(self.spoilt, MAX_DOUBLINGS))

    @property
    def is_open(self) -> bool:
        """Whether the shell looks for the file or has it open."""
        return self.state in ("seeking", "fetching")

    def ask_from_disk(self, now: float) -> None:
        """Ask for the file from what is on the disk on."""
        self.file.go_on_from(self.have)
        self.moved_s = now


@dataclass
class Downloads:
    """All files that this worker holds or fetches, by digest."""

    settings: WorkerSettings = WORKER_DEFAULTS
    items: dict[str, Download] = field(default_factory=dict)
    # Files that no job needs any more while the shell looks for them, and the coordinator whose jobs named each.
    unanswered: dict[str, str] = field(default_factory=dict)

    def has(self, job_files: Iterable[JobAsset]) -> bool:
        """Return whether all of a job's files are here."""
        return all(self.is_here(job_file.digest) for job_file in job_files)

    def is_here(self, digest: str) -> bool:
        """Return whether a file is on the disk, whole and verified."""
        return digest in self.items and self.items[digest].state == "here"

    def report_downloads(self, job_files: Iterable[JobAsset]) -> tuple[tuple[str, ...], tuple[Fetching, ...]]:
        """Return, for a heartbeat, the digests of the files that are here, and how far the others are."""
        needed = list(dict.fromkeys(job_file.digest for job_file in job_files if job_file.digest in self.items))
        items = [self.items[digest] for digest in needed]
        here = tuple(item.digest for item in items if item.state == "here")
        coming = tuple(
            Fetching(
                item.digest,
                item.have,
                item.note,
                bool(item.link),
                item.source.peer_address,
                item.source.failed_peers(),
                item.source.awaits_word,
            )
            for item in items
            if item.state != "here"
        )
        return here[:MAX_HELD_FILES], coming[:MAX_JOB_FILES]

    def passed_on(self, digest: str) -> Download | None:
        """Return a file that other workers may have from here: a large one of a job; None for another."""
        item = self.items.get(digest)
        return item if item is not None and item.is_shared else None

    def is_shared(self) -> bool:
        """Tell whether there is any such file."""
        return any(item.is_shared for item in self.items.values())

    def peer_names(self) -> set[str]:
        """Return the names of the peers that files are fetched from."""
        return {item.source.name for item in self.items.values() if item.source.peer_address}

    def note_made_file(self, job_file: JobAsset) -> None:
        """Count a file as here that was made here and is on the disk."""
        self.items[job_file.digest] = Download(job_file.digest, job_file.size, "here", job_file.size)

    def go_on(self, sources: Sources, now: float, out: WorkerOutcome, models: Container[str] = ()) -> None:
        """Forget files that no job needs, look for new ones on the disk, and ask for the rest.

        One file at a time is asked for from each coordinator, and only a few pieces of it, so that neither side has to
        keep more. Files of `models` come from other workers alone, and keep no other file waiting.
        """
        if not sources and not self.items:
            return
        self._forget_all_but(sources, out)
        busy = {
            item.link for digest, item in self.items.items() if item.link in sources[digest][1] and not item.only_peers
        }
        opened = Counter(item.opened_for for item in self.items.values() if item.is_open)
        opened.update(self.unanswered.values())
        for digest, (size, links) in sources.items():
            item = self.items.get(digest) or self._begin(digest, size, only_peers=digest in models)
            first = links[0] if links else ""
            may_open = opened[first] < MAX_OPEN and digest not in self.unanswered
            if item.state == "held up" and now >= item.again_s and may_open:
                opened[first] += 1
                item.state, item.moved_s, item.opened_for = "seeking", now, first
                item.source.reopened()
                out.commands.append(Seek(digest, item.size))
            elif item.state == "fetching":
                self._ask(item, links, busy, now, out)

    def _forget_all_but(self, sources: Sources, out: WorkerOutcome) -> None:
        """Forget the files that no job needs, and close them: a coordinator may name others without end."""
        for digest in [digest for digest in self.items if digest not in sources]:
            item = self.items.pop(digest)
            if item.state == "seeking":
                self.unanswered[digest] = item.opened_for
            elif item.state == "fetching":
                out.commands.append(Abandon(digest))

    def _begin(self, digest: str, size: int, *, only_peers: bool) -> Download:
        piece = self.settings.piece
        item = Download(digest, size, "held up", moved_s=-AGAIN_S, piece=piece, only_peers=only_peers)
        self.items[digest] = item
        return item

    def _ask(self, item: Download, links: Sequence[str], busy: set[str], now: float, out: WorkerOutcome) -> None:
        waits = item.file.asked > item.file.have == item.have
        if item.source.peer_address:
            if waits and item.source.is_silent(item.moved_s, now):
                self._leave(item, "silent", now, out)
        elif waits and now - item.moved_s > STALLED_S:
            busy.discard(item.link)
            links = [link for link in links if link != item.link] or links  # another link may answer
            item.link = ""
        if item.link not in links:
            item.link = next((link for link in links if link not in busy or item.only_peers), "")
            item.file.asked, item.moved_s = item.file.have, now
            item.source.ask_of(item.link)
            out.beats.update(dict.fromkeys([item.link] if item.link and item.is_shared else []))
        if item.link:
            busy.update([] if item.only_peers else [item.link])
            self._fetch(item, now, out)

    def _fetch(self, item: Download, now: float, out: WorkerOutcome) -> None:
        """Ask the coordinator or another worker for the next pieces, within the window."""
        source = item.source
        peer_address, blocks = source.choose(item.file.have, now)
        if blocks is not None:
            out.send(item.link, blocks)
        if peer_address is None:
            return
        if source.turn_to(peer_address, item.file.have, now):
            item.file.asked, item.moved_s = item.file.have, now
        for fetch in item.file.fetches(item.have + WINDOW * self.settings.piece):
            if not source.may_ask(fetch.offset):
                return
            out.send(source.name or item.link, fetch)

    def _leave(self, item: Download, fault: Fault, now: float, out: WorkerOutcome) -> None:
        """Set the peer aside that a file comes from: the coordinator goes on, and may name another."""
        item.source.set_peer_aside(fault)
        item.source.since = item.file.have
        item.file.asked, item.moved_s = item.file.have, now
        if item.link:
            out.beat(item.link)

    def turned(self, link: str, source: Source) -> None:
        """Take in where a file is to be fetched, if the coordinator that it comes from says so."""
        item = self.items.get(source.digest)
        if item is not None and item.link == link and item.is_shared:
            item.source.offer(source.peer_address)

    def closed(self, name: str, now: float, out: WorkerOutcome) -> None:
        """Go on without a worker that lets none in or whose connection ended."""
        for item in self.items.values():
            if item.source.peer_address and item.source.name == name:
                self._leave(item, "away", now, out)

    def take_piece(self, name: str, piece: Piece, frame: bytes, now: float, out: WorkerOutcome) -> None:
        """Take a piece that arrived. One that is out of turn is dropped and asked for again."""
        item = self.items.get(piece.digest)
        if item is None or item.state != "fetching":
            return
        if piece.kind == "blocks":
            if item.link == name and item.source.learn(piece, frame):
                out.commands.append(Expect(piece.digest, piece.offset // DIGEST_BYTES, frame))
            return
        if name.startswith(PEER) and not self._answers(name, item, piece, frame, now, out):
            return
        if item.file.have - item.have >= WINDOW * self.settings.piece:  # what is not on the disk yet is bounded
            return
        if item.file.take_piece(piece, frame) == "unasked":
            if piece.offset != item.file.have or item.file.is_whole:
                return
            if name.startswith(PEER):
                self._leave(item, "lying", now, out)
            else:
                self._hold_up(item, "what is sent has another size than was announced", now)
            return
        item.moved_s = now
        out.pieces.append((piece.digest, piece.offset, frame))

    def _answers(self, name: str, item: Download, piece: Piece, frame: bytes, now: float, out: WorkerOutcome) -> bool:
        """Take in a word of another worker; tell whether it is a piece, and of the one that the file comes from.

        Without bytes it says that it has the piece not yet, and without a size that it has not the file.
        """
        if name != item.source.name:
            return False
        item.source.heard_s = now
        if not frame and not piece.total:
            self._leave(item, "without it", now, out)
        return bool(frame)

    def kept(self, part: FilePart, now: float, out: WorkerOutcome) -> None:
        """Take in how much of a file is on the disk."""
        item, have = self.items.get(part.digest), part.have
        if self.unanswered.pop(part.digest, None) is not None and (item is None or not item.is_open):
            out.commands.append(Abandon(part.digest))
            return
        if item is None:
            return
        went_back, item.have = have < item.have, have
        if part.unfit and not item.source.lied(have):
            item.ask_from_disk(now)
            item.source.since = have
            out.beats.update(dict.fromkeys([item.link] if item.link else []))
        elif part.note:
            item.spoilt += item.file.is_whole
            self._hold_up(item, part.note, now)
        elif have >= item.size:
            item.state, item.link, item.note = "here", "", ""
        elif item.state == "seeking":
            item.state, item.note = "fetching", ""
            item.ask_from_disk(now)
        elif went_back:  # the file was opened afresh, at its last whole block
            item.ask_from_disk(now)
            item.source.since = have
        else:
            item.moved_s = now

    def _hold_up(self, item: Download, note: str, now: float) -> None:
        item.state, item.link, item.note = "held up", "", note
        item.ask_from_disk(now)


def sources_of(offers: Iterable[tuple[str, Iterable[JobAsset]]]) -> Sources:
    """Return the files that are needed, in the order of the jobs. A link named "" needs a file and has it not."""
    sources: Sources = {}
    for link, job_files in offers:
        for job_file in job_files:
            links = sources.setdefault(job_file.digest, (job_file.size, []))[1]
            if link and link not in links:
                links.append(link)
    return sources
