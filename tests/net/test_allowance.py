"""How many bytes a connection may have under way."""

from swarm.lease.envelope import MAX_CLIP_BYTES
from swarm.net.connection_limiter import (
    LITTLE,
    MOST,
    MOST_OF_ALL,
    STALLED_S,
    UNPROVEN_BYTES,
    VAIN_BYTES,
    VAIN_BYTES_A_SECOND,
    Backpressure,
    ByteTotal,
    bytes_on_wire,
)
from swarm.net.wire import MAX_CONTROL_BYTES


def proven(total: ByteTotal | None = None) -> Backpressure:
    allowance = Backpressure(True, total or ByteTotal())
    allowance.prove()
    return allowance


def test_a_handshake_gets_a_few_kilobytes() -> None:
    allowance = Backpressure(True)
    allowance.note_came(UNPROVEN_BYTES)
    assert allowance.room(0.0) == 0
    allowance.prove()
    assert allowance.room(0.0) == MOST


def test_the_largest_message_fits_and_a_message_without_end_is_stalled() -> None:
    allowance = proven()
    allowance.note_came(bytes_on_wire([MAX_CONTROL_BYTES, MAX_CLIP_BYTES], keyed=True))
    assert allowance.room(0.0) > 0
    allowance.note_came(allowance.room(0.0))
    assert allowance.room(0.0) == 0
    assert not allowance.is_stalled(STALLED_S / 2)
    assert allowance.is_stalled(STALLED_S)


def test_what_was_read_is_under_way_no_more() -> None:
    total = ByteTotal()
    allowance = proven(total)
    allowance.note_came(bytes_on_wire([100, 60_000], keyed=True))
    allowance.note_read([100, 60_000])
    assert (allowance.under_way, total.under_way) == (0, 0)
    allowance.note_read([100])
    assert allowance.under_way == 0


def test_a_connection_that_ends_gives_back_what_it_had() -> None:
    total = ByteTotal()
    first, second = proven(total), proven(total)
    first.note_came(1000)
    second.note_came(10)
    first.forget()
    assert total.under_way == 10


def test_while_all_together_have_much_each_may_have_little() -> None:
    total = ByteTotal(MOST_OF_ALL)
    allowance = proven(total)
    assert allowance.room(0.0) == LITTLE


def test_bytes_of_no_use_have_a_connection_wait_until_they_are_forgiven() -> None:
    allowance = proven()
    allowance.note_vain(VAIN_BYTES, 0.0)
    assert allowance.room(0.0) > 0
    allowance.note_vain(VAIN_BYTES_A_SECOND, 0.0)
    assert allowance.room(0.5) == 0
    assert allowance.room(1.0) > 0


def test_a_burst_after_a_long_silence_is_no_message_without_end() -> None:
    allowance = proven()
    allowance.note_came(MOST)
    assert allowance.room(1000.0) == 0
    assert not allowance.is_stalled(1000.0 + STALLED_S / 2)
    allowance.note_read([1000])
    assert allowance.room(1000.0 + STALLED_S) > 0
    assert not allowance.is_stalled(1000.0 + STALLED_S)
