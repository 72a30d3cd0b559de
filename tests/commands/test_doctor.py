import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from swarm.commands import doctor
from swarm.commands.doctor import check_settings, check_sound
from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EnvironmentFault
from swarm.voice.engine import Check
from swarm.voice.host import recogniser


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """Replace the checks of `doctor` by a list, and return it."""
    checks: list[Check] = []

    def check_all(_folder: Path) -> Iterator[Check]:
        yield from checks

    monkeypatch.setattr("swarm.commands.doctor.check_all", check_all)
    return checks


def test_doubts_do_not_fail_and_obstacles_do(found: list[Check], capsys: pytest.CaptureFixture[str]) -> None:
    found += [Check("python", "ok", "Python 3"), Check("key", "warn", "no key", "run join")]
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == "ok    python: Python 3\nwarn  key: no key\n      run join\n"
    found.append(Check("sound", "fail", "no AAC", "reinstall"))
    assert main(["doctor"]) == EXIT_ENVIRONMENT
    assert "fail  sound: no AAC\n      reinstall\n" in capsys.readouterr().out


def test_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("E2A_SWARM_BIND", "127.0.0.1")
    assert main(["doctor", "--json", "--state-dir", str(tmp_path)]) == 0
    names = [check["name"] for check in json.loads(capsys.readouterr().out)]
    assert names[:4] == ["python", "capacity", "state folder", "settings"]


def test_what_a_foreign_engine_says_steers_no_terminal(found: list[Check], capsys: pytest.CaptureFixture[str]) -> None:
    found.append(Check("engine odd", "fail", "\x1b[31mboom\u202e", "reinstall"))
    main(["doctor"])
    assert "fail  engine odd:  [31mboom \n" in capsys.readouterr().out


def test_an_error_that_repeats_foreign_words_steers_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check_all(_folder: Path) -> Iterator[Check]:
        raise EnvironmentFault("it says \x1b[2Jboom")

    monkeypatch.setattr("swarm.commands.doctor.check_all", check_all)
    assert main(["doctor"]) == EXIT_ENVIRONMENT
    assert "it says  [2Jboom" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        ('[books]\nspeed = 1.2\ngpu = ["0"]', "ok", "2 options"),
        ('[books]\nspeed = "fast"', "fail", "--speed takes a number"),
        ('[convert]\ntts-engine = "kokro"', "fail", "There is no engine 'kokro'"),
        ('[work]\nhours = "22-77"', "fail", "--hours takes spans"),
        ('[serve]\nweb = "x"', "fail", "--web takes HOST:PORT"),
        ("[take-over]\nport = 99999", "fail", "--port takes a whole number"),
        ('[add]\noutput-format = "mp4"', "fail", "--output-format takes"),
        ('[redo]\nsplit = "x"', "fail", "--split takes"),
    ],
)
def test_a_setting_that_commands_refuse_is_no_good_one(tmp_path: Path, text: str, verdict: str, said: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    check = check_settings(tmp_path)
    assert (check.verdict, said in check.text) == (verdict, True), check.text


def test_what_is_not_installed_is_neither_good_nor_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recogniser, "is_installed", lambda: False)
    monkeypatch.setattr(doctor.subprocess, "run", Mock(side_effect=FileNotFoundError))
    assert recogniser.check_recogniser().verdict == doctor.check_gpu().verdict == "-"
    away = [check for check in doctor.check_engines() if check.text.startswith("not installed")]
    assert {check.verdict for check in away} == {"-"}


@pytest.mark.parametrize(("pace", "verdict"), [(250.0, "ok"), (3.0, "warn")])
def test_a_machine_that_encodes_slowly_is_told(monkeypatch: pytest.MonkeyPatch, pace: float, verdict: str) -> None:
    monkeypatch.setattr("swarm.commands.doctor._encoding_pace", lambda: pace)
    found = check_sound()
    assert (found.verdict, f"about {pace:.0f} x real time" in found.text) == (verdict, True)
    assert ("coordinate" in found.remedy) == (verdict == "warn")
