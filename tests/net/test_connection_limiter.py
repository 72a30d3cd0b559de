"""How many connections stay that have proven nothing, and whose are cut."""

from swarm.net.connection_limiter import (
    FORGIVEN_A_SECOND,
    FORGIVEN_BYTES_A_SECOND,
    MAX_ADDRESSES,
    MAX_UNPROVEN,
    MAX_UNPROVEN_OF_ADDRESS,
    PENALTY_BURST,
    PROOF_S,
    ConnectionLimiter,
)
from swarm.system.machine import address_of


def test_the_oldest_unproven_connection_of_an_address_makes_room_for_a_new_one() -> None:
    limiter = ConnectionLimiter(1000)
    for number in range(MAX_UNPROVEN_OF_ADDRESS):
        assert limiter.admit(number, "a", 0.0) == []
    assert limiter.admit(100, "a", 0.0) == [0]
    limiter.note_gone(0, 0.0)
    limiter.note_gone(1, 0.0)
    assert limiter.admit(101, "a", 0.0) == []
    assert limiter.admit(102, "a", 0.0) == [2]


def test_a_flood_from_many_addresses_costs_the_one_with_the_most_connections_first() -> None:
    limiter = ConnectionLimiter(1000)
    assert limiter.admit(0, "honest", 0.0) == []
    for number in range(1, MAX_UNPROVEN):
        assert limiter.admit(number, f"bad {number % 8}", 0.0) == []
    (cut,) = limiter.admit(999, "another", 0.0) or []
    assert cut != 0


def test_proven_connections_are_not_cut_and_none_is_let_in_once_all_files_are_theirs() -> None:
    limiter = ConnectionLimiter(3)
    for number in range(2):
        assert limiter.admit(number, "a", 0.0) == []
        limiter.prove(number)
    assert limiter.admit(2, "b", 0.0) == []
    assert limiter.admit(3, "c", 0.0) == [2]
    limiter.note_gone(2, 0.0)
    limiter.prove(3)
    assert limiter.admit(4, "d", 0.0) is None
    limiter.note_gone(0, 0.0)
    assert limiter.admit(5, "d", 0.0) == []


def test_an_address_whose_connections_prove_nothing_has_to_wait_and_others_have_not() -> None:
    limiter = ConnectionLimiter(1000)
    for number in range(int(PENALTY_BURST)):
        assert limiter.admit(number, "a", 0.0) == []
        limiter.note_gone(number, 0.0)
    assert limiter.admit(900, "a", 0.0) is None
    assert limiter.admit(901, "b", 0.0) == []
    assert limiter.admit(902, "a", 2 / FORGIVEN_A_SECOND) == []


def test_connections_that_proved_themselves_are_not_held_against_their_address() -> None:
    limiter = ConnectionLimiter(1000)
    for number in range(int(3 * PENALTY_BURST)):
        assert limiter.admit(number, "a", 0.0) == []
        limiter.prove(number)
        limiter.note_gone(number, 0.0)


def test_bytes_of_no_use_are_held_against_the_next_connection_of_an_address_for_a_while() -> None:
    limiter = ConnectionLimiter(1000)
    limiter.admit(1, "a", 0.0)
    limiter.prove(1)
    limiter.note_gone(1, 0.0, penalty_bytes=3 * FORGIVEN_BYTES_A_SECOND)
    assert limiter.penalty_bytes("a", 1.0) == 2 * FORGIVEN_BYTES_A_SECOND
    assert limiter.penalty_bytes("a", 4.0) == 0
    assert limiter.penalty_bytes("b", 0.0) == 0


def test_of_too_many_addresses_the_one_that_was_good_for_longest_is_forgotten() -> None:
    limiter = ConnectionLimiter(10)

    def waste(number: int) -> None:
        limiter.admit(number, f"address {number}", 0.0)
        limiter.note_gone(number, 0.0, 5000.0)

    for number in (*range(MAX_ADDRESSES), 0, MAX_ADDRESSES):
        waste(number)
    assert [limiter.penalty_bytes(f"address {number}", 0.0) for number in (0, 1, 2)] == [5000, 0, 5000]


def test_a_connection_without_proof_has_its_time() -> None:
    limiter = ConnectionLimiter(1000)
    limiter.admit(1, "a", 0.0)
    limiter.admit(2, "a", 1.0)
    assert limiter.late(PROOF_S) == [1]


def test_an_address_stands_for_one_machine() -> None:
    for host, address in [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("?", "?"),
    ]:
        assert address_of(host) == address


def test_a_machine_of_another_swarm_that_tries_for_ever_is_not_taken_for_a_flood() -> None:
    limiter = ConnectionLimiter(1000)
    for number in range(2000):  # some 20 connections a second
        assert limiter.admit(number, "a", number / 20) == []
        limiter.note_gone(number, number / 20 + 0.01)
