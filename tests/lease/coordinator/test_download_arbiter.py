"""Which worker downloads a file of a model, and how the others have it."""

import hashlib

from making import make_core, make_hello, sent

from swarm.job.job_asset import BLOCK_BYTES, DIGEST_BYTES, LIST_PIECE_BYTES, PIECE_BYTES
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.download_arbiter import ANSWER_S, NEW_S, STUCK_S
from swarm.lease.file_transfer import (
    Fetch,
    Fetching,
    MissingFileReport,
    ModelReport,
    ModelSource,
    Piece,
    SetAside,
    Source,
    ToldFile,
)
from swarm.lease.message import Heartbeat
from swarm.lease.outcome import Outcome

FILE, OTHER = "a" * 64, "b" * 64
LIST = bytes(range(DIGEST_BYTES)) * (PIECE_BYTES // DIGEST_BYTES + 3)  # the list has two pieces
TOLD = ToldFile(FILE, hashlib.sha256(LIST).hexdigest(), len(LIST) // DIGEST_BYTES * BLOCK_BYTES)
FALSE = ToldFile(FILE, "f" * 64, 5)
HUB, WAIT, SHARED = ModelSource(FILE), ModelSource(FILE, wait=True), ModelSource(FILE, told=TOLD)


class House:
    """A coordinator without jobs, and workers that tell of one file each."""

    def __init__(self) -> None:
        self.core: CoordinatorCore = make_core()
        self.last = Outcome()

    def lacks(self, name: str, now: float = 0.0, **facts: object) -> ModelSource | None:
        """Return the answer to a worker that lacks the file."""
        missing = MissingFileReport(FILE, **facts)  # type: ignore[arg-type]
        return self.says(name, ModelReport((missing,)), now)

    def fetches(self, name: str, *aside: SetAside, now: float = 0.0, peer_address: str | None = None) -> str | None:
        """Return the address at which a worker shall fetch the file."""
        fetching = Fetching(TOLD.digest, asking=True, aside=aside, waits=True)
        self.says(name, ModelReport((MissingFileReport(FILE, told=TOLD),)), now, peer_address, (fetching,))
        return next((source.peer_address for source in sent(self.last, Source)), None)

    def has(self, name: str, now: float = 0.0, peer_address: str | None = None, told: ToldFile = TOLD) -> None:
        self.says(name, ModelReport(told=(told,)), now, peer_address)

    def says(
        self,
        name: str,
        models: ModelReport,
        now: float,
        peer_address: str | None = None,
        fetching: tuple[Fetching, ...] = (),
    ) -> ModelSource | None:
        peer = name.encode()
        if not any(session.peer == peer for session in self.core.sessions.values()):
            self.core.receive(peer, make_hello(name), now)
        peer_address = peer_address_of(name) if peer_address is None else peer_address
        self.last = self.core.receive(
            peer, Heartbeat((), models=models, peer_address=peer_address, fetching=fetching), now
        )
        answers = sent(self.last, ModelSource)
        return answers[0] if answers else None

    def asks(self, name: str, number: int = 0, now: float = 0.0) -> None:
        self.last = self.core.receive(name.encode(), Fetch(TOLD.digest, number * LIST_PIECE_BYTES, "blocks"), now)

    def sends(self, name: str, offset: int, frame: bytes, total: int = len(LIST)) -> None:
        self.last = self.core.receive(name.encode(), Piece(TOLD.digest, offset, total, "blocks"), 0.0, frame)

    def asked(self) -> list[tuple[bytes, int]]:
        """Return which peers the coordinator asked for pieces, and where these begin."""
        return [(send.peer, send.message.offset) for send in self.last.sends if isinstance(send.message, Fetch)]


def peer_address_of(name: str) -> str:
    return f"10.0.0.{sum(name.encode()) % 250}:5000"


def test_one_worker_gets_the_leave_and_the_others_wait_and_have_it_from_that_one() -> None:
    house = House()
    assert house.lacks("attic") == HUB
    assert house.lacks("barn") == WAIT
    assert house.lacks("attic", downloads=True, have=5) is None
    assert house.lacks("barn") == WAIT
    house.has("attic")
    assert house.lacks("barn") == SHARED
    assert house.lacks("barn", told=TOLD) is None  # it is at it
    assert house.fetches("barn") == peer_address_of("attic")


def test_the_next_one_downloads_once_the_first_is_gone_or_gave_up_or_got_no_byte_for_a_minute() -> None:
    house = House()
    assert house.lacks("attic") == HUB
    house.core.receive(b"attic", make_hello("attic", nonce="another process"), 1.0)
    house.lacks("attic", 1.0, downloads=True)
    house.says("attic", ModelReport(), 2.0)  # the engine could not download it
    assert house.lacks("barn", 2.0) == HUB
    assert house.lacks("cellar", 2.0) == WAIT
    house.lacks("barn", 30.0, downloads=True, have=1000)
    house.lacks("cellar", 30.0)
    house.lacks("barn", 30.0 + STUCK_S - 1, downloads=True, have=1000)
    assert house.lacks("cellar", 30.0 + STUCK_S - 1) == WAIT
    house.lacks("barn", 30.0 + STUCK_S, downloads=True, have=1000)
    assert house.lacks("cellar", 30.0 + STUCK_S) == HUB


def test_a_download_that_began_before_the_coordinator_did_is_waited_for() -> None:
    house = House()
    assert house.lacks("attic", downloads=True, have=7) is None
    assert house.lacks("barn") == WAIT


def test_one_that_is_offline_waits_for_others_and_never_keeps_them_from_the_hub() -> None:
    house = House()
    assert house.lacks("attic", offline=True) == HUB  # nobody else is at it: its engine says what is missing
    assert house.lacks("barn") == HUB
    assert house.lacks("attic", offline=True) == WAIT


def test_a_worker_without_an_address_is_no_source_and_a_loopback_address_leads_only_to_its_own_machine() -> None:
    house = House()
    house.has("attic", peer_address="")
    house.has("barn", peer_address="127.0.0.1:5000")
    assert house.lacks("cellar") == HUB


def test_one_that_sends_other_bytes_is_told_of_and_named_to_nobody_again() -> None:
    house = House()
    house.has("attic")
    assert house.fetches("barn") == peer_address_of("attic")
    assert house.fetches("barn", SetAside(peer_address_of("attic"), "lying")) == ""
    assert [event.code for event in house.last.events] == ["file not as it was"]
    assert house.lacks("barn") == HUB
    assert house.lacks("cellar") == WAIT
    house.fetches("barn", SetAside(peer_address_of("attic"), "lying"))
    assert house.last.events == []


def test_one_that_is_only_out_of_reach_is_set_aside_by_that_worker_alone() -> None:
    house = House()
    house.has("attic")
    assert house.fetches("barn", SetAside(peer_address_of("attic"), "silent")) == ""
    assert sent(house.last, ModelSource) == [HUB]
    assert house.lacks("cellar") == SHARED
    assert house.fetches("cellar") == peer_address_of("attic")
    assert house.fetches("barn", SetAside(peer_address_of("attic"), "silent")) == peer_address_of(
        "cellar"
    )  # the cellar is ahead


def test_one_that_lost_every_source_has_its_followers_taken_away_and_follows_them() -> None:
    house = House()
    house.has("attic")
    assert house.fetches("barn") == peer_address_of("attic")
    house.says("attic", ModelReport(told=(TOLD,)), 0.0, peer_address="")  # nobody can reach it
    assert house.fetches("cellar") == peer_address_of("barn")
    house.has("attic")
    lost = SetAside(peer_address_of("attic"), "silent")
    assert house.fetches("barn", lost) == ""  # since the cellar has it from the barn
    assert house.fetches("cellar") == peer_address_of("attic")
    assert house.fetches("barn", lost) == peer_address_of("cellar")


def test_a_source_that_already_serves_many_is_better_than_none() -> None:
    house = House()
    house.has("attic")
    for name in ("barn", "cellar", "den", "eaves"):
        assert house.fetches(name, peer_address="") == peer_address_of("attic")


def test_a_word_that_led_to_another_file_counts_no_more_whoever_said_it() -> None:
    house = House()
    house.has("attic", told=FALSE)
    assert house.lacks("cellar") == ModelSource(FILE, told=FALSE)
    house.has("barn")
    assert house.lacks("cellar", false=(FALSE.digest,)) == SHARED
    assert [event.worker for event in house.last.events] == ["ATTIC"]
    assert house.lacks("den") == SHARED
    house.lacks("cellar", false=(FALSE.digest,))
    assert house.last.events == []


def test_what_a_worker_fetches_by_the_word_of_an_earlier_run_is_waited_for_a_moment() -> None:
    house = House()
    assert house.lacks("barn", told=TOLD) is None
    house.has("attic", 1.0)
    assert house.lacks("barn", 2.0, told=TOLD) is None
    other = House()
    other.lacks("barn", told=TOLD)
    assert other.lacks("barn", NEW_S, told=TOLD) == HUB


def test_the_digests_of_blocks_come_from_one_that_has_the_file_to_all_who_ask() -> None:
    house = House()
    house.has("attic")
    for name in ("barn", "cellar"):
        house.fetches(name)
    house.asks("barn")
    assert house.asked() == [(b"attic", 0)]
    house.asks("cellar")
    assert house.asked() == []  # it is on its way
    house.sends("attic", 0, LIST[:PIECE_BYTES])
    assert house.asked() == [(b"attic", PIECE_BYTES)]
    house.sends("attic", PIECE_BYTES, LIST[PIECE_BYTES:])
    assert {send.peer for send in house.last.sends} == {b"barn", b"cellar"}
    assert {send.message for send in house.last.sends} == {Piece(TOLD.digest, 0, len(LIST), "blocks")}
    assert {send.frame for send in house.last.sends} == {LIST[:LIST_PIECE_BYTES]}
    last = len(LIST) // LIST_PIECE_BYTES
    house.asks("barn", last)
    (send,) = house.last.sends
    assert send.message == Piece(TOLD.digest, last * LIST_PIECE_BYTES, len(LIST), "blocks")
    assert send.frame == LIST[last * LIST_PIECE_BYTES :]


def test_a_list_that_does_not_fit_its_digest_or_does_not_come_is_had_from_another_worker() -> None:
    house = House()
    for name in ("attic", "barn"):
        house.has(name)
    house.fetches("cellar")
    house.asks("cellar")
    assert house.asked() == [(b"attic", 0)]
    house.asks("cellar", now=ANSWER_S)
    assert house.asked() == [(b"barn", 0)]
    house.sends("attic", 0, LIST[:PIECE_BYTES])
    assert house.last.sends == []  # too late
    house.sends("barn", 0, bytes(PIECE_BYTES))
    house.sends("barn", PIECE_BYTES, LIST[PIECE_BYTES:])
    assert [(event.code, event.worker) for event in house.last.events] == [("file not as it was", "BARN")]
    assert house.asked() == [(b"attic", 0)]
    assert house.fetches("cellar") == peer_address_of("attic")


def test_the_answer_is_for_the_first_file_that_is_not_downloaded_yet() -> None:
    house = House()
    missing = MissingFileReport(FILE, downloads=True), MissingFileReport(OTHER)
    assert house.says("attic", ModelReport(missing=missing), 0.0) == ModelSource(OTHER)


def test_nothing_is_kept_of_what_is_over() -> None:
    house = House()
    house.lacks("attic")
    house.has("attic")
    house.lacks("barn")
    house.has("barn")
    house.says("cellar", ModelReport((MissingFileReport(OTHER),)), 0.0)
    arbiter = house.core.job_files.arbiter
    assert (list(arbiter.permits), list(arbiter.agreed), arbiter.liars) == ([OTHER], [FILE], set())
    for name in ("attic", "barn"):
        house.says(name, ModelReport(), 0.0)
    house.says("cellar", ModelReport((MissingFileReport(OTHER),)), 0.0)
    assert arbiter.agreed == {}


def test_what_a_worker_waits_for_by_the_word_of_an_earlier_run_is_waited_for_a_moment() -> None:
    house = House()
    assert house.lacks("barn", waits=True) == WAIT  # the attic has yet to come back
    assert house.lacks("attic", 1.0, downloads=True, have=7) is None
    assert house.lacks("barn", NEW_S, waits=True) == WAIT
    other = House()
    other.lacks("barn", waits=True)
    assert other.lacks("barn", NEW_S, waits=True) == HUB


def test_one_that_has_one_file_waits_a_moment_with_the_next() -> None:
    house = House()
    report = ModelReport((MissingFileReport(OTHER),), (TOLD,))
    assert house.says("barn", report, 0.0) == ModelSource(OTHER, wait=True)
    assert house.says("barn", report, NEW_S) == ModelSource(OTHER)


def test_who_asks_for_parts_that_no_list_has_fills_no_memory() -> None:
    house = House()
    house.has("attic")
    house.fetches("cellar")
    for number in range(1_000, 1_100):
        house.asks("cellar", number)
    assert not house.core.job_files.block_lists.coming
