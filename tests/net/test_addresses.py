import re
from ipaddress import ip_interface
from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault, UsageError
from swarm.net import addresses
from swarm.net.addresses import (
    OwnPlace,
    addresses_in,
    code_with,
    fitting_addresses,
    fixed_address,
    full_code,
    hardware_addresses,
    known_places,
    local_addresses,
    magic_packet,
    nearest_first,
    parse_address,
    remember_place,
)
from swarm.net.identity.swarm_key import MAX_ADDRESSES, SwarmKey, read_code

KEY = SwarmKey(bytes(range(16)))


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
        remember_place(tmp_path, "one", [address])
    remember_place(tmp_path, "two", ["z:1"])
    assert known_places(tmp_path, ["one"]) == [["b:1"], ["e:1"], ["d:1"], ["c:1"]]
    assert known_places(tmp_path, ["two"]) == [["z:1"]]


@pytest.mark.parametrize("content", [b"", b"{", b'{"one": 1}', b"\xff"])
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "addresses.json").write_bytes(content)
    assert known_places(tmp_path, ["one"]) == []
    remember_place(tmp_path, "one", ["a:1"])
    assert known_places(tmp_path, ["one"]) == [["a:1"]]


def test_own_networks_come_first_and_odd_addresses_are_left_out() -> None:
    given = ["fd00:dead::1", "203.0.113.9", "127.0.0.1", "fe80::1", "0.0.0.0", "224.0.0.251", "nonsense"]
    assert nearest_first(given) == ["127.0.0.1", "203.0.113.9", "fd00:dead::1"]


def test_this_machine_has_an_address() -> None:
    assert local_addresses()


