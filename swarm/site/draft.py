"""Drafts: books that were uploaded and wait for their options, in a folder of files on their way."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec import Struct

from swarm.coordinator.desk import MAX_BOOK_BYTES, book_room
from swarm.errors import UsageError
from swarm.store.queue import safe_name
from swarm.system.disk import guarded
from swarm.watch.text import bytes_text

KEPT_S = 6 * 3600.0
MAX_DRAFTS = 100
MAX_NAME = 500
NO_ROOM = "The disk of the server has no room for this book."


class Draft(Struct, frozen=True):
    """A book that waits for its options."""

    number: str
    name: str
    path: Path
    since_s: float


class Drafts:
    """The drafts of all pages. Those that are left lying are removed after some hours, or when there are too many."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts: dict[str, Draft] = {}

    async def take(self, name: str, size: int, chunks: AsyncIterator[bytes], now: float) -> Draft:
        """Write the chunks of a book to a new draft. `size` is what was announced. Raises UsageError, StoreError."""
        self._forget(now)
        room = book_room(self._folder)
        if size > MAX_BOOK_BYTES:
            raise UsageError(f"The file has {bytes_text(size)}; a book has {bytes_text(MAX_BOOK_BYTES)} at most.")
        if size > room:
            raise UsageError(NO_ROOM)
        number, name = secrets.token_hex(8), safe_name(name[:MAX_NAME])
        draft = Draft(number, name, self._folder / f"draft {number} {name}", now)
        try:
            await _write(draft.path, chunks, room)
        except BaseException:
            draft.path.unlink(missing_ok=True)
            raise
        self._drafts[number] = draft
        return draft

    def find(self, number: str) -> Draft:
        """Return a draft. Raises UsageError if it is gone."""
        draft = self._drafts.get(number)
        if draft is None or not draft.path.is_file():
            raise UsageError("This book is no longer here: choose its file again.")
        return draft

    def remove(self, draft: Draft) -> None:
        """Remove a draft, with its file."""
        self._drafts.pop(draft.number, None)
        draft.path.unlink(missing_ok=True)

    def _forget(self, now: float) -> None:
        for draft in list(self._drafts.values()):
            if draft.since_s < now - KEPT_S or len(self._drafts) >= MAX_DRAFTS:
                self.remove(draft)


async def _write(path: Path, chunks: AsyncIterator[bytes], room: int) -> None:
    size = 0
    with guarded(path), path.open("xb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > MAX_BOOK_BYTES:
                raise UsageError(f"The file is larger than a book may be: {bytes_text(MAX_BOOK_BYTES)}.")
            if size > room:
                raise UsageError(NO_ROOM)
            file.write(chunk)
    if not size:
        raise UsageError("The file is empty.")
