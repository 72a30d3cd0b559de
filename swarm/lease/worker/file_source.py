"""Where a worker has a file from: the coordinator, or another worker that is ahead, as the coordinator says; or,
for a missing file of a model, its hub.

A worker trusts no other: it asks one only for blocks whose digests it has from the coordinator. The coordinator is
the last resort. A worker that is away, silent, without the file or lying is set aside for that file."""

from dataclasses import dataclass, field

from swarm.job.job_asset import BLOCK_PIECES, DIGEST_BYTES, LIST_PIECE_BYTES, PIECE_BYTES, block_list_size, is_shared
from swarm.lease.file_transfer import (
    MAX_ASIDE,
    Fault,
    Fetch,
    MissingFileReport,
    ModelSource,
    Piece,
    SetAside,
    ToldFile,
    is_peer_address,
)
from swarm.lease.transfer import Incoming

PEER = "peer "  # begins the name by which a core knows another worker; no coordinator's name has a space
WORD_S = 3.0  # pieces are asked of the coordinator if it does not say for so long where a file is fetched
SILENT_S = 5.0  # a worker that was asked for pieces and says nothing for so long is given up
STUCK_S = 60.0  # a worker that says only that it has the piece not yet is given up after this time
LIST_S = 5.0  # a list of digests is asked for again then, and the coordinator sends pieces meanwhile


