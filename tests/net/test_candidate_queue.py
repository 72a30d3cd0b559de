from swarm.net.discovery import CandidateQueue


def taken(crowd: CandidateQueue, count: int) -> list[str]:
    return [name for _ in range(count) if (name := crowd.next_name())]


def test_the_oldest_and_the_newest_come_in_turn() -> None:
    crowd = CandidateQueue()
    for name in "abcdef":
        crowd.add_name(name)
    assert taken(crowd, 7) == ["a", "f", "b", "e", "c", "d"]
    assert len(crowd) == 0


def test_what_is_gone_does_not_come_and_a_name_waits_once() -> None:
    crowd = CandidateQueue()
    for name in "abac":
        crowd.add_name(name)
    crowd.drop("a")
    crowd.drop("of nobody")
    assert sorted(taken(crowd, 9)) == ["b", "c"]


def test_a_flood_hides_neither_who_was_there_before_nor_who_comes_after() -> None:
    crowd = CandidateQueue(100)
    crowd.add_name("before")
    for number in range(10_000):
        crowd.add_name(f"flood {number}")
    crowd.add_name("after")
    assert len(crowd) == 100
    assert {"before", "after"} <= set(taken(crowd, 2))
