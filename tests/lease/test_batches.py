"""How many segments a slot is given at once, as far as that depends on what is left."""

from making import RECIPE

from swarm.lease.envelope import MAX_BATCH
from swarm.lease.message import EngineOffer
from swarm.lease.scheduling import batch_size, lease_lines


def test_a_slot_that_speaks_one_by_one_may_have_all_that_is_left() -> None:
    assert lease_lines(500, slots=16, waiting=3, batch=1) == 500


def test_leases_are_whole_batches_and_fewer_of_them_towards_the_end() -> None:
    sizes = [lease_lines(left, slots=4, waiting=1, batch=16) for left in range(4000, 64, -1)]
    assert all(size % 16 == 0 for size in sizes)
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (496, 16)


def test_the_last_batches_shrink_until_one_segment_is_left() -> None:
    left, sizes = 64, []
    while left:
        sizes.append(lease_lines(left, slots=16, waiting=1, batch=16))
        left -= sizes[-1]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 16
    assert sizes[-1] == 1


def test_slots_that_wait_together_share_what_is_left() -> None:
    assert [lease_lines(20, slots=4, waiting=waiting, batch=16) for waiting in (1, 2, 4)] == [16, 10, 5]


def test_the_batch_of_a_worker_is_bounded_whatever_it_offers() -> None:
    def size(batch: int) -> int:
        return batch_size(
            (EngineOffer("metronome", ("*",), batch=batch), EngineOffer("other", ("*",), batch=7)), RECIPE
        )

    assert [size(batch) for batch in (0, 1, 16, 10**9)] == [1, 1, 16, MAX_BATCH]
    assert batch_size((), RECIPE) == 1
