"""Books on their way to the queue."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from swarm.errors import StoreError, UsageError
from swarm.server.order_handler import MAX_BOOK_BYTES, MIN_FREE_BYTES
from swarm.server.page.add_views import KEPT_S, MAX_DRAFTS, Drafts


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\a<b>.epub", "CON\x00.epub", "", ".", "x" * 900, "a/b\u202e.epub"]
)
async def test_a_draft_lies_in_its_folder_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    drafts = Drafts(tmp_path)
    draft = await drafts.write_draft(name, 0, chunks(b"so", b"me"), 1.0)
    assert draft.path.parent == tmp_path and draft.path.read_bytes() == b"some"
    assert drafts.find_draft(draft.number) == draft
    drafts.remove_draft(draft)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="no longer here"):
        drafts.find_draft(draft.number)


async def test_what_is_no_book_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = Drafts(tmp_path)
    with pytest.raises(UsageError, match="empty"):
        await drafts.write_draft("a.epub", 0, chunks(), 1.0)
    with pytest.raises(UsageError, match="at most"):
        await drafts.write_draft("a.epub", MAX_BOOK_BYTES + 1, chunks(b"some"), 1.0)
    monkeypatch.setattr("swarm.server.order_handler.MAX_BOOK_BYTES", 5)
    with pytest.raises(UsageError, match="at most"):
        await drafts.write_draft("a.epub", 0, chunks(b"some", b"more"), 1.0)
    monkeypatch.setattr("swarm.server.order_handler.free_bytes", lambda folder: MIN_FREE_BYTES + 3)
    for announced in (4, 0):
        with pytest.raises(StoreError, match="no room"):
            await drafts.write_draft("a.epub", announced, chunks(b"so", b"me"), 1.0)
    assert list(tmp_path.iterdir()) == []


async def test_drafts_that_are_left_lying_are_removed(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    for number in range(MAX_DRAFTS + 3):
        await drafts.write_draft(f"{number}.epub", 0, chunks(b"some"), 1.0)
    assert len(list(tmp_path.iterdir())) == MAX_DRAFTS
    kept = await drafts.write_draft("late.epub", 0, chunks(b"some"), KEPT_S + 2)
    assert list(tmp_path.iterdir()) == [kept.path]
