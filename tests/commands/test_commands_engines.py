"""`engines`: what is listed, and what is said of environments; `tests/voice/host/test_installer.py` makes real ones."""

import json
from pathlib import Path

import msgspec
import pytest

from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE, EnvironmentFault
from swarm.job.card import EngineCard, VoiceCard
from swarm.voice.engine import OnProgress
from swarm.voice.environment import MARK, Environment, python_in
from swarm.voice.host import installer
from swarm.voice.host.foreign import EngineFacts

CARD = EngineCard("fife", "whistles", ("*",), (), (("", 300),), (VoiceCard("tin", "*"),), licence="0BSD")
FACTS = msgspec.msgpack.encode(EngineFacts(CARD))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    return tmp_path


def pretend(home: Path, requirements: tuple[str, ...]) -> Environment:
    """Write an environment of 1 kB with the engine `fife`."""
    made = Environment("fife", "abc", ("fife-tts",), requirements, "fife_tts:engine", FACTS)
    python = python_in(made.folder)
    python.parent.mkdir(parents=True)
    python.write_bytes(bytes(1000))
    (home / "engines" / "fife" / MARK).write_bytes(msgspec.json.encode(made))
    return made


def test_what_is_here_is_listed_with_its_size(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = pretend(home, installer.requirements_of(["fife-tts"]))
    assert main(["engines"]) == 0
    assert f"fife: whistles (0BSD); here, 1.0 kB in {made.folder}\n" in capsys.readouterr().out
    assert main(["engines", "--json"]) == 0
    row = next(row for row in json.loads(capsys.readouterr().out) if row["engine"] == "fife")
    assert (row["here"], row["current"], row["bytes"], row["folder"]) == (True, True, 1000, str(made.folder))
    assert main(["voices"]) == 0
    assert "fife: whistles" in capsys.readouterr().out


def test_what_an_earlier_version_made_can_be_renewed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(home, ("fife-tts", "numpy==1.26"))
    assert main(["engines"]) == 0
    assert "e2a-swarm engines install fife renews it" in capsys.readouterr().out


def test_an_environment_is_removed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(home, ())
    assert main(["engines", "remove", "fife"]) == 0
    assert capsys.readouterr().out.startswith("the environment of fife is removed: ")
    assert not (home / "engines" / "fife").exists()
    assert main(["engines", "remove", "fife"]) == EXIT_USAGE
    assert main(["engines", "remove", "espeak"]) == EXIT_USAGE
    assert "espeak has no environment on this machine" in capsys.readouterr().err


def test_what_cannot_be_installed_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    for words, why in [
        (["fife"], "There is no engine 'fife'"),
        (["../fife", "--package", "fife-tts"], "There is no engine '../fife'"),
        (["espeak"], "espeak needs no environment of its own"),
    ]:
        assert main(["engines", "install", *words]) == EXIT_USAGE
        assert why in capsys.readouterr().err


def test_packages_of_the_user_go_to_the_installer(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    def install(name: str, tell: OnProgress, *, more: tuple[str, ...], recogniser: bool) -> Environment:
        asked.extend((name, more, recogniser))
        raise EnvironmentFault("the disk is full")

    monkeypatch.setattr("swarm.commands.engines.install", install)
    words = ["engines", "install", "fife", "--package", str(home), "--package", "fife-data==1", "--recogniser"]
    assert main(words) == EXIT_ENVIRONMENT
    assert asked == ["fife", (str(home), "fife-data==1"), True]
    assert "the disk is full" in capsys.readouterr().err
