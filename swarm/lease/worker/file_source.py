"""Where a worker has a file from: the coordinator, or another worker that is ahead, as the coordinator says; or,
for a missing file of a model, its hub.

A worker trusts no other: it asks one only for blocks whose digests it has from the coordinator. The coordinator is
the last resort. A worker that is away, silent, without the file or lying is set aside for that file."""

from dataclasses import dataclass, field

from swarm.job.job_asset import BLOCK_PIECES, DIGEST_BYTES, LIST_PIECE_BYTES, is_shared
from swarm.lease.file_transfer import (
    MAX_ASIDE,
    Fault,
    Fetch,
    MissingFileReport,
    ModelSource,
    SetAside,
    ToldFile,
    is_peer_address,
)

PEER = "peer "  # begins the name by which a core knows another worker; no coordinator's name has a space
WORD_S = 3.0  # pieces are asked of the coordinator if it does not say for so long where a file is fetched
SILENT_S = 5.0  # a worker that was asked for pieces and says nothing for so long is given up
STUCK_S = 60.0  # a worker that says only that it has the piece not yet is given up after this time
LIST_S = 5.0  # a list of digests is asked for again then, and the coordinator sends pieces meanwhile


@dataclass
class FileSource:
    """Where one file is fetched from."""

    piece: int
    only_peers: bool = False  # a model's file: the coordinator has only the digests of its blocks
    coordinator: str = ""
    asked_s: float | None = None  # the coordinator was asked then where to fetch it
    is_told: bool = False  # the coordinator said where to fetch it
    offered: str = ""  # the peer that the coordinator named
    peer_address: str = ""  # the peer that pieces are asked of; "": the coordinator
    since: int = 0  # all pieces from here on came from this source
    heard_s: float = 0.0  # the last word from the peer
    own_until: int = 0  # the coordinator is asked up to here, since a block of another worker did not fit
    lists: set[int] = field(default_factory=set)  # these pieces of the block list are here, counted from 0
    # This counts the requests for each piece of it, and keeps the time of the last one.
    asked_lists: dict[int, tuple[int, float]] = field(default_factory=dict)
    aside: dict[str, Fault] = field(default_factory=dict)

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
        self.lists.clear()
        self.asked_lists.clear()
        self.peer_address = ""

    def awaits(self, number: int) -> bool:
        """Tell whether a piece of the block list was asked for and has not come."""
        return number in self.asked_lists and number not in self.lists

    def learn(self, number: int) -> None:
        """Take in that a piece of the block list is here."""
        self.lists.add(number)

    def choose(self, digest: str, offset: int, size: int, now: float) -> tuple[str | None, list[Fetch]]:
        """Return the peer to ask for the piece at an offset, and what of the block list to ask the coordinator for.

        The peer is "" for the coordinator, and None while the digest of that piece's block is on its way, or while no
        peer is known of a file that the coordinator has not.
        """
        if self.awaits_word(size) and not self.only_peers:
            self.asked_s = now if self.asked_s is None else self.asked_s
            if now - self.asked_s < WORD_S:
                return None, []
        if not self.offered or (offset < self.own_until and not self.only_peers):
            return None if self.only_peers else "", []
        span = self._span
        number = offset // span
        ahead = [number + 1] if offset % span >= span // 2 and (number + 1) * span < size else []
        offsets = [each * LIST_PIECE_BYTES for each in (number, *ahead) if self._asks_for(each, now)]
        asks = [Fetch(digest, each, "blocks") for each in offsets]
        if number in self.lists:
            return self.offered, asks
        tries, _ = self.asked_lists[number]
        return (None if tries == 1 or self.only_peers else ""), asks

    def awaits_word(self, size: int) -> bool:
        """Tell whether the coordinator has yet to say where a file is fetched."""
        return not self.offered if self.only_peers else not self.is_told and is_shared(size, self.piece)

    def may_ask(self, offset: int) -> bool:
        """Tell whether the piece at an offset may be asked of the peer in use: only if its digest is here."""
        return not self.peer_address or offset // self._span in self.lists

    def _asks_for(self, number: int, now: float) -> bool:
        tries, asked_s = self.asked_lists.get(number, (0, now - LIST_S))
        if number in self.lists or now - asked_s < LIST_S:
            return False
        self.asked_lists[number] = tries + 1, now
        return True

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
