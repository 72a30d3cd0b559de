import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from swarm.commands import join
from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE
from swarm.lease.member_message import InviteState, Members
from swarm.net.addresses import known_places
from swarm.net.identity.keys import key_file, load_key, save_key
from swarm.net.identity.swarm_key import SwarmKey, swarm_id

CODE = SwarmKey(bytes(range(16))).code
OTHER = SwarmKey(bytes(16)).code
INVITE = SwarmKey(bytes(range(1, 17)), is_invite=True).code


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    monkeypatch.delenv("E2A_SWARM_KEY", raising=False)
    return tmp_path


def has(home: Path, code: str) -> bool:
    key = load_key(home)
    return key is not None and key.code == code


def test_a_machine_joins_and_keeps_the_key_to_its_user(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["join", CODE]) == 0
    assert has(home, CODE)
    printed = capsys.readouterr().out
    assert "e2a-swarm work" in printed
    assert swarm_id(SwarmKey(bytes(range(16)))) not in printed, "an invite has another name than the swarm"
    assert CODE[4:] not in printed
    if os.name == "posix":
        assert stat.S_IMODE(key_file(home).stat().st_mode) == 0o600


@pytest.mark.parametrize("state", ["used", "ran out", "taken back"])
def test_an_invite_that_lets_nobody_in_is_named_as_such_and_not_kept(
    home: Path, state: InviteState, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def ask(*words: object) -> Members:
        return Members("laptop", bytes(32), invite=state)

    monkeypatch.setattr(join, "ask_of_invite", ask)
    save_key(home, SwarmKey(bytes(16)))
    assert main(["join", INVITE, "--replace"]) == EXIT_ENVIRONMENT
    said = capsys.readouterr().err
    whys = {"used": "This invite was used already", "ran out": "has run out", "taken back": "was taken back"}
    assert whys[state] in said and "ask on laptop for a new one" in said
    assert has(home, OTHER), "the machine stays in its swarm"


@pytest.mark.parametrize(
    ("answers", "said"), [(True, "laptop lets it in once"), (False, "No coordinator of that swarm")]
)
def test_an_invite_that_is_open_or_of_which_nobody_knows_is_kept(
    home: Path, answers: bool, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def ask(*words: object) -> Members | None:
        return Members("laptop", bytes(32), invite="open") if answers else None

    monkeypatch.setattr(join, "ask_of_invite", ask)
    assert main(["join", *INVITE.upper().replace("-", " ").split()]) == 0
    told = capsys.readouterr().out
    assert "has an invite now" in told and said in told and INVITE[12:] not in told
    assert has(home, INVITE) and (key := load_key(home)) and key.is_invite


@pytest.mark.parametrize("typed", [["-"], []])
def test_the_code_may_come_from_standard_input(home: Path, typed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CODE.lower()}\n"))
    assert main(["join", *typed]) == 0
    assert has(home, CODE)


def test_a_code_dictated_with_spaces_is_understood(home: Path) -> None:
    assert main(["join", *CODE.replace("-", " ").split()]) == 0
    assert has(home, CODE)


@pytest.mark.parametrize("code", [CODE[:-1], CODE[:-1] + ("2" if CODE[-1] != "2" else "3"), "hello", ""])
def test_a_wrong_code_is_refused_with_a_sentence(home: Path, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["join", code]) == EXIT_USAGE
    said = capsys.readouterr().err
    assert "copy it again" in said or "`e2a-swarm key` on a machine of the swarm shows it." in said
    assert load_key(home) is None


def test_another_swarm_is_only_joined_when_told_to_leave_the_first(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["join", CODE]) == 0
    assert main(["join", CODE]) == 0
    assert main(["join", OTHER]) == EXIT_ENVIRONMENT
    assert "--replace" in capsys.readouterr().err
    assert has(home, CODE)
    assert main(["join", OTHER, "--replace"]) == 0
    assert has(home, OTHER)


def test_a_damaged_key_file_is_replaced_only_when_told_to(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key_file(home).write_text("nonsense")
    assert main(["join", CODE]) == EXIT_ENVIRONMENT
    said = capsys.readouterr().err
    assert "swarm.key" in said
    assert "with --replace" in said
    assert main(["join", CODE, "--replace"]) == 0


def test_it_never_asks(home: Path) -> None:
    command = [sys.executable, "cli.py", "join"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == EXIT_USAGE
    assert "Give the code: e2a-swarm join CODE" in done.stderr


def test_addresses_behind_a_code_are_kept_for_the_worker_to_try(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["join", f"http://192.168.1.20:5848/join#{CODE}~192.168.1.20~relay.example:7000"]) == 0
    assert "the addresses that the code brought" in capsys.readouterr().out
    assert has(home, CODE) and "~" not in key_file(home).read_text()
    named = swarm_id(SwarmKey(bytes(range(16))))
    assert known_places(home, [named]) == [["192.168.1.20:5847", "relay.example:7000"]]
    assert main(["join", f"{CODE}~laptop:99999", "--replace"]) == EXIT_USAGE
