import pytest
from making import join, make_core, make_hello, make_spec, said, sent

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.reel_orders import (
    ASIDE_S,
    ASK_AGAIN_S,
    DUE_S,
    LOST_S,
    MAX_DECLINED,
    UNKNOWN_COST,
    ReelTask,
)
from swarm.lease.coordinator.time_left import EncoderUse
from swarm.lease.envelope import CLIP_PIECE_BYTES, Reason
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import MAX_REELS, Bye, Encode, EncodedReel, Heartbeat, ReelCoding
from swarm.lease.outcome import Outcome
from swarm.watch.words import waiting_text

KEY, DIGEST = "0" * 32, "1" * 64
CODING = ReelCoding("aac", 24000, 1, 64000)
SIZE = CLIP_PIECE_BYTES + 10


def task(reel: str, worker: str = "p", job: str = "job") -> ReelTask:
    order = Encode(job, reel, (KEY,), DIGEST, (0.5,), 24000, 0.0, -2.0, CODING, "same")
    return ReelTask(worker, order, 60.0, 10**6)


def house(encoders: int = 1, **hello: object) -> CoordinatorCore:
    """Make a coordinator with one worker, p, that encodes one reel at a time."""
    core = make_core(JobState(make_spec(["One."])), encoders=encoders)
    join(core, encoders=1, **hello)
    core.jobs["job"].is_overruled = True  # nothing is left to speak
    core.reels.proven.add("p")
    return core


def beat(core: CoordinatorCore, *reels: EncodedReel, now: float, peer: bytes = b"p") -> Outcome:
    return core.receive(peer, Heartbeat((), reels=reels), now)


def asked(outcome: Outcome) -> list[str]:
    return [order.reel for order in sent(outcome, Encode)]


def here(outcome: Outcome) -> list[str]:
    return [reel for _, reel in outcome.encodes]


def test_a_worker_is_asked_for_the_reels_that_it_spoke_and_this_machine_encodes_the_others() -> None:
    core = house()
    assert asked(core.encode_reel(task("a"), 0.0)) == ["a"]
    mixed = core.encode_reel(task("b", worker=""), 0.0)
    away = core.encode_reel(task("c", worker="away"), 0.0)
    assert (here(mixed), here(away), asked(mixed)) == (["b"], [], [])
    assert here(core.reel_encoded("job", "b", 3.0, 1.0)) == ["c"]


def test_a_reel_is_fetched_in_pieces_and_its_worker_may_forget_it_then() -> None:
    core = house()
    core.encode_reel(task("a"), 0.0)
    begun = beat(core, EncodedReel("job", "a"), now=1.0)
    assert (begun.reels, sent(begun, Fetch)) == ([], [])
    made = EncodedReel("job", "a", DIGEST, SIZE, 3.0)
    assert sent(beat(core, made, now=2.0), Fetch) == [Fetch(DIGEST, 0, "reel", "job")]
    assert sent(beat(core, made, now=2.5), Fetch) == []  # that piece is on its way
    first = core.receive(b"p", Piece(DIGEST, 0, SIZE, "reel", "job"), 3.0, b"x" * CLIP_PIECE_BYTES)
    assert sent(first, Fetch) == [Fetch(DIGEST, CLIP_PIECE_BYTES, "reel", "job")]
    last = core.receive(b"p", Piece(DIGEST, CLIP_PIECE_BYTES, SIZE, "reel", "job"), 3.0, b"y" * 10)
    assert sent(last, Fetch) == [Fetch(DIGEST, SIZE, "reel", "job")]
    [arrival] = last.reels
    assert (arrival.reel, arrival.worker, len(arrival.data)) == ("a", "p", SIZE)
    assert core.reel_encoded("job", "a", 0.0, 4.0).encodes == []
    assert core.reels.arrived == {}


def test_a_reel_that_is_not_wanted_any_more_is_dropped_there() -> None:
    core = house()
    assert sent(beat(core, EncodedReel("job", "old", DIGEST, 7), now=1.0), Fetch) == [Fetch(DIGEST, 7, "reel", "job")]


def decline(core: CoordinatorCore, reel: str, now: float) -> list[str]:
    """Have a worker decline a reel that it was asked for; return what is encoded here instead."""
    assert asked(core.encode_reel(task(reel), now)) == [reel]
    return here(beat(core, EncodedReel("job", reel, note="its clips are not here any more"), now=now))


def test_what_a_worker_declines_is_encoded_here_and_it_is_asked_for_the_next_ones() -> None:
    core = house(encoders=MAX_DECLINED)
    assert [decline(core, reel, 1.0) for reel in "ab"] == [["a"], ["b"]]
    core.encode_reel(task("c"), 2.0)
    deliver(core, "c", 3.0)
    core.reel_encoded("job", "c", 0.0, 3.0)
    for reel in "ab":
        core.reel_encoded("job", reel, 3.0, 4.0)
    assert [decline(core, reel, 5.0) for reel in "de"] == [["d"], ["e"]]