@dataclass
class FileSource:
    """Where one file is fetched from, and how far its block list is here."""

    digest: str
    size: int
    piece: int = PIECE_BYTES
    only_peers: bool = False  # a model's file: the coordinator has only the digests of its blocks
    coordinator: str = ""
    asked_s: float | None = None  # the coordinator was asked then where to fetch it
    is_told: bool = False  # the coordinator said where to fetch it
    offered: str = ""  # the peer that the coordinator named
    peer_address: str = ""  # the peer that pieces are asked of; "": the coordinator
    since: int = 0  # all pieces from here on came from this source
    heard_s: float = 0.0  # the last word from the peer
    own_until: int = 0  # the coordinator is asked up to here, since a block of another worker did not fit
    list: Incoming = field(init=False)
    list_from: int = 0  # what of it comes before is not here
    list_asked_s: float = 0.0
    list_tries: int = 0  # the next piece of it was asked for so many times
    aside: dict[str, Fault] = field(default_factory=dict)

    def __post_init__(self) -> None:
        size = block_list_size(self.size, self.piece)
        self.list = Incoming(self.digest, size, LIST_PIECE_BYTES, "blocks", keeps=False, hashes=False)

    @property
    def block(self) -> int:
        """The bytes of a whole block."""
        return BLOCK_PIECES * self.piece

    @property
    def _span(self) -> int:
        return LIST_PIECE_BYTES // DIGEST_BYTES * self.block

    @property
    def name(self) -> str:
        """The name of the peer in use, among those of coordinators."""
        return PEER + self.peer_address if self.peer_address else ""

    def offer(self, peer_address: str) -> None:
        """Take in which peer the coordinator names, "" for itself."""
        self.is_told = True
        is_welcome = is_peer_address(peer_address) and peer_address not in self.aside and len(self.aside) < MAX_ASIDE
        self.offered = peer_address if is_welcome else ""

    def ask_of(self, coordinator: str) -> None:
        """Take in which coordinator is asked from now on; another one has yet to say where."""
        if coordinator and coordinator != self.coordinator:
            self.coordinator, self.offered, self.is_told, self.asked_s = coordinator, "", False, None

    def set_peer_aside(self, fault: Fault) -> None:
        """Set the peer in use aside."""
        self.aside[self.peer_address] = fault
        self.offered = self.peer_address = ""

    def reopened(self) -> None:
        """Forget the digests of blocks: what is on the disk was opened afresh."""
        self._begin_list(0)
        self.peer_address = ""

    def learn(self, piece: Piece, frame: bytes) -> bool:
        """Take a piece of the block list; return False for one that was not asked for."""
        if not self.list_tries or self.list.take_piece(piece, frame) == "unasked":
            return False
        self.list_tries = 0
        return True

    def choose(self, offset: int, now: float) -> tuple[str | None, Fetch | None]:
        """Return the peer to ask for the piece at an offset, and what of the block list to ask the coordinator for.

        The peer is "" for the coordinator, and None while the digest of that piece's block is on its way, or while no
        peer is known of a file that the coordinator has not.
        """
        if self.awaits_word and not self.only_peers:
            self.asked_s = now if self.asked_s is None else self.asked_s
            if now - self.asked_s < WORD_S:
                return None, None
        if not self.offered or (offset < self.own_until and not self.only_peers):
            return None if self.only_peers else "", None
        ask = self._ask_list(offset, now)
        if self._knows(offset):
            return self.offered, ask
        return (None if self.list_tries == 1 or self.only_peers else ""), ask

    @property
    def awaits_word(self) -> bool:
        """Whether the coordinator has yet to say where a file is fetched."""
        return not self.offered if self.only_peers else not self.is_told and is_shared(self.size, self.piece)

    def may_ask(self, offset: int) -> bool:
        """Tell whether the piece at an offset may be asked of the peer in use: only if its digest is here."""
        return not self.peer_address or self._knows(offset)

    def _knows(self, offset: int) -> bool:
        return self.list_from <= self._list_offset(offset) < self.list.have

    def _list_offset(self, offset: int) -> int:
        """Return where the piece of the block list begins that has the digest of the block at an offset."""
        return offset // self._span * LIST_PIECE_BYTES

    def _begin_list(self, offset: int) -> None:
        self.list_from, self.list_tries = offset, 0
        self.list.go_on_from(offset)

    def _ask_list(self, offset: int, now: float) -> Fetch | None:
        """Return the question for the digests from an offset of the file on, and for the next ones in time."""
        needed, ahead = self._list_offset(offset), self._list_offset(offset + self._span // 2)
        if not self.list_from <= needed <= self.list.have:
            self._begin_list(needed)
        waits = self.list_tries > 0 and now - self.list_asked_s < LIST_S
        if self.list.have > ahead or self.list.is_whole or waits:
            return None
        self.list_tries, self.list_asked_s = self.list_tries + 1, now
        return self.list.next_fetch

    def turn_to(self, peer_address: str, offset: int, now: float) -> bool:
        """Fetch from this peer from an offset on; tell whether it is another one than before."""
        if peer_address == self.peer_address:
            return False
        self.peer_address, self.since, self.heard_s = peer_address, offset, now
        return True

    def is_silent(self, moved_s: float, now: float) -> bool:
        """Tell whether the peer in use, which was asked for pieces and last sent one at `moved_s`, is given up."""
        return now - max(moved_s, self.heard_s) > SILENT_S or now - moved_s > STUCK_S

    def lied(self, start: int) -> bool:
        """Take in that the block that begins at `start` does not fit; tell whether the coordinator alone sent it."""
        if not self.peer_address:
            return self.since <= start
        self.own_until = start + self.block  # another peer is asked instead if it is a model's file
        if self.since <= start:
            self.set_peer_aside("lying")
        return False

    def failed_peers(self) -> tuple[SetAside, ...]:
        """Return the peers that were set aside."""
        return tuple(SetAside(peer_address, fault) for peer_address, fault in self.aside.items())


NO_WORD_S = 4.0  # the engine downloads if the coordinator says no word for so long
LOST_WORD_S = 30.0  # the engine downloads if neither a further word nor a byte of another worker comes
MAX_WAIT_S = 3600.0  # another machine's download may take this long


@dataclass(eq=False)
class MissingFile:
    """A missing file, of `most` bytes at most. The coordinator `link` is asked for it from `begun_s` on."""

    link: str
    handle: str
    most: int
    begun_s: float
    until_s: float = 0.0  # the engine downloads if no word and no byte comes until then
    told: ToldFile | None = None  # it is fetched from other workers as this
    waits: bool = False  # another machine downloads it
    is_left: bool = False  # the coordinator says that the hub has to send it
    have: int = 0
    downloads: bool = False
    false: list[str] = field(default_factory=list)  # another file came under these told digests

    def __post_init__(self) -> None:
        self.until_s = self.begun_s + NO_WORD_S

    def note_source(self, word: ModelSource, now: float) -> None:
        """Take in how the coordinator says that the file is to be had."""
        told = word.told
        if told is not None and (told.size > self.most or told.digest in self.false):
            return  # the told file cannot be right
        if told != self.told:
            self.told, self.have = told, 0
        self.waits, self.is_left = word.wait, told is None and not word.wait
        self.until_s = now + LOST_WORD_S

    def came(self, have: int, now: float) -> None:
        """Take in how much has come from other workers."""
        if have > self.have:
            self.have, self.until_s = have, now + LOST_WORD_S

    def refuse(self) -> None:
        """Take in that what came as it was told is another file."""
        if self.told is not None:
            self.false.append(self.told.digest)
        self.told, self.have = None, 0

    def gives_up(self, now: float) -> bool:
        """Tell whether the engine shall download the file."""
        is_late = now > self.until_s or (self.told is None and now - self.begun_s > MAX_WAIT_S)
        return self.is_left or is_late or len(self.false) >= MAX_ASIDE

    def report_progress(self, have: int, *, offline: bool) -> MissingFileReport:
        """Return how far it is, for a heartbeat: `have` bytes of a download."""
        told, waits = (None, False) if self.downloads else (self.told, self.waits)
        return MissingFileReport(self.handle, have, self.downloads, offline, tuple(self.false), told, waits)
