from swarm.worker.notices import rest_lines


def test_what_is_true_of_all_slots_is_said_once_and_only_when_it_is_new() -> None:
    awake, night = dict.fromkeys(range(3), ""), dict.fromkeys(range(3), "until 22:00")
    assert rest_lines({}, awake) == []
    assert rest_lines(awake, night) == ["resting: until 22:00"]
    assert rest_lines(night, night) == []
    assert rest_lines(night, awake) == ["going on"]


def test_slots_that_differ_are_named() -> None:
    before = {0: "", 1: "no room", 2: "", 3: ""}
    after = {0: "cuda:0 is hot", 1: "", 2: "cuda:0 is hot", 3: ""}
    assert rest_lines(before, after) == ["slots 0, 2 rest: cuda:0 is hot", "slot 1 goes on"]
    assert rest_lines(after, {**after, 3: "no room"}) == ["slot 3 rests: no room"]
