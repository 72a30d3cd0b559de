"""What `e2a-swarm add` tells while a book is on its way."""

from swarm.commands.add import LARGE_BYTES, tell_tenths


def test_the_way_of_a_large_book_is_told_in_tenths_and_that_of_a_small_one_is_not() -> None:
    told = list[str]()
    for size in (LARGE_BYTES, 100 * 1024 * 1024):
        moved = tell_tenths(told.append)
        for have in range(0, size, 256 * 1024):
            moved(have, size)
    assert (len(told), told[0]) == (9, "10 MB of 105 MB")
