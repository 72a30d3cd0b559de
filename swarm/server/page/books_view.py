"""The views of books: the queue, one book, Listen and Shelf."""

from collections.abc import Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.errors import UsageError
from swarm.lease.message import JobStatus, StatusReply
from swarm.server.api.answers import BookAnswer, book_answers
from swarm.server.api.app import Api, Seen
from swarm.server.api.feeds import BookFiles, ListeningApi
from swarm.server.api.live_views import Pieces
from swarm.server.order_handler import MAX_BOOK_BYTES
from swarm.server.page.auth_middleware import form_of
from swarm.server.page.cli_process import VoiceSamples
from swarm.server.page.fields import OptionField, told_words
from swarm.server.page.site import Memo, Site
from swarm.server.queue import Queue, QueuedBook
from swarm.watch.view import chapter_percent, chapter_title

WAITING = ("waiting", "paused", "speaking", "writing")  # states of books that can be moved
MAX_AT_ONCE = 15  # the cards of a page before its stream brings the others
MAX_SPEAKERS = 20  # speakers of a chapter that are named


class ChapterProgress(Struct, frozen=True):
    """A chapter of a book that is being spoken."""

    title: str
    segments: int
    accepted: int
    percent: int
    speakers: tuple[str, ...]


class BookViews:
    """The views of books."""

    def __init__(self, site: Site, api: Api, files: BookFiles, fields: Sequence[OptionField] = ()) -> None:
        self._site, self._api, self._files, self._fields = site, api, files, fields
        self._memo = Memo(site)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/", self.books),
            Route("/live/books", self.live_books),
            Route("/books/{book:int}", self.book),
            Route("/live/books/{book:int}", self.live_book),
        ]

    async def books(self, request: Request) -> Response:
        """Show the queue: the first books at once, so that the page is soon there, the others by its stream."""
        pieces = self._cards(self._api.look())
        shown = list(pieces.values()) if "all" in request.query_params else list(pieces.values())[:MAX_AT_ONCE]
        return self._site.render(
            request, "books.html", cards=shown, more=len(pieces) - len(shown), max_bytes=MAX_BOOK_BYTES
        )

    async def live_books(self, request: Request) -> Response:
        """Stream what changes of the queue."""
        return self._site.stream(request, "books", lambda: self._cards(self._api.glance()))

    async def book(self, request: Request) -> Response:
        """Show one book."""
        found = self._find(request.path_params["book"])
        return self._site.render(
            request, "book.html", book=found, pieces=self._details(found.book, self._api.look()[1])
        )

    async def live_book(self, request: Request) -> Response:
        """Stream what changes of one book."""
        number = self._find(request.path_params["book"]).book
        return self._site.stream(request, f"book {number}", lambda: self._details(number, self._api.glance()[1]))

    def _cards(self, seen: Seen) -> Pieces:
        """Return the cards: what is spoken stands above what waits, and that above what is done, the latest first."""
        rows = list(zip(book_answers(*seen), seen[0], strict=True))
        waiting = [book.book for book, _ in rows if book.state in WAITING]
        places = {number: place for place, number in enumerate(waiting, start=1)}
        rows.sort(key=lambda row: (_rank(row[0]), -row[1].ended_s))
        return self._memo.pieces(
            (f"book-{book.book}", "piece-book.html", _card(book, places, len(waiting)) | {"has_cover": bool(each.job)})
            for book, each in rows
        )

    def _details(self, number: int, reply: StatusReply) -> Pieces:
        try:
            queued = self._queued(number)
        except UsageError:
            return {}  # the book was removed meanwhile
        [book] = book_answers([queued], reply)
        options = told_words(self._fields, book.options)
        job = next((job for job in reply.jobs if job.job == queued.job and not queued.state.is_ended), None)
        return {
            "summary": self._site.piece(
                "piece-summary.html",
                book=book,
                job=job,
                has_cover=bool(queued.job),
                options=options,
                energy_wh=self._api.resident.energy_wh(queued),
            ),
            "files": self._site.piece("piece-files.html", book=book, files=self._files.files_of(queued)),
            "chapters": self._site.piece("piece-chapters.html", chapters=_chapters(job, reply) if job else ()),
        }

    def _queued(self, number: int) -> QueuedBook:
        return self._api.resident.queue.find_book(number)

    def _find(self, number: int) -> BookAnswer:
        return book_answers([self._queued(number)], self._api.look()[1])[0]


