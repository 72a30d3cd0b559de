"""How many connections stay that have proven nothing, and whose are cut."""

import pytest

from swarm.net.connection_limiter import (
    MAX_UNPROVEN,
    MAX_UNPROVEN_OF_ADDRESS,
    PROOF_S,
    VAIN_A_SECOND,
    VAIN_BURST,
    VAIN_BYTES_A_SECOND,
    ConnectionLimiter,
    address_of,
)


def test_the_oldest_unproven_connection_of_an_address_makes_room_for_a_new_one() -> None:
    admission = ConnectionLimiter(1000)
    for number in range(MAX_UNPROVEN_OF_ADDRESS):
        assert admission.admit(number, "a", 0.0) == []
    assert admission.admit(100, "a", 0.0) == [0]


def test_a_flood_from_many_addresses_costs_the_one_with_the_most_connections_first() -> None:
    admission = ConnectionLimiter(1000)
    assert admission.admit(0, "honest", 0.0) == []
    for number in range(1, MAX_UNPROVEN):
        assert admission.admit(number, f"bad {number % 8}", 0.0) == []
    (cut,) = admission.admit(999, "another", 0.0) or []
    assert cut != 0


def test_proven_connections_are_not_cut_and_none_is_let_in_once_all_files_are_theirs() -> None:
    admission = ConnectionLimiter(3)
    for number in range(2):
        assert admission.admit(number, "a", 0.0) == []
        admission.prove(number)
    assert admission.admit(2, "b", 0.0) == []
    assert admission.admit(3, "c", 0.0) == [2]
    admission.leave(2, 0.0)
    admission.prove(3)
    assert admission.admit(4, "d", 0.0) is None
    admission.leave(0, 0.0)
    assert admission.admit(5, "d", 0.0) == []


def test_an_address_whose_connections_prove_nothing_has_to_wait_and_others_have_not() -> None:
    admission = ConnectionLimiter(1000)
    for number in range(int(VAIN_BURST)):
        assert admission.admit(number, "a", 0.0) == []
        admission.leave(number, 0.0)
    assert admission.admit(900, "a", 0.0) is None
    assert admission.admit(901, "b", 0.0) == []
    assert admission.admit(902, "a", 2 / VAIN_A_SECOND) == []


def test_connections_that_proved_themselves_are_not_held_against_their_address() -> None:
    admission = ConnectionLimiter(1000)
    for number in range(int(3 * VAIN_BURST)):
        assert admission.admit(number, "a", 0.0) == []
        admission.prove(number)
        admission.leave(number, 0.0)


def test_bytes_of_no_use_are_held_against_the_next_connection_of_an_address_for_a_while() -> None:
    admission = ConnectionLimiter(1000)
    admission.admit(1, "a", 0.0)
    admission.prove(1)
    admission.leave(1, 0.0, vain_bytes=3 * VAIN_BYTES_A_SECOND)
    assert admission.vain_bytes("a", 1.0) == 2 * VAIN_BYTES_A_SECOND
    assert admission.vain_bytes("a", 4.0) == 0
    assert admission.vain_bytes("b", 0.0) == 0


def test_a_connection_without_proof_has_its_time() -> None:
    admission = ConnectionLimiter(1000)
    admission.admit(1, "a", 0.0)
    admission.admit(2, "a", 1.0)
    assert admission.late(PROOF_S) == [1]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("?", "?"),
    ],
)
def test_an_address_stands_for_one_machine(host: str, address: str) -> None:
    assert address_of(host) == address


def test_a_machine_of_another_swarm_that_tries_for_ever_is_not_taken_for_a_flood() -> None:
    admission = ConnectionLimiter(1000)
    for number in range(2000):  # some 20 connections a second
        assert admission.admit(number, "a", number / 20) == []
        admission.leave(number, number / 20 + 0.01)
