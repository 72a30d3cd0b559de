from making import TEXTS, hope, join, make_clip, make_core, make_spec, offer

from swarm.job.state import JobState
from swarm.lease.envelope import Hindrance, NotLeasing, Resting
from swarm.lease.message import Heartbeat, Release

MEMORY, HOURS = NotLeasing.MEMORY, NotLeasing.HOURS


def test_the_status_tells_the_tag_of_each_worker() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"own")
    join(core, b"rented", tag="spot")
    assert [worker.tag for worker in core.status(1.0).workers] == ["", "spot"]


def test_one_machine_alone_waits_for_its_operator_but_not_for_room_that_never_was() -> None:
    core = make_core(JobState(make_spec(TEXTS)), alone=True)
    join(core, slots=2)
    for causes, hopeful in (((HOURS, MEMORY), True), ((MEMORY,), True), ((MEMORY, MEMORY), False)):
        rests = tuple(Resting(slot, Hindrance(cause, "no room")) for slot, cause in enumerate(causes))
        core.receive(b"p", Heartbeat((), resting=rests), 1.0)
        assert (hope(core) == "") is hopeful


def test_where_there_was_room_there_may_be_room_again_but_a_gpu_that_is_gone_is_gone() -> None:
    core = make_core(JobState(make_spec(TEXTS)), alone=True)
    join(core)
    grant = offer(core)
    core.receive(b"p", make_clip(grant), 1.0, b"x")
    core.receive(b"p", Release(grant.lease), 1.0)
    core.receive(b"p", Heartbeat((), resting=(Resting(0, Hindrance(MEMORY, "no room")),)), 1.0)
    assert hope(core) == ""
    core.receive(b"p", Heartbeat((), resting=(Resting(0, Hindrance(NotLeasing.LOST, "GPU is lost")),)), 2.0)
    assert hope(core).startswith("No slot of this machine can speak: GPU is lost. Mend that")


def test_a_swarm_always_hopes_for_others() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    core.receive(b"p", Heartbeat((), resting=(Resting(0, Hindrance(NotLeasing.LOST, "GPU is lost")),)), 1.0)
    assert hope(core) == ""
