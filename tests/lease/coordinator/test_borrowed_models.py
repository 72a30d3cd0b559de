"""A worker that downloads nothing gets a job whose model it lacks once another worker can pass that model on."""

from making import make_clip, make_core, make_hello, make_spec, offer, sent

from swarm.job.spec import Recipe
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.file_transfer import ModelReport, ToldFile
from swarm.lease.message import BORROWED, EngineOffer, Grant, Heartbeat

RECIPE = Recipe("piper", "thorsten", "de", "thorsten")
PEER_ADDRESS, FILE = "10.0.0.5:5000", ToldFile("a" * 64, "b" * 64, 5)


def house(borrows: str = BORROWED) -> CoordinatorCore:
    core = make_core(JobState(make_spec(*[["Eins.", "Zwei.", "Drei."]] * 9, recipe=RECIPE)))
    core.receive(b"attic", make_hello("attic", engines=(EngineOffer("piper", ("de",)),)), 0.0)
    core.receive(b"barn", make_hello("barn", engines=(EngineOffer("piper", ("de",), (borrows,)),)), 0.0)
    return core


def asks(core: CoordinatorCore, now: float) -> bool:
    return bool(sent(core.receive(b"barn", Heartbeat((), (0,)), now), Grant))


def speak(core: CoordinatorCore, peer_address: str) -> None:
    grant = offer(core, b"attic", now=1.0)
    core.receive(b"attic", make_clip(grant, recipe=RECIPE), 2.0, b"frame")
    core.receive(
        b"attic", Heartbeat((), leases=(grant.lease,), models=ModelReport(told=(FILE,)), peer_address=peer_address), 2.0
    )


def test_it_gets_the_job_once_one_that_it_reaches_has_spoken_with_the_model() -> None:
    core = house()
    assert not asks(core, 1.0)
    speak(core, PEER_ADDRESS)
    assert asks(core, 3.0)


def test_it_gets_none_where_nobody_serves_files_or_it_takes_no_models() -> None:
    closed, strict = house(), house("other")
    speak(closed, "")
    speak(strict, PEER_ADDRESS)
    assert not asks(closed, 3.0) and not asks(strict, 3.0)


def test_once_that_one_is_gone_it_gets_no_more() -> None:
    core = house()
    speak(core, PEER_ADDRESS)
    core.receive(b"attic", make_hello("attic", nonce="anew", engines=(EngineOffer("piper", ("de",)),)), 3.0)
    core.tick(30.0)
    core.receive(b"barn", Heartbeat(()), 30.0)
    assert not asks(core, 31.0)
