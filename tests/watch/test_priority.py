import io
import os
from pathlib import Path

import pytest

from swarm.watch.terminal import Priority, is_journal, marked


def test_lines_for_the_journal_begin_with_their_priority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "journal").open("w") as stream:
        about = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{about.st_dev}:{about.st_ino}")
        assert marked("the disk is full", Priority.ERROR, stream) == "<3>the disk is full"
        assert marked("one\ntwo", Priority.INFO, stream) == "<6>one\n<6>two"


def test_a_stream_that_the_journal_does_not_read_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")  # inherited from a service that started a shell
    with (tmp_path / "file").open("w") as stream:
        assert marked("the disk is full", Priority.ERROR, stream) == "the disk is full"


@pytest.mark.parametrize("told", [None, "", "8", "8:x"])
def test_without_a_journal_nothing_is_marked(told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    if told is not None:
        monkeypatch.setenv("JOURNAL_STREAM", told)
    with (tmp_path / "file").open("w") as stream:
        assert not is_journal(stream)


def test_a_stream_that_is_no_file_or_closed_is_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    assert not is_journal(io.StringIO())
    stream = (tmp_path / "file").open("w")
    stream.close()
    assert not is_journal(stream)
