from swarm.net.discovery import CandidateQueue


def taken(crowd: CandidateQueue, count: int) -> list[str]:
    return [name for _ in range(count) if (name := crowd.next_name())]


def test_the_oldest_and_the_newest_come_in_turn_and_what_was_in_vain_after_them() -> None:
    crowd = CandidateQueue()
    for name in "abcdef":
        crowd.add_name(name)
    assert taken(crowd, 2) == ["a", "f"]
    crowd.again("a")
    assert taken(crowd, 6) == ["a", "b", "e", "c", "d"]
    assert len(crowd) == 0


def test_what_proved_itself_comes_first_and_what_is_gone_does_not_come() -> None:
    crowd = CandidateQueue()
    for name in "abc":
        crowd.add_name(name)
    crowd.add_name("known", first=True)
    crowd.drop("a")
    assert taken(crowd, 9) == ["known", "b", "c"]


def test_a_flood_hides_neither_who_was_there_before_nor_who_comes_after() -> None:
    crowd = CandidateQueue(100)
    crowd.add_name("before")
    for number in range(10_000):
        crowd.add_name(f"flood {number}")
    crowd.add_name("after")
    assert len(crowd) == 100
    assert {"before", "after"} <= set(taken(crowd, 2))


def test_one_that_was_down_for_a_moment_comes_again_while_the_flood_goes_on() -> None:
    crowd = CandidateQueue(100)
    crowd.again("down")
    for number in range(10):
        crowd.add_name(f"flood {number}")
        crowd.add_name(f"more {number}")
        if crowd.next_name() == "down":
            return
    raise AssertionError("it was starved")


def test_a_name_waits_once() -> None:
    crowd = CandidateQueue()
    for _ in range(3):
        crowd.add_name("a")
    crowd.again("b")
    crowd.add_name("b")
    assert sorted(taken(crowd, 9)) == ["a", "b"]
