"""Lines that a peer causes are shown within bounds."""

from swarm.watch.terminal import LineRateLimiter


def test_so_many_lines_are_shown_then_one_says_that_there_are_more() -> None:
    ration = LineRateLimiter(3, 5.0, "too many")
    assert [ration.allow(f"{n}", 0.0) for n in range(6)] == ["0", "1", "2", "too many", "", ""]


def test_later_lines_are_shown_again_a_few_at_a_time() -> None:
    ration = LineRateLimiter(3, 5.0, "too many")
    for n in range(9):
        ration.allow(f"{n}", 0.0)
    assert [ration.allow(f"{n}", 10.0) for n in range(4)] == ["0", "1", "too many", ""]
