"""Feeds and catalogues over HTTP: a token opens what is below /feeds/TOKEN, /api/v1/feeds makes and revokes them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import wraps

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.library import Library
from swarm.coordinator.resident import Resident
from swarm.coordinator.shelf import Shelf, ShelfBook
from swarm.errors import UsageError
from swarm.system.machine import Clock, machine_name
from swarm.web.answers import FeedAnswer, FeedRequest
from swarm.web.app import JsonAnswer, read_small
from swarm.web.feed_tokens import FeedToken, FeedTokens
from swarm.web.opds import EPUB_KIND, FEED_KIND, JSON_KIND, catalogue, catalogue_json
from swarm.web.podcast import CHAPTERS_KIND, chapters, podcast
from swarm.web.sound import cover_of

PUBLIC = "/feeds/"
RSS_KIND = "application/rss+xml"
Shown = list[ShelfBook]


class Feeds:
    """The feeds of a queue's finished books."""

    def __init__(self, resident: Resident, library: Library, tokens: FeedTokens, clock: Clock) -> None:
        self._resident, self._library, self.tokens, self._clock = resident, library, tokens, clock
        self._shelf = Shelf(resident.store)
        self._looking = asyncio.Lock()

    def routes(self) -> list[BaseRoute]:
        """Return the routes of both."""
        place = f"{PUBLIC}{{token}}"
        book = f"{place}/books/{{book:int}}"
        return [
            Route("/api/v1/feeds", self.list_all, methods=["GET"]),
            Route("/api/v1/feeds", self.make, methods=["POST"]),
            Route("/api/v1/feeds/{feed:int}", self.revoke, methods=["DELETE"]),
            Route(f"{place}/podcast.xml", self._shown(self.podcast)),
            Route(f"{place}/opds", self._shown(self.opds)),
            Route(f"{place}/opds.json", self._shown(self.opds2)),
            Route(f"{book}/podcast.xml", self._shown(self.podcast)),
            Route(f"{book}/cover", self._shown(self.cover)),
            Route(f"{book}/book.epub", self._shown(self.epub)),
            Route(f"{book}/{{place:int}}.chapters.json", self._shown(self.chapters)),
            Route(f"{book}/{{place:int}}.{{ending}}", self._shown(self.sound)),
        ]

    async def books(self) -> Shown:
        """Return the finished books, the latest first."""
        queue = self._resident.queue
        async with self._looking:
            return await asyncio.to_thread(self._shelf.books, [(book, queue.path(book)) for book in queue.books])

    # --- the tokens

    async def list_all(self, request: Request) -> Response:
        """List the feeds."""
        return JsonAnswer([answer(token, base_of(request)) for token in self.tokens.all])

    async def make(self, request: Request) -> Response:
        """Make a feed."""
        try:
            asked = msgspec.json.decode(await read_small(request) or b"{}", type=FeedRequest)
        except msgspec.MsgspecError as fault:
            raise UsageError(f"The body is no feed: {fault}.") from fault
        return JsonAnswer(answer(self.make_token(asked.name, asked.book), base_of(request)), 201)

    def make_token(self, name: str, book: int) -> FeedToken:
        """Make a token of the shelf, or of one book if its number is not 0. Raises UsageError, StoreError."""
        if book:
            self._resident.queue.find(book)
        return self.tokens.make(name, book, self._clock.now())

    async def revoke(self, request: Request) -> Response:
        """Revoke a feed."""
        token = self.tokens.revoke(request.path_params["feed"])
        return JsonAnswer({"note": f"{token.name} is revoked: apps that have it get nothing more"})

    # --- what a token opens

    def _shown(self, show: Callable[[Request, Shown, str], Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        """Return an answer that is given only for a token, about the books that it opens."""

        @wraps(show)
        async def shown(request: Request) -> Response:
            token = self.tokens.find(request.path_params["token"])
            if token is None:
                return _none()
            books = await self.books()
            number = request.path_params.get("book", 0)
            books = [book for book in books if token.book in (0, book.number) and number in (0, book.number)]
            if number and not books:
                return _none()
            answered = await show(request, books, f"{base_of(request)}{PUBLIC}{token.secret}")
            answered.headers["X-Content-Type-Options"] = "nosniff"
            answered.headers["Referrer-Policy"] = "no-referrer"
            answered.headers.setdefault("Cache-Control", "private, no-cache")
            return answered

        return shown

    async def podcast(self, request: Request, books: Shown, base: str) -> Response:
        """Send the feed of the shelf or of one book."""
        is_book = "book" in request.path_params
        title = books[0].title if is_book else f"Audiobooks of {machine_name()}"
        own = f"{base}/books/{books[0].number}" if is_book else base
        text = podcast(books, title, base, f"{own}/podcast.xml", is_book=is_book)
        return Response(text, media_type=f"{RSS_KIND}; charset=utf-8")

    async def opds(self, request: Request, books: Shown, base: str) -> Response:
        """Send the catalogue, OPDS 1.2."""
        return Response(catalogue(books, f"Books of {machine_name()}", base), media_type=FEED_KIND)

    async def opds2(self, request: Request, books: Shown, base: str) -> Response:
        """Send the catalogue, OPDS 2.0."""
        text = json.dumps(catalogue_json(books, f"Books of {machine_name()}", base))
        return Response(text, media_type=JSON_KIND)

    async def chapters(self, request: Request, books: Shown, base: str) -> Response:
        """Send the chapters of an episode."""
        place = request.path_params["place"] - 1
        if not 0 <= place < len(books[0].files):
            return _none()
        return Response(json.dumps(chapters(books[0], place)), media_type=CHAPTERS_KIND)

    async def sound(self, request: Request, books: Shown, base: str) -> Response:
        """Send a sound file, or a range of it."""
        place = request.path_params["place"] - 1
        if not 0 <= place < len(books[0].files):
            return _none()
        file = books[0].files[place]
        if file.path.suffix.lower() != f".{request.path_params['ending']}" or not file.path.is_file():
            return _none()
        return FileResponse(file.path, media_type=file.kind)

    async def epub(self, request: Request, books: Shown, base: str) -> Response:
        """Send the book itself."""
        source = books[0].source
        return FileResponse(source, media_type=EPUB_KIND, filename=source.name) if source else _none()

    async def cover(self, request: Request, books: Shown, base: str) -> Response:
        """Send the cover of a book."""
        return await cover_of(self._library, request) or _none()


def answer(token: FeedToken, site: str) -> FeedAnswer:
    """Return a feed with its addresses."""
    base = f"{site}{PUBLIC}{token.secret}"
    feed = f"{base}/books/{token.book}/podcast.xml" if token.book else f"{base}/podcast.xml"
    return FeedAnswer(token.id, token.name, token.book, feed, f"{base}/opds", f"{base}/opds.json")


def base_of(request: Request) -> str:
    """Return the address of this server as the client wrote it, without a slash at the end."""
    return str(request.base_url).rstrip("/")


def _none() -> Response:
    return Response("There is nothing here.\n", 404, media_type="text/plain")
