"""How many bytes a connection may have under way."""

from swarm.lease.envelope import MAX_CLIP_BYTES
from swarm.net.connection_limiter import (
    FORGIVEN_BYTES_A_SECOND,
    LITTLE,
    MOST,
    MOST_OF_ALL,
    PENALTY_BYTES,
    STALLED_S,
    UNPROVEN_BYTES,
    Backpressure,
    ByteTotal,
    bytes_on_wire,
)
from swarm.net.wire import MAX_CONTROL_BYTES


def proven(total: ByteTotal | None = None) -> Backpressure:
    backpressure = Backpressure(True, total or ByteTotal())
    backpressure.prove()
    return backpressure


def test_a_handshake_gets_a_few_kilobytes() -> None:
    backpressure = Backpressure(True)
    backpressure.note_came(UNPROVEN_BYTES)
    assert backpressure.room(0.0) == 0
    backpressure.prove()
    assert backpressure.room(0.0) == MOST


def test_the_largest_message_fits_and_a_message_without_end_is_stalled() -> None:
    backpressure = proven()
    backpressure.note_came(bytes_on_wire([MAX_CONTROL_BYTES, MAX_CLIP_BYTES], keyed=True))
    assert backpressure.room(0.0) > 0
    backpressure.note_came(backpressure.room(0.0))
    assert backpressure.room(0.0) == 0
    assert not backpressure.is_stalled(STALLED_S / 2)
    assert backpressure.is_stalled(STALLED_S)


def test_what_was_read_is_under_way_no_more() -> None:
    total = ByteTotal()
    backpressure = proven(total)
    backpressure.note_came(bytes_on_wire([100, 60_000], keyed=True))
    backpressure.note_read([100, 60_000])
    assert (backpressure.under_way, total.under_way) == (0, 0)
    backpressure.note_read([100])
    assert backpressure.under_way == 0


def test_a_part_has_a_head_and_an_encrypted_one_a_name_and_a_seal_too() -> None:
    sizes = [10, 222, 223, 255, 256]
    assert [bytes_on_wire([size], keyed=False) for size in sizes] == [12, 224, 225, 257, 265]
    assert [bytes_on_wire([size], keyed=True) for size in sizes] == [45, 257, 265, 297, 298]
    assert bytes_on_wire(sizes, keyed=False) == 983


def test_a_connection_that_ends_gives_back_what_it_had() -> None:
    total = ByteTotal()
    first, second = proven(total), proven(total)
    first.note_came(1000)
    second.note_came(10)
    first.forget()
    assert total.under_way == 10


def test_while_all_together_have_much_each_may_have_little() -> None:
    total = ByteTotal(MOST_OF_ALL)
    backpressure = proven(total)
    assert backpressure.room(0.0) == LITTLE


def test_bytes_of_no_use_have_a_connection_wait_until_they_are_forgiven() -> None:
    backpressure = proven()
    backpressure.penalise(PENALTY_BYTES, 7.0)
    assert backpressure.room(7.0) > 0
    backpressure.penalise(FORGIVEN_BYTES_A_SECOND, 7.0)
    assert backpressure.room(7.5) == 0
    assert backpressure.room(8.0) > 0


def test_a_burst_after_a_long_silence_is_no_message_without_end() -> None:
    backpressure = proven()
    backpressure.note_came(MOST)
    assert backpressure.room(1000.0) == 0
    assert not backpressure.is_stalled(1000.0 + STALLED_S / 2)
    backpressure.note_read([1000])
    assert backpressure.room(1000.0 + STALLED_S) > 0
    assert not backpressure.is_stalled(1000.0 + STALLED_S)
