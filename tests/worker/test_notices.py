from swarm.lease.message import Clip
from swarm.worker.notices import SAY_S, Tally

CLIP = Clip("job", 0, 0, 0, "0" * 32, 48_000, 24_000, "0" * 64, 0.5)


def test_a_worker_speaks_of_itself_once_a_minute_and_only_when_it_did_something() -> None:
    tally = Tally(said_s=0.0)
    assert tally.news(1000.0) == ""
    tally.add(CLIP)
    assert tally.news(SAY_S - 1) == ""
    assert tally.news(SAY_S) == "spoke 1 sentence so far, 2 s of sound, 4.0x real time a slot"
    assert tally.news(1000.0) == ""
