from swarm.lease.message import Clip
from swarm.worker.node import NOTICE_INTERVAL_S, PrintedLines, rest_lines

CLIP = Clip("job", 0, 0, 0, "0" * 32, samples=48_000, sample_rate=24_000, digest="0" * 64, work_s=0.5)


def test_a_worker_speaks_of_itself_once_a_minute_and_only_when_it_did_something() -> None:
    tally = PrintedLines(said_s=0.0)
    assert tally.news(1000.0) == ""
    tally.count_clip(CLIP)
    assert tally.news(NOTICE_INTERVAL_S - 1) == ""
    assert tally.news(NOTICE_INTERVAL_S) == "spoke 1 sentence so far, 2 s of sound, 4.0x real time a slot"
    assert tally.news(1000.0) == ""


def test_what_is_true_of_all_slots_is_said_once_and_only_when_it_is_new() -> None:
    awake, night = dict.fromkeys(range(3), ""), dict.fromkeys(range(3), "until 22:00")
    assert rest_lines({}, awake) == []
    assert rest_lines(awake, night) == ["resting: until 22:00"]
    assert rest_lines(night, night) == []
    assert rest_lines(night, awake) == ["going on"]


def test_slots_that_differ_are_named() -> None:
    before = {0: "", 1: "no room", 2: "", 3: ""}
    after = {0: "cuda:0 is hot", 1: "", 2: "cuda:0 is hot", 3: ""}
    assert rest_lines(before, after) == ["slots 0, 2 rest: cuda:0 is hot", "slot 1 resumes"]
    assert rest_lines(after, {**after, 3: "no room"}) == ["slot 3 rests: no room"]
