import msgspec
from making import join, make_core, make_spec, sent
from msgspec import structs

from swarm.coordinator.serve import fitting, outgoing
from swarm.job.state import JobState
from swarm.lease.member_message import QueuedStatus
from swarm.lease.message import Status, StatusReply, Welcome
from swarm.net.wire import pack, unpack_from_coordinator


def test_a_status_reply_fits_a_message_however_long_the_book() -> None:
    long = [[f"Sentence {n}."] for n in range(3000)]
    core = make_core(JobState(make_spec(*long)))
    for n in range(200):
        join(core, b"%d" % n, slots=16)
    (told,) = sent(core.receive(b"anybody", Status(), 1.0), StatusReply)
    reply = outgoing(told)
    assert isinstance(reply, StatusReply)
    assert len(msgspec.msgpack.encode(reply)) < 64 * 1024
    assert reply.jobs[0].segments == 3000
    assert reply.workers


def test_a_status_reply_fits_a_message_however_long_the_queue() -> None:
    for waiting, ended in [(200, 0), (5000, 0), (0, 5000), (5000, 5000)]:
        states = ["finished"] * ended + ["waiting"] * waiting
        files = tuple(f"/srv/audiobooks/{'Part' * 20} {part}.m4b" for part in range(8))
        queue = tuple(
            QueuedStatus(number, "Emma " * 20, state, note="why" * 99, files=files if state == "finished" else ())
            for number, state in enumerate(states, 1)
        )
        told = structs.replace(make_core(JobState(make_spec(["One."]))).status(0.0), queue=queue)
        reply = outgoing(told)
        assert isinstance(reply, StatusReply), waiting
        assert unpack_from_coordinator(pack(reply)) == reply, waiting
        assert reply.queue is not None, waiting
        kept = [book.book for book in reply.queue if book.state == "waiting"]
        assert kept == list(range(ended + 1, ended + len(kept) + 1))
        assert (len(kept) + reply.more_waiting, len(kept) >= min(waiting, 20)) == (waiting, True)
        assert [book.book for book in reply.queue if book.state == "finished"] == list(
            range(max(ended - 9, 1), ended + 1)
        )


def test_a_reply_keeps_its_chapters_where_they_fit() -> None:
    core = make_core(JobState(make_spec(["One."], ["Two."])))
    reply = core.status(0.0)
    assert fitting(reply, 60_000) == reply
    assert fitting(reply, 10).jobs[0].chapters == ()


def test_any_other_message_leaves_as_it_is() -> None:
    welcome = Welcome("c", 1, "laptop", 1.0, 1000, 65536)
    assert outgoing(welcome) is welcome
