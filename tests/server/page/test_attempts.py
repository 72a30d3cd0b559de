"""How many wrong passwords are taken."""

from swarm.server.page.log_in import FORGOTTEN_S, IN_ALL, PER_ADDRESS, Attempts


def test_an_address_waits_after_some_wrong_passwords_and_others_do_not() -> None:
    attempts = Attempts()
    for second in range(PER_ADDRESS):
        assert attempts.wait_s("a", second) == 0
        attempts.note_wrong("a", second)
    assert attempts.wait_s("a", PER_ADDRESS) == FORGOTTEN_S - PER_ADDRESS
    assert attempts.wait_s("b", PER_ADDRESS) == 0
    assert attempts.wait_s("a", FORGOTTEN_S) == 0


def test_many_addresses_wait_together() -> None:
    attempts = Attempts()
    for number in range(IN_ALL):
        attempts.note_wrong(f"address {number}", 10.0)
    assert attempts.wait_s("another", 11.0) > 0
    assert attempts.wait_s("another", 10.0 + FORGOTTEN_S) == 0
    assert attempts._wrong == {}


def test_the_right_password_forgives_the_wrong_ones() -> None:
    attempts = Attempts()
    for _ in range(PER_ADDRESS - 1):
        attempts.note_wrong("a", 1.0)
    attempts.note_right("a")
    attempts.note_wrong("a", 2.0)
    assert attempts.wait_s("a", 3.0) == 0