@pytest.fixture
def adapters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that this machine has these networks, in place of its own."""
    told = [
        ("wg0", "10.8.0.2/24"), ("lo", "127.0.0.1/8"), ("docker0", "172.17.0.1/16"), ("eth0", "192.168.1.20/24"),
        ("eth0", "fd00::20/64"), ("tailscale0", "100.101.2.3/32"), ("eth0", "2001:db8::7/64"),
        ("eth0", "169.254.1.1/16"),
    ]  # fmt: skip
    found = [(name, interface.ip, interface.network) for name, text in told if (interface := ip_interface(text))]
    monkeypatch.setattr(addresses, "_adapters", lambda: found)
    monkeypatch.setattr(addresses, "machine_name", lambda: "laptop")


def test_others_are_told_of_near_networks_then_of_tunnels_then_of_what_the_owner_named(adapters: None) -> None:
    hosts = ["192.168.1.20", "10.8.0.2", "100.101.2.3", "[2001:db8::7]"]
    assert OwnPlace(5900, also=("relay.example:7000",)).addresses() == [
        *(f"{host}:5900" for host in hosts), "relay.example:7000", "laptop.local:5900",
    ]  # fmt: skip
    assert OwnPlace(bind="192.168.1.20").addresses() == ["192.168.1.20:5847"]
    assert OwnPlace(bind="127.0.0.1", also=("relay.example:7000",)).addresses() == ["relay.example:7000"]
    assert OwnPlace(announce="nas.lan:5848", also=("1.2.3.4:1",)).addresses() == ["nas.lan:5848", "1.2.3.4:1"]


@pytest.mark.parametrize("port", ["-1", "0", "70000", '"x"'])
def test_a_damaged_place_of_this_machine_is_the_usual_one(tmp_path: Path, port: str) -> None:
    (tmp_path / addresses.OWN_FILE).write_text(f'{{"port": {port}}}')
    assert addresses.own_place(tmp_path) == OwnPlace()


def test_a_code_carries_addresses_as_links_and_shells_leave_them_alone(adapters: None, tmp_path: Path) -> None:
    OwnPlace(5900, also=("relay.example:7000",)).keep(tmp_path)
    code = full_code(tmp_path, KEY)
    assert code.startswith(f"{KEY.code}~192.168.1.20:5900~") and "~2001:db8::7_5900~" in code
    assert re.fullmatch(r"[A-Za-z0-9.:~_-]+", code)
    for typed in (code, f" {code[:40]}\n  {code[40:]}\n", f"http://192.168.1.20:5848/join#{code}"):
        key = read_code(typed)
        assert key == KEY and key.code == KEY.code
        assert addresses_in(key) == OwnPlace(5900, also=("relay.example:7000",)).addresses()
    assert code_with(KEY, ["laptop:5847", "[fd00::1]:5847"]) == f"{KEY.code}~laptop~fd00::1"
    assert addresses_in(read_code(code_with(KEY, ["laptop:5847"]))) == ["laptop:5847"]
    assert addresses_in(read_code(KEY.code)) == []


def test_what_stands_behind_a_code_is_bounded_and_read_as_addresses_alone() -> None:
    for tail in ("~a" * (MAX_ADDRESSES + 1), "~" + "a" * 111, "~a b/c", "~$(reboot)", "~tcp://a", "~a;b"):
        with pytest.raises(EnvironmentFault, match="addresses behind that code") as refused:
            read_code(KEY.code + tail)
        assert KEY.code not in str(refused.value)
    for tail in ("~laptop:0", "~laptop:65536", "~x:y:z", "~dead:beef", "~::1_99999", "~-", "~0.0.0.0", "~224.0.0.1"):
        with pytest.raises(UsageError):
            addresses_in(read_code(KEY.code + tail))
    hostile = ["a:1", "a:1", "a b:1", "::1:5", "-:1", "[::]:1", "[x]:1", "[::1]:2", "a:0", "a", "", "é:1"]
    hostile += [f"h{n}:1" for n in range(20)]
    assert fitting_addresses(hostile) == ["a:1", "[::1]:2", *(f"h{n}:1" for n in range(6))]


def test_a_coordinator_is_kept_with_what_it_told_until_it_tells_others(tmp_path: Path) -> None:
    remember_place(tmp_path, "one", ["hint:1", "lan:1", "vpn:1"])
    remember_place(tmp_path, "one", ["other:1"])
    remember_place(tmp_path, "one", ["vpn:1"])  # it tells nothing, as an earlier version
    assert known_places(tmp_path, ["one"]) == [["vpn:1", "hint:1", "lan:1"], ["other:1"]]
    remember_place(tmp_path, "one", ["vpn:1", "new:1", "vpn:1"])
    assert known_places(tmp_path, ["one"]) == [["vpn:1", "new:1"], ["other:1"]]
    remember_place(tmp_path, "one", [f"h{n}:1" for n in range(20)])
    assert len(known_places(tmp_path, ["one"])[0]) == MAX_ADDRESSES + 1


def test_standbys_are_remembered_apart_from_coordinators_as_they_were_told_last(tmp_path: Path) -> None:
    addresses.remember_standbys(tmp_path, "s", [])
    assert not (tmp_path / addresses.FILE).exists()
    remember_place(tmp_path, "s", ["laptop:5847"])
    addresses.remember_standbys(tmp_path, "s", ["den:5847", "loft:5847"])
    assert known_places(tmp_path, ["s"]) == [["laptop:5847"]]
    assert addresses.known_standbys(tmp_path, ["t", "s"]) == [["den:5847", "loft:5847"]]
    addresses.remember_standbys(tmp_path, "s", ["loft:5847", "shed:5847"])
    assert addresses.known_standbys(tmp_path, ["s"]) == [["loft:5847", "shed:5847", "den:5847"]]
    addresses.remember_standbys(tmp_path, "s", [f"h{n}:5847" for n in range(20)])
    assert len(addresses.known_standbys(tmp_path, ["s"])[0]) == MAX_ADDRESSES


def test_a_standby_that_is_away_for_a_moment_is_not_forgotten(tmp_path: Path) -> None:
    addresses.remember_standbys(tmp_path, "s", ["den:5847"])
    addresses.remember_standbys(
        tmp_path, "s", []
    )  # its connection was lost, and may come again after the coordinator's
    assert addresses.known_standbys(tmp_path, ["s"]) == [["den:5847"]]


def test_what_an_earlier_version_remembered_is_read(tmp_path: Path) -> None:
    (tmp_path / "addresses.json").write_text('{"one": ["a:1", "b:1"]}')
    assert known_places(tmp_path, ["one", "two"]) == [["a:1"], ["b:1"]]


def test_the_addresses_of_a_code_that_a_container_was_given_come_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("E2A_SWARM_KEY", f"{KEY.code}~relay.example")
    remember_place(tmp_path, "one", ["a:1"])
    assert known_places(tmp_path, ["one"]) == [["a:1"], ["relay.example:5847"]]


def test_a_magic_packet_is_six_bytes_of_ones_and_the_address_sixteen_times() -> None:
    assert magic_packet("02:00:00:00:00:0f") == b"\xff" * 6 + b"\x02\0\0\0\0\x0f" * 16


def test_only_cards_of_this_machine_are_named_for_waking(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [("lo", "00:00:00:00:00:00"), ("eth0", "02:00:00:00:00:01"), ("docker0", "02:42:00:00:00:01"),
            ("wg0", "00:00:00:00:00:00"), ("br-1", "02:42:00:00:00:02"), ("wlan0", "02:00:00:00:00:02")]  # fmt: skip
    monkeypatch.setattr(addresses, "adapters_hardware", lambda: told)
    assert hardware_addresses() == ["02:00:00:00:00:01", "02:00:00:00:00:02"]
    monkeypatch.undo()
    assert all(re.fullmatch("[0-9a-f]{2}(:[0-9a-f]{2}){5}", each) for each in hardware_addresses())