def test_a_worker_that_declines_all_is_left_alone_for_a_while() -> None:
    core = house(encoders=MAX_DECLINED + 2)
    for reel in "abc":
        assert decline(core, reel, 1.0) == [reel]
    assert here(core.encode_reel(task("d"), 2.0)) == ["d"]
    for second in range(1, int(ASIDE_S) + 2):
        beat(core, now=1.0 + second)
    assert asked(core.encode_reel(task("e"), ASIDE_S + 2.0)) == ["e"]


def test_an_order_that_got_lost_is_encoded_here() -> None:
    core = house()
    core.encode_reel(task("a"), 0.0)
    assert here(beat(core, now=LOST_S - 1)) == []
    assert here(beat(core, now=LOST_S + 1)) == ["a"]


def test_a_late_reel_is_encoded_here() -> None:
    core = house()
    core.encode_reel(task("before it", worker=""), 0.0)
    core.encode_reel(task("a"), 0.0)
    now = 0.0
    while core.reels.ordered and now < 100:
        core.tick(now)
        beat(core, EncodedReel("job", "a"), now=now)
        now += 1.0
    assert now > DUE_S
    assert here(core.reel_encoded("job", "before it", 3.0, now)) == ["a"]


def test_a_worker_that_always_names_another_digest_is_late_too() -> None:
    core = house()
    core.encode_reel(task("a"), 0.0)
    taken_back = []
    for now in range(1, 300):
        out = beat(core, EncodedReel("job", "a", f"{now:064x}", SIZE, 3.0), now=now)
        taken_back += here(out) + here(core.tick(now))
    assert taken_back == ["a"]


def test_a_worker_that_tells_of_endless_work_gets_no_endless_time() -> None:
    core = house()
    core.encode_reel(task("a"), 0.0)
    beat(core, EncodedReel("job", "a", DIGEST, 10, 1e9), now=2.0)
    assert core.reels.encodings[next(iter(core.reels.encodings))].cost.expected < 1.0


def test_the_last_reels_are_encoded_here_once_that_would_have_been_sooner() -> None:
    core = house()
    core.reels.cost.learn(1.0, 60.0)
    core.reels._encoding(core.peers[b"p"]).cost.learn(2.0, 60.0)
    assert asked(core.encode_reel(task("a"), 0.0)) == ["a"]
    assert asked(core.encode_reel(task("b"), 0.0)) == ["b"]  # it takes 4 s, behind the other
    assert core.reels.next_due() == 3.0
    assert here(core.tick(2.9)) == []
    assert here(core.tick(3.0)) == ["a"]
    beat(core, EncodedReel("job", "b"), now=3.0)
    assert here(core.tick(6.0)) == []  # it encodes one reel at a time
    made = beat(core, EncodedReel("job", "a", DIGEST, 10, 5.0), EncodedReel("job", "b"), now=6.0)
    assert sent(made, Fetch) == [Fetch(DIGEST, 10, "reel", "job")]  # too late
    core.reel_encoded("job", "a", 1.0, 6.0)
    assert here(core.tick(6.0)) == ["b"]
    assert asked(core.encode_reel(task("c"), 7.0)) == ["c"]  # its worker did nothing wrong


def test_while_a_book_is_spoken_its_reels_are_left_to_workers_that_have_them_soon() -> None:
    core = make_core(JobState(make_spec(["One."])), encoders=1)
    join(core, encoders=1)
    core.reels._encoding(next(iter(core.sessions.values()))).cost.learn(3.0, 60.0)
    assert [here(core.encode_reel(task(reel), 0.0)) for reel in "abcde"] == [[], [], [], ["c"], []]
    assert here(core.reel_encoded("job", "c", 3.0, 1.0)) == ["d"]  # all of them would be there in 12 s


def test_the_reels_of_a_worker_that_leaves_are_encoded_here() -> None:
    core = house(encoders=2)
    for reel in "abc":
        core.encode_reel(task(reel), 0.0)
    core.receive(b"p", Bye(), 1.0)
    assert core.next_deadline() <= 1.0
    assert here(core.tick(1.0)) == ["a"]  # c is encoded here already
    assert here(core.reel_encoded("job", "c", 3.0, 2.0)) == ["b"]


