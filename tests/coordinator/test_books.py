"""The books of a config: which of them become editions."""

from pathlib import Path

import pytest

from swarm.audiobook.sound.studio import Studio
from swarm.config import RenderConfig
from swarm.coordinator.books import Books
from swarm.errors import BookError
from swarm.job.store.store import DiskStore
from swarm.system.machine import Clock


def opened(tmp_path: Path, *paths: Path, found: tuple[Path, ...] = ()) -> tuple[Books, list[str]]:
    """Open books with the metronome; return them and what was said."""
    said: list[str] = []
    state = tmp_path / "state"
    config = RenderConfig(
        books=paths, found=frozenset(found), output_dir=tmp_path, state_dir=state, engine="metronome", language="en"
    )
    store = DiskStore(state)
    try:
        books = Books(config, store, Studio(state, 1), Clock(), said.append)
        books.open()
    finally:
        store.close()
    return books, said


def a_text(path: Path, words: str) -> Path:
    path.write_text(words)
    return path


def test_a_book_that_is_named_twice_is_one_edition(tmp_path: Path) -> None:
    one, copy = a_text(tmp_path / "One.txt", "Words of one."), a_text(tmp_path / "two.txt", "Other words.")
    books, _ = opened(tmp_path, one, one, copy)
    assert [edition.state.spec.title for edition in books.editions] == ["One", "two"]
    assert books.editions[0].output_path == tmp_path / "One.m4b"


def test_a_folders_bad_book_is_left_out_and_a_named_one_stops_the_command(tmp_path: Path) -> None:
    good, bad = a_text(tmp_path / "good.txt", "Words."), a_text(tmp_path / "bad.epub", "no zip")
    books, said = opened(tmp_path, bad, good, found=(bad,))
    assert [edition.state.spec.title for edition in books.editions] == ["good"]
    assert "left out: " in "".join(said)
    assert len(books.unread) == 1
    with pytest.raises(BookError):
        opened(tmp_path, bad, good)
    with pytest.raises(BookError):
        opened(tmp_path, bad, found=(bad,))
