from pathlib import Path

import pytest

from swarm.errors import UsageError
from swarm.net.addresses import (
    fixed_address,
    last_addresses,
    local_addresses,
    nearest_first,
    parse_address,
    remember_address,
)


def test_an_address_is_understood_as_people_write_it() -> None:
    for typed, meant in [
        ("laptop", "laptop:5847"),
        (" laptop.local:99 ", "laptop.local:99"),
        ("192.168.1.4", "192.168.1.4:5847"),
        ("::1", "[::1]:5847"),
        ("[fd00::7]:80", "[fd00::7]:80"),
        ("[fd00::7]", "[fd00::7]:5847"),
    ]:
        assert parse_address(typed) == meant


def test_what_is_no_address_is_refused_in_words() -> None:
    for typed in ["", ":5847", "laptop:x", "laptop:0", "laptop:65536", "tcp://laptop", "a b"]:
        with pytest.raises(UsageError, match="HOST"):
            parse_address(typed)


def test_the_chosen_coordinator_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2A_SWARM_COORDINATOR", raising=False)
    assert fixed_address("") is None
    monkeypatch.setenv("E2A_SWARM_COORDINATOR", "attic")
    assert fixed_address("") == "attic:5847"
    assert fixed_address("cellar:1") == "cellar:1"


def test_addresses_that_worked_are_remembered_by_swarm_the_last_one_first(tmp_path: Path) -> None:
    for address in ("a:1", "b:1", "c:1", "d:1", "e:1", "b:1"):
        remember_address(tmp_path, "one", address)
    remember_address(tmp_path, "two", "z:1")
    assert last_addresses(tmp_path, "one") == ["b:1", "e:1", "d:1", "c:1"]
    assert last_addresses(tmp_path, "two") == ["z:1"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"one": 1}', b"\xff"])
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "addresses.json").write_bytes(content)
    assert last_addresses(tmp_path, "one") == []
    remember_address(tmp_path, "one", "a:1")
    assert last_addresses(tmp_path, "one") == ["a:1"]


def test_own_networks_come_first_and_odd_addresses_are_left_out() -> None:
    given = ["fd00:dead::1", "203.0.113.9", "127.0.0.1", "fe80::1", "0.0.0.0", "224.0.0.251", "nonsense"]
    assert nearest_first(given) == ["127.0.0.1", "203.0.113.9", "fd00:dead::1"]


def test_this_machine_has_an_address() -> None:
    assert local_addresses()
