"""The views Listen and Shelf."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.errors import UsageError
from swarm.server.api.feeds import ListeningApi, answer, base_of
from swarm.server.page.auth_middleware import form_of
from swarm.server.page.site import Site
from swarm.server.queue import Queue

MAX_SAY = 5000  # characters of other words for a sentence; engines take fewer


class ListenViews:
    """The views of what can be heard."""

    def __init__(self, site: Site, listening: ListeningApi, queue: Queue) -> None:
        self._site, self._library, self._feeds = site, listening.library, listening.feeds
        self._queue, self._files = queue, listening.files

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/listen/{book:int}", self.listen),
            Route("/listen/{book:int}/redo", self.redo, methods=["POST"]),
            Route("/shelf", self.shelf),
            Route("/shelf/feeds", self.make_feed, methods=["POST"]),
            Route("/shelf/feeds/{feed:int}/revoke", self.revoke_feed, methods=["POST"]),
        ]

    async def listen(self, request: Request) -> Response:
        """Show the player of a book."""
        opened = await self._library.open(request.path_params["book"])
        spec = opened.state.spec
        return self._site.render(
            request,
            "listen.html",
            book=opened.book.id,
            title=opened.book.heading,
            authors=", ".join(spec.book.authors),
            language=spec.recipe.language,
            chapters=opened.playback.chapters(),
        )

    async def redo(self, request: Request) -> Response:
        """Have a sentence spoken again."""
        form, number = form_of(request), request.path_params["book"]
        chapter, sentence = (_number(form.get(name, [""])[0]) for name in ("chapter", "sentence"))
        words = form.get("say", [""])[0]
        if len(words) > MAX_SAY:
            raise UsageError(f"Say it in at most {MAX_SAY:,} characters.")
        note = await self._library.redo(number, chapter, sentence, words if "say" in form else None)
        return self._site.told(request, note, f"/listen/{number}")

    async def shelf(self, request: Request) -> Response:
        """Show the finished books and the feeds."""
        feeds = [answer(token, base_of(request)) for token in self._feeds.tokens.all]
        books = await self._feeds.books()
        files = {book.number: self._files.files_of(self._queue.find(book.number)) for book in books}
        return self._site.render(request, "shelf.html", books=books, files=files, feeds=feeds)

    async def make_feed(self, request: Request) -> Response:
        """Make a feed of the shelf or of one book."""
        form = form_of(request)
        self._feeds.make_token(form.get("name", [""])[0], _number(form.get("book", ["0"])[0]))
        return self._site.to("/shelf")

    async def revoke_feed(self, request: Request) -> Response:
        """Revoke a feed."""
        self._feeds.tokens.revoke(request.path_params["feed"])
        return self._site.to("/shelf")


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise UsageError("This form is unknown: load the page again.")
    return int(text)