def _rank(book: BookAnswer) -> int:
    return 0 if book.state in ("speaking", "writing") else 1 if book.state in WAITING else 2


def _card(book: BookAnswer, places: dict[int, int], waiting: int) -> dict[str, object]:
    place = places.get(book.book, 0)
    return {"book": book, "place": place, "waiting": waiting if place else 0}


def _chapters(job: JobStatus, reply: StatusReply) -> list[ChapterProgress]:
    speaking: dict[int, list[str]] = {}
    for worker in reply.workers:
        for slot in worker.slots:
            if slot.job == job.job and slot.state == "speaking":
                speaking.setdefault(slot.chapter, []).append(f"{worker.name} at sentence {slot.index + 1}")
    return [
        ChapterProgress(
            chapter_title(job, place),
            chapter.segments,
            chapter.accepted,
            chapter_percent(chapter),
            tuple(speaking.get(place, ())[:MAX_SPEAKERS]),
        )
        for place, chapter in enumerate(job.chapters)
    ]


MAX_NAME = 500  # characters of a person's name, and of a voice's
MAX_SAY = 5000  # characters of other words for a sentence; engines take fewer


class ListenViews:
    """The views of what can be heard."""

    def __init__(self, site: Site, listening: ListeningApi, queue: Queue, samples: VoiceSamples) -> None:
        self._site, self._library, self._feeds = site, listening.library, listening.feeds
        self._queue, self._files, self._samples = queue, listening.files, samples

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/listen/{book:int}", self.listen),
            Route("/listen/{book:int}/redo", self.redo, methods=["POST"]),
            Route("/listen/{book:int}/cast", self.cast),
            Route("/listen/{book:int}/cast", self.recast, methods=["POST"]),
            Route("/listen/{book:int}/hear", self.hear, methods=["POST"]),
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
            persons=[each.name for each in opened.playback.cast()],
            is_cast=spec.recipe.cast,
        )

    async def cast(self, request: Request) -> Response:
        """Show the persons of a book with their voices."""
        number = request.path_params["book"]
        opened, voices = await self._library.open(number), await self._library.voices(number)
        persons = opened.playback.cast()
        return self._site.render(request, "cast.html", book=opened.book, persons=persons, voices=voices)

    async def recast(self, request: Request) -> Response:
        """Have all that a person says spoken by another voice, or call it by another name."""
        form, number = form_of(request), request.path_params["book"]
        name, voice, other = (form.get(field, [""])[0].strip()[:MAX_NAME] for field in ("name", "voice", "other"))
        if name and other:
            note = await self._library.rename(number, name, other)
        elif name and voice:
            note = await self._library.recast(number, name, voice)
        else:
            raise UsageError("Choose a voice or a name.")
        return self._site.told(request, note, f"/listen/{number}/cast")

    async def hear(self, request: Request) -> Response:
        """Speak a sentence of a book with any voice of its engine."""
        form, number = form_of(request), request.path_params["book"]
        chapter, _, sentence = form.get("sentence", [""])[0].partition(":")
        recipe, segment = await self._library.sentence(number, _number(chapter), _number(sentence))
        voice = form.get("voice", [""])[0]
        return await self._samples.sample_of(recipe.engine, voice, recipe.language, text=segment.written)

    async def redo(self, request: Request) -> Response:
        """Have a sentence spoken again."""
        form, number = form_of(request), request.path_params["book"]
        chapter, sentence = (_number(form.get(name, [""])[0]) for name in ("chapter", "sentence"))
        words, speaker = form.get("say", [""])[0], form.get("speaker", [""])[0].strip()[:MAX_NAME]
        if len(words) > MAX_SAY:
            raise UsageError(f"Say it in at most {MAX_SAY:,} characters.")
        note = await self._library.redo(number, chapter, sentence, words if "say" in form else None, speaker)
        return self._site.told(request, note, f"/listen/{number}")

    async def shelf(self, request: Request) -> Response:
        """Show the finished books and the feeds."""
        feeds = self._feeds.answers(request)
        books = await self._feeds.books()
        files = {book.number: self._files.files_of(self._queue.find_book(book.number)) for book in books}
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
