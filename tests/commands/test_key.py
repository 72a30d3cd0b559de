import json
from pathlib import Path

import pytest

from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE
from swarm.net.addresses import OwnPlace, addresses_in, code_with
from swarm.net.identity.keys import load_key
from swarm.net.identity.swarm_key import make_key, read_code


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("E2A_SWARM_KEY", raising=False)
    return tmp_path / "home"


def test_without_a_key_it_says_how_to_get_one_and_makes_none(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key"]) == EXIT_ENVIRONMENT
    said = capsys.readouterr().err
    assert "--make" in said
    assert "join" in said
    assert load_key(home) is None


def test_a_key_is_made_once_and_shown_as_the_line_to_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "--make"]) == 0
    first = capsys.readouterr().out
    assert main(["key", "--make"]) == 0
    assert main(["key"]) == 0
    assert capsys.readouterr().out == first * 2
    key = load_key(home)
    assert key is not None
    assert f"e2a-swarm join {key.code}\n" in first
    line = next(line for line in first.splitlines() if "~" in line)
    assert read_code(line.split()[2]) == key and addresses_in(read_code(line.split()[2])) == OwnPlace().addresses()


def test_a_coordinator_that_others_do_not_reach_is_said_in_place_of_a_second_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["key", "--make"])
    OwnPlace(bind="127.0.0.1").keep(home)
    capsys.readouterr()
    assert main(["key"]) == 0
    said = capsys.readouterr().out
    assert said.count("e2a-swarm join") == 1 and "--bind 127.0.0.1" in said


def test_programs_read_it_as_json_or_bare(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["key", "--make", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert read_code(printed["code"]) == read_code(printed["full_code"]) == load_key(home)
    assert printed["full_code"] == code_with(read_code(printed["code"]), OwnPlace().addresses())
    assert main(["key", "--code"]) == 0
    assert capsys.readouterr().out == printed["code"] + "\n"


def test_a_rotated_key_is_a_new_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["key", "--make"])
    before = load_key(home)
    assert main(["key", "--rotate"]) == 0
    after = load_key(home)
    assert before != after
    assert after is not None
    said = capsys.readouterr().out
    assert after.code in said
    assert "Machines with the old key" in said
    assert "Running commands keep the old key until they end" in said


def test_the_first_key_puts_no_machine_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "--rotate"]) == 0
    assert "old key" not in capsys.readouterr().out


def test_a_key_of_the_environment_is_shown_but_not_rotated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = make_key().code
    monkeypatch.setenv("E2A_SWARM_KEY", code)
    assert main(["key"]) == 0
    assert code in capsys.readouterr().out
    assert main(["key", "--rotate"]) == EXIT_ENVIRONMENT
    assert "E2A_SWARM_KEY" in capsys.readouterr().err


def test_an_invite_is_a_code_of_its_own_for_a_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "--make", "--code"]) == 0
    code = capsys.readouterr().out.strip()
    assert main(["key", "--invite", "15m"]) == 0
    out = capsys.readouterr().out
    assert "for one machine, for 15 min," in out and "e2a-swarm join e2a-" in out and code not in out
    assert main(["key", "--invite", "15m", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["for_s"] == 900 and read_code(told["code"]) != read_code(code)
    assert main(["key", "--invite", "soon"]) == EXIT_USAGE
    capsys.readouterr()
    for life in ("59s", "7d1s", "366d"):
        assert main(["key", "--invite", life]) == EXIT_USAGE
        assert "--invite takes a minute to seven days" in capsys.readouterr().err
    for _ in range(4):
        assert main(["key", "--invite", "7d"]) == 0
    assert main(["key", "--invite", "15m"]) == EXIT_ENVIRONMENT
    assert "Too many invites are open" in capsys.readouterr().err
    assert main(["members", "--json"]) == 0
    first, second, *rest = (each["invite"] for each in json.loads(capsys.readouterr().out)["invites"])
    assert main(["key", "--revoke-invite", first]) == 0
    assert main(["members"]) == 0
    listed = capsys.readouterr().out
    assert f"`e2a-swarm key --revoke-invite {second}` takes it back" in listed and first not in listed
    assert main(["key", "--revoke-invite", first]) == EXIT_USAGE
    assert main(["key", "--revoke-invite"]) == 0
    assert f"{1 + len(rest)} invites taken back: their codes let nobody in" in capsys.readouterr().out
    assert main(["key", "--revoke-invite"]) == 0
    assert capsys.readouterr().out == "no invite is open\n"
    assert load_key(home) == read_code(code)
