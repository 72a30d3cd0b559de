"""How a worker gets the files of its jobs: each content once, whoever needs it, piece by piece.

The shell keeps the bytes: it carries out `Seek` and the pieces of a `Tell`, and reports with `kept` how much of a
content lies on its disk. All of it is reported only once its digest was verified.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from swarm.job.job_file import MAX_JOB_FILES, WINDOW, JobFile, piece_size
from swarm.lease.bounds import MAX_HELD_FILES
from swarm.lease.message import Fetch, Fetching, FilePiece
from swarm.lease.worker.outcome import Seek, WorkerOutcome
from swarm.lease.worker.settings import DEFAULTS, WorkerSettings

STALLED_S = 5.0  # what was asked for so long ago is asked for again
AGAIN_S = 2.0  # what a full disk, another process or a spoilt piece held up is tried again

MAX_DOUBLINGS = 5

Sources = dict[str, tuple[int, list[str]]]  # what is needed: digest -> size, and the links that have it


@dataclass
class Download:
    """One content on its way here."""

    digest: str
    size: int
    state: Literal["seeking", "fetching", "held up", "here"] = "seeking"
    have: int = 0  # bytes on the disk
    received: int = 0  # and those on their way there
    asked: int = 0
    link: str = ""
    moved_s: float = 0.0  # its last sign of progress
    note: str = ""  # what holds it up
    spoilt: int = 0  # how often all of it came and did not fit its digest

    @property
    def again_s(self) -> float:
        """When what is held up is tried again: later each time it was in vain."""
        return self.moved_s + float(AGAIN_S * 2 ** min(self.spoilt, MAX_DOUBLINGS))

    def begin(self, now: float) -> None:
        """Ask from here on."""
        self.received = self.asked = self.have
        self.moved_s = now


@dataclass
class Downloads:
    """All that this worker holds or fetches, by digest."""

    settings: WorkerSettings = DEFAULTS
    items: dict[str, Download] = field(default_factory=dict)

    def has(self, job_files: Iterable[JobFile]) -> bool:
        """Whether all of a job's files are here."""
        return all(self.is_here(job_file.digest) for job_file in job_files)

    def is_here(self, digest: str) -> bool:
        """Whether a content is on the disk, whole and verified."""
        return digest in self.items and self.items[digest].state == "here"

    def report(self, job_files: Iterable[JobFile]) -> tuple[tuple[str, ...], tuple[Fetching, ...]]:
        """For a heartbeat: which contents are here, and how far the others are."""
        needed = list(dict.fromkeys(job_file.digest for job_file in job_files if job_file.digest in self.items))
        items = [self.items[digest] for digest in needed]
        here = tuple(item.digest for item in items if item.state == "here")
        coming = tuple(Fetching(item.digest, item.have, item.note) for item in items if item.state != "here")
        return here[:MAX_HELD_FILES], coming[:MAX_JOB_FILES]

    def put(self, job_file: JobFile) -> None:
        """A content that was made here is on the disk."""
        self.items[job_file.digest] = Download(job_file.digest, job_file.size, "here", job_file.size)

    def go_on(self, sources: Sources, now: float, out: WorkerOutcome) -> None:
        """Forget what nobody needs; look for what is new on the disk; ask for the rest, one content a link at a time.

        Of a content only a few pieces are under way, so that neither side has to keep more.
        """
        self.items = {digest: item for digest, item in self.items.items() if digest in sources}
        busy = {item.link for digest, item in self.items.items() if item.link in sources[digest][1]}
        for digest, (size, links) in sources.items():
            item = self.items.setdefault(digest, Download(digest, size, "held up", moved_s=-AGAIN_S))
            if item.state == "held up" and now >= item.again_s:
                item.state, item.moved_s = "seeking", now
                out.commands.append(Seek(digest, item.size))
            elif item.state == "fetching":
                self._ask(item, links, busy, now, out)

    def _ask(self, item: Download, links: Sequence[str], busy: set[str], now: float, out: WorkerOutcome) -> None:
        waits = item.asked > item.received == item.have
        if waits and now - item.moved_s > STALLED_S:
            busy.discard(item.link)
            links = [link for link in links if link != item.link] or links  # perhaps another one answers
            item.link = ""
        if item.link not in links:
            item.link = next((link for link in links if link not in busy), "")
            item.asked, item.moved_s = item.received, now
        if not item.link:
            return
        busy.add(item.link)
        while item.asked < item.size and item.asked - item.have < WINDOW * self.settings.piece:
            out.send(item.link, Fetch(item.digest, item.asked))
            item.asked += piece_size(item.size, item.asked, self.settings.piece)

    def take(self, piece: FilePiece, frame: bytes, now: float, out: WorkerOutcome) -> None:
        """A piece arrived; one that is out of turn is asked for again."""
        item = self.items.get(piece.digest)
        if item is None or item.state != "fetching" or piece.offset != item.received or item.received >= item.size:
            return
        if piece.total != item.size or len(frame) != piece_size(item.size, piece.offset, self.settings.piece):
            self._hold_up(item, "what is sent has another size than was said", now)
            return
        item.received, item.moved_s = item.received + len(frame), now
        out.pieces.append((piece.digest, piece.offset, frame))

    def kept(self, digest: str, have: int, note: str, now: float) -> None:
        """So much of a content lies on the disk; `note` says what went wrong, if anything."""
        item = self.items.get(digest)
        if item is None:
            return
        item.have = have
        if note:
            item.spoilt += item.received >= item.size
            self._hold_up(item, note, now)
        elif have >= item.size:
            item.state, item.link, item.note = "here", "", ""
        elif item.state == "seeking":
            item.state, item.note = "fetching", ""
            item.begin(now)
        else:
            item.moved_s = now

    def _hold_up(self, item: Download, note: str, now: float) -> None:
        item.state, item.link, item.note = "held up", "", note
        item.begin(now)


def sources_of(offers: Iterable[tuple[str, Iterable[JobFile]]]) -> Sources:
    """What is needed, in the order of the jobs; a link named "" needs it and has it not."""
    sources: Sources = {}
    for link, job_files in offers:
        for job_file in job_files:
            links = sources.setdefault(job_file.digest, (job_file.size, []))[1]
            if link and link not in links:
                links.append(link)
    return sources
