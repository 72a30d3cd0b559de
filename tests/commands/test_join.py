import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE
from swarm.net.identity.keys import key_file, load_key
from swarm.net.identity.swarm_key import SwarmKey, swarm_id

CODE = SwarmKey(bytes(range(16))).code
OTHER = SwarmKey(bytes(16)).code


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
    assert "code" in capsys.readouterr().err
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
