"""A file comes from another worker where the coordinator says so, and from the coordinator where that fails."""

from making import RECIPE, make_hello
from test_download import offsets, told

from swarm.job.job_asset import DIGEST_BYTES, LIST_PIECE_BYTES, JobAsset
from swarm.lease.core_settings import WorkerSettings
from swarm.lease.file_transfer import (
    MAX_ASIDE,
    Fetch,
    Piece,
    SetAside,
    Source,
    is_peer_address,
)
from swarm.lease.message import Heartbeat, Job, Welcome
from swarm.lease.outcome import Expect, WorkerOutcome
from swarm.lease.worker.file_source import LIST_S, PEER, SILENT_S, STUCK_S, WORD_S, FileSource
from swarm.lease.worker.worker_core import WorkerCore

PIECE = 2
BLOCK = 4 * PIECE
SIZE = 10 * BLOCK
MODEL = JobAsset("model/model.pth", "b" * 64, SIZE)
PEER_ADDRESS = "10.0.0.1:5000"
NAME = PEER + PEER_ADDRESS


def make_worker(model: JobAsset = MODEL) -> WorkerCore:
    worker = WorkerCore(make_hello(), WorkerSettings(piece=PIECE))
    worker.connect("a", 0.0)
    worker.receive("a", Welcome("c", 1, "a", 1.0, 1000, 65536), 0.0)
    worker.receive("a", Job("job", "Book", RECIPE, (model,)), 0.0)
    worker.kept(model.digest, 0, 0.0)
    return worker


LIST = Fetch(MODEL.digest, 0, "blocks")


def learn(worker: WorkerCore, frame: bytes, offset: int = 0) -> WorkerOutcome:
    """Have digests of blocks come from the coordinator."""
    return worker.receive("a", Piece(MODEL.digest, offset, 10 * DIGEST_BYTES, "blocks"), 0.0, frame)


def digests(count: int) -> bytes:
    return bytes(count * DIGEST_BYTES)


def asked(out: WorkerOutcome) -> list[tuple[str, int]]:
    return [
        (name, message.offset)
        for name, message in out.messages
        if isinstance(message, Fetch) and message.kind == "file"
    ]


def piece(worker: WorkerCore, offset: int, name: str = NAME, now: float = 0.0, frame: bytes = b"..") -> WorkerOutcome:
    """Have a piece come, and be written."""
    out = worker.receive(name, Piece(MODEL.digest, offset, SIZE), now, frame)
    for digest, at, data in out.pieces:
        kept = worker.kept(digest, at + len(data), now)
        out.messages += kept.messages
    return out


def last_fetching(out: WorkerOutcome) -> list:
    return [beat.fetching[0] for beat in told(out, Heartbeat)][-1:]


def test_a_peer_is_asked_once_the_digests_of_its_blocks_are_here() -> None:
    worker = make_worker()
    out = worker.receive("a", Source(MODEL.digest, PEER_ADDRESS), 0.0)
    assert [fetch for fetch in told(out, Fetch) if fetch.kind == "blocks"] == [LIST]
    assert asked(piece(worker, 0, "a")) == []
    out = learn(worker, digests(10))
    assert out.commands == [Expect(MODEL.digest, 0, digests(10))]
    assert {name for name, _ in asked(out)} == {NAME}
    assert offsets(out) == [2, 4, 6, 8]


def test_nothing_is_asked_for_before_the_coordinator_says_where_unless_it_says_nothing() -> None:
    worker = make_worker()
    assert last_fetching(worker.beat(0.1))[0].waits
    assert asked(worker.beat(WORD_S - 0.1)) == []
    assert asked(worker.beat(WORD_S + 0.1)) == [("a", 0), ("a", 2), ("a", 4), ("a", 6)]
    worker = make_worker()
    assert asked(worker.receive("a", Source(MODEL.digest), 0.1)) == [("a", 0), ("a", 2), ("a", 4), ("a", 6)]
    assert not last_fetching(worker.beat(0.2))[0].waits


