"""What a queue refuses at once."""

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from swarm.config import RenderConfig, StyleConfig
from swarm.errors import StoreError, UsageError
from swarm.job.store.store import DiskStore
from swarm.server.resident import check_start


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DiskStore]:
    with closing(DiskStore(tmp_path / "state")) as made:
        yield made


@pytest.fixture
def config(tmp_path: Path) -> RenderConfig:
    return RenderConfig(books=(), output_dir=tmp_path / "new" / "out", state_dir=tmp_path / "state")


def test_usual_options_that_fit_are_let_pass_and_the_folder_is_made(config: RenderConfig, store: DiskStore) -> None:
    check_start(replace(config, voice="emma"), store)
    assert list(config.output_dir.iterdir()) == []


def test_a_voice_or_file_that_is_not_there_ends_the_start(
    config: RenderConfig, store: DiskStore, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="voice 'nosuch'"):
        check_start(replace(config, voice="nosuch"), store)
    with pytest.raises(UsageError, match=r"me\.wav"):
        check_start(replace(config, voice_file=tmp_path / "me.wav"), store)
    with pytest.raises(UsageError, match=r"c\.png"):
        check_start(replace(config, style=StyleConfig(cover=tmp_path / "c.png")), store)


def test_a_folder_that_cannot_be_written_ends_the_start(config: RenderConfig, store: DiskStore) -> None:
    file = config.state_dir / "file"
    file.touch()
    with pytest.raises(StoreError, match="a file is where a folder should be"):
        check_start(replace(config, output_dir=file / "out"), store)
    if sys.platform == "linux":  # even root may not write there
        with pytest.raises(StoreError, match="/sys/out cannot be used"):
            check_start(replace(config, output_dir=Path("/sys/out")), store)


def test_a_full_disk_is_waited_for(config: RenderConfig, store: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    check_start(config, store)