def test_of_a_backlog_a_worker_has_the_latest_reels_since_it_forgets_the_earliest_clips() -> None:
    core = house()
    asked_for = [asked(core.encode_reel(task(reel), 0.0)) for reel in "ab"]
    assert asked_for == [["a"], ["b"]]  # one is encoded, and the next one waits there
    assert here(core.encode_reel(task("c"), 0.0)) == ["c"]
    assert here(core.encode_reel(task("d"), 0.0)) == []
    core.encode_reel(task("e"), 0.0)
    assert here(core.reel_encoded("job", "c", 3.0, 1.0)) == ["d"]
    core.encode_reel(task("f"), 1.0)
    made = core.receive(
        b"p", Heartbeat((), reels=(EncodedReel("job", "a", DIGEST, 10, 3.0), EncodedReel("job", "b"))), 2.0
    )
    assert asked(made) == ["f"]  # its encoder would wait while a comes


def test_a_worker_is_asked_for_a_piece_of_one_reel_at_a_time() -> None:
    core = house()
    made = {}
    for number, reel in enumerate("ab"):
        core.encode_reel(task(reel), 0.0)
        made[reel] = EncodedReel("job", reel, str(number) * 64, 10, 3.0)
    both = beat(core, *made.values(), now=1.0)
    assert sent(both, Fetch) == [Fetch(made["a"].digest, 0, "reel", "job")]
    assert sent(beat(core, *made.values(), now=2.0), Fetch) == []
    whole = core.receive(b"p", Piece(made["a"].digest, 0, 10, "reel", "job"), 2.5, b"z" * 10)
    assert sent(whole, Fetch) == [Fetch(made["a"].digest, 10, "reel", "job"), Fetch(made["b"].digest, 0, "reel", "job")]
    again = beat(core, made["b"], now=2.5 + ASK_AGAIN_S)  # that piece got lost
    assert sent(again, Fetch) == [Fetch(made["b"].digest, 0, "reel", "job")]


def test_a_worker_has_no_more_reels_than_a_heartbeat_may_name() -> None:
    core = house(encoders=MAX_REELS)
    made, orders = list[EncodedReel](), list[str]()
    for number in range(MAX_REELS + 2):
        orders += asked(core.encode_reel(task(f"r{number}"), 0.0))
        made = [EncodedReel("job", reel, f"{place:064}", 10, 3.0) for place, reel in enumerate(orders)]
        orders += asked(beat(core, *made, now=0.1))
    assert len(orders) == len(set(orders)) == MAX_REELS


def test_a_slow_machine_leaves_the_reels_to_a_worker_that_is_faster() -> None:
    core = house()
    core.reels.cost.learn(600.0, 60.0)
    core.reels._encoding(next(iter(core.sessions.values()))).cost.learn(3.0, 60.0)
    assert [here(core.encode_reel(task(reel), 0.0)) for reel in "abcdef"] == [[]] * 6


def test_a_worker_with_a_slow_link_is_not_asked() -> None:
    core = house()
    next(iter(core.sessions.values())).link.bits_s = 1000
    assert here(core.encode_reel(task("a"), 0.0)) == ["a"]


def test_a_worker_whose_reel_differs_is_named_and_asked_no_more() -> None:
    core = house()
    core.encode_reel(task("a"), 0.0)
    beat(core, EncodedReel("job", "a", DIGEST, 10), now=1.0)
    core.receive(b"p", Piece(DIGEST, 0, 10, "reel", "job"), 1.0, b"z" * 10)
    refused = core.reel_refused("job", "a", 2.0)
    assert (here(refused), said(refused)[0].startswith("P encoded sound")) == (["a"], True)
    core.reel_encoded("job", "a", 3.0, 3.0)
    core.receive(b"q", make_hello("p", nonce="another", encoders=1), 3.0)
    assert here(core.encode_reel(task("b"), 4.0)) == ["b"]


def deliver(core: CoordinatorCore, reel: str, now: float) -> None:
    beat(core, EncodedReel("job", reel, DIGEST, 10, 3.0), now=now)
    core.receive(b"p", Piece(DIGEST, 0, 10, "reel", "job"), now, b"z" * 10)


def test_at_the_end_of_a_book_a_worker_is_not_asked_for_one_reel_that_would_be_made_here_too() -> None:
    core = house()
    core.reels.proven.clear()
    assert here(core.encode_reel(task("a"), 0.0)) == ["a"]
    core.encode_reel(task("b"), 0.0)
    assert asked(core.encode_reel(task("c"), 0.0)) == ["c", "b"]
    deliver(core, "b", 1.0)
    core.reel_encoded("job", "b", 3.0, 1.0)
    deliver(core, "c", 2.0)
    core.reel_encoded("job", "c", 0.0, 2.0)
    assert asked(core.encode_reel(task("d"), 3.0)) == ["d"]


