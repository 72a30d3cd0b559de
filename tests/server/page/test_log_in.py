"""The password of the page."""

from pathlib import Path

import pytest

from swarm.config import ENV_WEB_PASSWORD
from swarm.errors import EnvironmentFault, UsageError
from swarm.server.page import log_in as room
from swarm.server.page.log_in import (
    FIRST_FILE,
    FORGOTTEN_S,
    IN_ALL,
    PER_ADDRESS,
    Attempts,
    forget_first_password,
    hash_password,
    obtain_password,
)
from swarm.server.queue_parts import PASSWORD_FILE


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "COST", 16)
    monkeypatch.delenv(ENV_WEB_PASSWORD, raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def test_a_hash_is_slow_and_knows_its_password_alone() -> None:
    hashed = hash_password("a long password")
    assert hashed.stored.startswith("scrypt$16$8$3$")
    assert (hashed.check("a long password"), hashed.check("a long passwore"), hashed.check("")) == (True, False, False)
    assert "password" not in hashed.stored
    assert hash_password("a long password").stored != hashed.stored


def test_a_password_without_enough_letters_is_refused() -> None:
    for password in ["", "short", "x" * 1001]:
        with pytest.raises(UsageError, match="8 letters"):
            hash_password(password)


def test_a_password_is_made_once_and_lies_in_a_file_until_the_first_log_in(tmp_path: Path) -> None:
    said: list[str] = []
    made = obtain_password(tmp_path, said.append)
    first = (tmp_path / FIRST_FILE).read_text().strip()
    assert made.check(first)
    assert len(said) == 1 and FIRST_FILE in said[0] and first not in said[0]
    for name in (PASSWORD_FILE, FIRST_FILE):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    forget_first_password(tmp_path)
    forget_first_password(tmp_path)
    again = obtain_password(tmp_path, said.append)
    assert (again.stored, len(said), (tmp_path / FIRST_FILE).exists()) == (made.stored, 1, False)


def test_a_user_at_a_terminal_is_asked_once(tmp_path: Path) -> None:
    assert obtain_password(tmp_path, print, lambda: "chosen by a user").check("chosen by a user")
    assert obtain_password(tmp_path, print, lambda: "never asked again").check("chosen by a user")


def test_a_given_password_replaces_the_kept_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    obtain_password(tmp_path, print, lambda: "chosen by a user")
    monkeypatch.setenv(ENV_WEB_PASSWORD, "of the environment")
    given = obtain_password(tmp_path, print)
    assert given.check("of the environment")
    assert obtain_password(tmp_path, print).stored == given.stored, "sessions hold over a restart"
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "web-password").write_text("of the system\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert obtain_password(tmp_path, print).check("of the system")


@pytest.mark.parametrize("text", ["", "plain words", "scrypt$1$2", "md5$1$2$3$4$5", "scrypt$a$8$3$c$d"])
def test_a_file_without_a_password_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / PASSWORD_FILE).write_text(text)
    with pytest.raises(EnvironmentFault, match="holds no password"):
        obtain_password(tmp_path, print)


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
