"""What `take-over` refuses in words, before anything is coordinated."""

from pathlib import Path

import pytest

from swarm.commands.main import main


def refused(home: Path, capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["take-over", *map(str, words), "--state-dir", str(home)]) == 64
    return capsys.readouterr().err


def test_what_cannot_be_taken_over_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no unfinished job in" in refused(tmp_path, capsys)
    assert "There is no job 'moby'" in refused(tmp_path, capsys, "moby")
    assert "is no state folder: it has no folder `jobs`" in refused(tmp_path, capsys, "--from", tmp_path / "none")
    assert not (tmp_path / "jobs").exists()
