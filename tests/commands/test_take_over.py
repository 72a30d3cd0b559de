"""What `take-over` refuses in words, before anything is coordinated."""

from contextlib import closing
from pathlib import Path

import pytest
from specs_for_tests import a_job

from swarm.commands.main import main
from swarm.errors import EXIT_ENVIRONMENT
from swarm.job.store.store import DiskStore


def refused(home: Path, capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["take-over", *map(str, words), "--state-dir", str(home)]) == 64
    return capsys.readouterr().err


def test_what_cannot_be_taken_over_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no unfinished job in" in refused(tmp_path, capsys)
    assert "There is no job 'moby'" in refused(tmp_path, capsys, "moby")
    assert "is no state folder: it has no folder `jobs`" in refused(tmp_path, capsys, "--from", tmp_path / "none")
    assert not (tmp_path / "jobs").exists()


def test_a_machine_that_is_in_no_swarm_is_told_to_join_it_and_begins_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (book := tmp_path / "moby.epub").write_bytes(b"PK book")
    with closing(DiskStore(tmp_path / "old")) as store:
        store.create_job(a_job(), book)
    home = tmp_path / "new"
    assert main(["take-over", "--from", str(tmp_path / "old"), "--state-dir", str(home)]) == EXIT_ENVIRONMENT
    assert "no worker would follow it: run `e2a-swarm join CODE`" in capsys.readouterr().err
    assert not home.exists()