def test_digests_that_are_too_few_or_that_nobody_asked_for_are_dropped() -> None:
    worker = make_worker()
    assert learn(worker, digests(10)).commands == []
    worker.receive("a", Source(MODEL.digest, PEER_ADDRESS), 0.0)
    piece(worker, 0, "a")
    assert learn(worker, digests(9)).commands == []
    assert learn(worker, digests(1), LIST_PIECE_BYTES).commands == []


def test_pieces_come_from_the_coordinator_if_the_digests_do_not() -> None:
    worker = make_worker()
    worker.receive("a", Source(MODEL.digest, PEER_ADDRESS), 0.0)
    piece(worker, 0, "a")
    for offset in (2, 4, 6):
        assert asked(piece(worker, offset, "a")) == []
    late = worker.beat(LIST_S)
    assert LIST in told(late, Fetch)
    assert {name for name, _ in asked(late)} == {"a"}


def go_on(worker: WorkerCore) -> None:
    """Have the file come from the peer."""
    worker.receive("a", Source(MODEL.digest, PEER_ADDRESS), 0.0)
    piece(worker, 0, "a")
    learn(worker, digests(10))


def test_a_silent_peer_is_left_and_said_to_the_coordinator() -> None:
    worker = make_worker()
    go_on(worker)
    assert asked(worker.beat(SILENT_S)) == []
    out = worker.beat(SILENT_S + 0.1)
    assert {name for name, _ in asked(out)} == {"a"}
    (fetching,) = last_fetching(out)
    assert fetching.aside == (SetAside(PEER_ADDRESS, "silent"),)
    assert fetching.peer_address == ""
    worker.receive("a", Source(MODEL.digest, PEER_ADDRESS), 9.0)  # it is not asked a second time
    assert {name for name, _ in asked(worker.beat(20.0))} == {"a"}


def test_a_peer_that_says_not_yet_is_waited_for_but_not_for_ever() -> None:
    worker = make_worker()
    go_on(worker)
    now = 0.0
    while now < STUCK_S - 1:
        now += 1.0
        piece(worker, 2, now=now, frame=b"")
        assert asked(worker.beat(now)) == []
    assert {name for name, _ in asked(piece(worker, 2, now=STUCK_S + 0.1, frame=b""))} == {"a"}


def test_a_peer_that_closes_or_has_not_the_file_is_left_at_once() -> None:
    worker = make_worker()
    go_on(worker)
    assert {name for name, _ in asked(worker.disconnect(NAME, 1.0))} == {"a"}
    worker = make_worker()
    go_on(worker)
    out = worker.receive(NAME, Piece(MODEL.digest, 2, 0), 1.0)
    assert {name for name, _ in asked(out)} == {"a"}
    assert last_fetching(out)[0].aside == (SetAside(PEER_ADDRESS, "without it"),)


def test_a_block_that_does_not_fit_is_asked_of_the_coordinator_and_its_sender_is_a_liar() -> None:
    worker = make_worker()
    go_on(worker)
    for offset in range(2, 2 * BLOCK, PIECE):
        piece(worker, offset)
    out = worker.kept(MODEL.digest, BLOCK, 1.0, "", unfit=True)
    assert asked(out)[0] == ("a", BLOCK)
    assert last_fetching(out)[0].aside == (SetAside(PEER_ADDRESS, "lying"),)


def test_a_block_of_two_senders_that_does_not_fit_makes_none_of_them_a_liar() -> None:
    worker = make_worker()
    go_on(worker)
    for offset in range(2, BLOCK, PIECE):
        piece(worker, offset)
    out = worker.kept(MODEL.digest, 0, 1.0, "", unfit=True)
    assert asked(out) == [("a", 0), ("a", 2), ("a", 4), ("a", 6)]
    assert last_fetching(out)[0].aside == ()
    for offset in range(0, BLOCK, PIECE):
        out = piece(worker, offset, "a")
    assert asked(out)[-1][0] == NAME  # from the next block on it may show that it is honest


