"""The files of finished audiobooks, with their reports, over HTTP: to be saved, never to be shown as a page."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.made_file import BOOK_ENDING, JSON_ENDING, PAGE_ENDING
from swarm.store.queue import Queue, QueuedBook
from swarm.web.answers import FileAnswer
from swarm.web.app import JsonAnswer

MAX_KNOWN = 1000  # books whose files are not looked for again


class BookFile(Struct, frozen=True):
    """A file of a finished audiobook."""

    name: str
    path: Path | None  # None: the file is elsewhere, or gone
    size: int | None


class BookFiles:
    """The files of a queue's books. The files themselves, then the reports and the read-along EPUB beside them."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._known: dict[tuple[int, tuple[str, ...], float], tuple[BookFile, ...]] = {}

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the interface for programs."""
        place = "/api/v1/books/{book:int}/files"
        return [Route(place, self.list_all), Route(f"{place}/{{place:int}}", self.file)]

    def of(self, book: QueuedBook) -> tuple[BookFile, ...]:
        """Return the files of a book."""
        key = (book.id, book.files, book.ended_s)
        if key not in self._known:
            while len(self._known) >= MAX_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = _files(book.files)
        return self._known[key]

    async def list_all(self, request: Request) -> Response:
        """List the files of a book."""
        files = self.of(self._queue.find(request.path_params["book"]))
        return JsonAnswer([FileAnswer(place, file.name, file.size) for place, file in enumerate(files, start=1)])

    async def file(self, request: Request) -> Response:
        """Send a file of a book, or a range of it."""
        files = self.of(self._queue.find(request.path_params["book"]))
        place = request.path_params["place"]
        path = files[place - 1].path if 0 < place <= len(files) else None
        if path is None or not path.is_file():
            return JsonAnswer({"error": "There is no such file on the server, or no longer."}, 404)
        safe = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return FileResponse(path, media_type="application/octet-stream", filename=path.name, headers=safe)


def _files(names: Sequence[str]) -> tuple[BookFile, ...]:
    """Return the files of a finished book that are on this machine, with the report; others by their address."""
    paths = [Path(name) for name in names]
    beside = [path for first in paths[:1] for path in _beside(first) if path.is_file() and path not in paths]
    here = [BookFile(path.name, path, path.stat().st_size) for path in (*paths, *beside) if path.is_file()]
    return (*here, *(BookFile(str(name), None, None) for name in names if not Path(name).is_file()))


def _beside(first: Path) -> list[Path]:
    """Return where the report and the read-along EPUB of an audiobook may lie."""
    stems = [first.with_suffix(""), first.parent]  # the second stem is that of a folder of chapters
    return [
        stem.with_name(f"{stem.name}{ending}") for stem in stems for ending in (PAGE_ENDING, JSON_ENDING, BOOK_ENDING)
    ]