def test_comparing_a_reel_tells_what_encoding_costs_here() -> None:
    core = house()
    assert core.reels.ready_s(1) == 60 * UNKNOWN_COST
    core.encode_reel(task("a"), 0.0)
    deliver(core, "a", 1.0)
    core.reel_encoded("job", "a", 0.6, 2.0)
    core.encode_reel(task("b", worker=""), 3.0)
    core.encode_reel(task("c", worker=""), 3.0)
    assert core.reels.ready_s(2) == pytest.approx(4 * 0.6)


def test_a_reel_that_is_larger_than_it_can_be_is_not_fetched() -> None:
    core = house()
    core.encode_reel(task("a"), 0.0)
    assert here(beat(core, EncodedReel("job", "a", DIGEST, 10**6 + 1), now=1.0)) == ["a"]


def test_books_take_turns_at_the_encoders_here() -> None:
    core = make_core(JobState(make_spec(["One."])), encoders=1)
    for reel in ("a1", "a2", "a3"):
        core.encode_reel(task(reel, "", "a"), 0.0)
    core.encode_reel(task("b1", "", "b"), 0.0)
    turns = [here(core.reel_encoded(*next(iter(core.reels.here)), 1.0, 1.0)) for _ in range(3)]
    assert turns == [["b1"], ["a2"], ["a3"]]


def test_a_book_over_which_encoders_die_leaves_the_places_here_to_other_books() -> None:
    core = make_core(JobState(make_spec(["One."], job="a")), encoders=2)
    for reel in ("a1", "a2", "a3"):
        core.encode_reel(task(reel, "", "a"), 0.0)
    assert here(core.encode_reel(task("b1", "", "b"), 0.0)) == []
    first = core.reel_failed("a", "a1", 1.0)
    assert (here(first), here(core.reel_failed("a", "a2", 1.0))) == (["b1"], [])
    assert [line for line in said(first) if line.startswith("Book: processes that encode it ended")]
    assert here(core.encode_reel(task("b2", "", "b"), 2.0)) == ["b2"]
    assert core.reels.ready_s(0) == pytest.approx(5 * 60 * UNKNOWN_COST / 2)
    core.reel_encoded("a", "a1", 3.0, 3.0)
    core.reel_encoded("b", "b1", 3.0, 3.0)
    assert here(core.reel_encoded("a", "a2", 3.0, 3.0)) == ["a3"]


def test_a_reel_over_which_encoders_die_and_that_is_withdrawn_holds_its_book_up_no_more() -> None:
    core = make_core(JobState(make_spec(["One."])), encoders=1)
    for reel in "ab":
        core.encode_reel(task(reel, ""), 0.0)
    assert here(core.reel_failed("job", "a", 1.0)) == []
    assert here(core.withdraw_reel("job", "a", 2.0)) == ["b"]


def test_a_reel_that_is_withdrawn_is_asked_of_nobody() -> None:
    core = make_core(JobState(make_spec(["One."])), encoders=1)
    for reel in "ab":
        core.encode_reel(task(reel, ""), 0.0)
    core.withdraw_reel("job", "b", 0.0)
    assert here(core.reel_encoded("job", "a", 1.0, 1.0)) == []


def test_the_time_left_counts_what_workers_encode() -> None:
    core = house()
    core.encode_reel(task("a"), 0.0)
    beat(core, EncodedReel("job", "a", DIGEST, 10, 3.0), now=4.0)
    assert core.reels.all_use(EncoderUse(2, 5, 100.0, 1.0)) == EncoderUse(3, 5, 100.0, 1.0)
    core.receive(b"p", Piece(DIGEST, 0, 10, "reel", "job"), 4.0, b"z" * 10)
    assert core.reels.all_use(EncoderUse(2, 5, 100.0, 1.0)) == EncoderUse(2, 6, 160.0, 4.0)


def test_the_status_says_when_the_file_is_behind_the_speech() -> None:
    core = house()
    job = core.status(0.0).jobs[0].job
    core.reels.cost.learn(1.0, 60.0)
    for number in range(30):
        core.encode_reel(task(f"r{number}", worker="", job=job), 0.0)
    assert core.status(1.0).jobs[0].reason is None  # one is encoded, and 29 seconds of work wait
    core.encode_reel(task("another", worker="", job=job), 1.0)
    core.encode_reel(task("one more", worker="", job=job), 1.0)
    (reason,) = [status.reason for status in core.status(1.0).jobs]
    assert reason == Reason("behind", seconds=31 * 60.0)
    assert waiting_text(reason).startswith("the file is behind: 31 min of sound to encode; a worker")
    assert waiting_text(Reason("encoding", percent=40, seconds=60.0)).startswith("40 % encoded; the file is behind")