def test_a_part_that_was_opened_afresh_with_less_is_asked_for_from_there() -> None:
    worker = make_worker()
    go_on(worker)
    piece(worker, 2)
    assert offsets(worker.kept(MODEL.digest, 0, 1.0)) == [0, 2, 4, 6]


def test_pieces_of_a_peer_that_is_not_asked_and_of_another_size_are_not_taken() -> None:
    worker = make_worker()
    go_on(worker)
    assert piece(worker, 2, PEER + "10.0.0.9:1").pieces == []
    assert worker.receive(NAME, Piece(MODEL.digest, 2, SIZE + 1), 0.0, b"..").pieces == []
    assert worker.fetched.downloads.items[MODEL.digest].source.aside == {PEER_ADDRESS: "lying"}


def test_the_coordinator_may_name_another_peer_or_itself_at_any_time() -> None:
    worker = make_worker()
    go_on(worker)
    out = worker.receive("a", Source(MODEL.digest, "10.0.0.2:5000"), 0.0)
    assert {name for name, _ in asked(out)} == {PEER + "10.0.0.2:5000"}
    assert offsets(out) == [2, 4, 6, 8]
    assert piece(worker, 2).pieces == []
    assert worker.fetched.downloads.peer_names() == {PEER + "10.0.0.2:5000"}


def test_a_small_file_comes_from_the_coordinator() -> None:
    small = JobAsset("voice.wav", "a" * 64, BLOCK)
    worker = make_worker(small)
    worker.receive("a", Source(small.digest, PEER_ADDRESS), 0.0)
    worker.receive("a", Piece(small.digest, 0, BLOCK), 0.0, b"..")
    assert worker.fetched.downloads.items[small.digest].source.offered == ""
    assert worker.fetched.downloads.passed_on(small.digest) is None


def test_the_digests_of_the_next_list_are_asked_for_in_time() -> None:
    span = LIST_PIECE_BYTES // DIGEST_BYTES * BLOCK
    source = FileSource("d", 3 * span, PIECE)
    source.offer(PEER_ADDRESS)
    assert source.choose(0, 0.0) == (None, Fetch("d", 0, "blocks"))
    assert source.learn(Piece("d", 0, 3 * LIST_PIECE_BYTES, "blocks"), bytes(LIST_PIECE_BYTES))
    assert source.choose(span // 2 - 1, 0.0) == (PEER_ADDRESS, None)
    assert source.choose(span // 2, 0.0) == (PEER_ADDRESS, Fetch("d", LIST_PIECE_BYTES, "blocks"))
    assert source.choose(span // 2, 0.0) == (PEER_ADDRESS, None)
    assert source.choose(2 * span, 0.0) == (None, Fetch("d", 2 * LIST_PIECE_BYTES, "blocks")), "the file is further"


def test_only_so_many_peers_are_tried() -> None:
    source = FileSource("d", 3 * BLOCK, PIECE)
    for number in range(MAX_ASIDE):
        source.offer(f"10.0.0.{number}:1")
        source.turn_to(source.offered, 0, 0.0)
        source.set_peer_aside("away")
    source.offer(PEER_ADDRESS)
    assert source.offered == ""


def test_a_heartbeat_says_where_this_worker_passes_files_on() -> None:
    worker = make_worker()
    worker.peer_addresses = {"a": PEER_ADDRESS}
    assert [beat.peer_address for beat in told(worker.beat(1.0), Heartbeat)] == [PEER_ADDRESS]


def test_only_the_address_of_one_machine_is_a_peer_address() -> None:
    assert all(map(is_peer_address, (PEER_ADDRESS, "127.0.0.1:1", "[fd00::1]:65535")))
    assert not any(
        map(is_peer_address, ("", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.300:1", "[::]:1", "224.0.0.1:5", "[1:2]:3"))
    )
    source = FileSource("d", 3 * BLOCK, PIECE)
    source.offer("10.0.0.300:1")
    assert source.offered == ""
