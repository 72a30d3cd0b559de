"""What listeners are offered over HTTP: feeds, catalogues, files, and the sound of books while they are spoken."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from swarm.coordinator.made_file import BOOK_ENDING, JSON_ENDING, PAGE_ENDING
from swarm.errors import NotThere
from swarm.server.api.answers import (
    FeedAnswer,
    FeedRequest,
    FileAnswer,
    ListenAnswer,
    NoteAnswer,
    RedoRequest,
    book_answers,
)
from swarm.server.api.app import Asked, delete, get, names_loopback, post, unlisted
from swarm.server.api.feed_documents import (
    CHAPTERS_KIND,
    EPUB_KIND,
    FEED_KIND,
    catalogue,
    chapters,
    feed_page,
    podcast,
)
from swarm.server.api.tokens import FeedToken, FeedTokens
from swarm.server.finished_books import KINDS, FinishedBook, FinishedBooks, spots_of
from swarm.server.listening import MADE_COVERS, MAX_STRETCHES, ChapterStretches, Listening, SentenceToHear, in_file
from swarm.server.queue import BookState, Queue, QueuedBook
from swarm.server.resident import Resident
from swarm.system.machine import Clock, is_loopback, machine_name

FOR_EVER = "private, max-age=31536000, immutable"  # the address has the sound's digest
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
STRETCH = re.compile(r"(\d{1,9})\.wav")
SoundDigest = Annotated[str, QueryParameter(description="the digest of the sound: the answer may be kept for ever")]
StretchName = Annotated[str, PathParameter(description="the number of a stretch, and .wav")]
FirstStretch = Annotated[int, QueryParameter(name="from", description="the first stretch that is wanted")]
StretchCount = Annotated[int, QueryParameter(description="how many of them")]
Played = Annotated[int, QueryParameter(description="a number of this version of the file, to have it as players do")]
CoverSize = Annotated[str, QueryParameter(description="small: as a JPEG for lists; square: as one for podcasts")]


class SoundApi:
    """The answers for listeners."""

    def __init__(self, library: Listening, resident: Resident, files: "BookFiles") -> None:
        self._library, self._resident, self._files = library, resident, files

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        book = "/api/v1/books/{book:int}"
        return [
            *get(f"{book}/chapters", self.chapters),
            *get(f"{book}/chapters/{{chapter:int}}", self.chapter),
            *get(f"{book}/chapters/{{chapter:int}}/{{stretch:str}}", self.sound, gives="audio/wav"),
            *get(f"{book}/doubtful", self.doubtful),
            *get(f"{book}/cover", self.cover, gives="image/*"),
            post(f"{book}/redo", self.redo, code=200),
        ]

    async def chapters(self, book: FromPath[int]) -> ListenAnswer:
        """Tell how much of each chapter can be heard."""
        opened = await self._library.open(book)
        spec = opened.state.spec
        return ListenAnswer(
            opened.book.id,
            opened.book.heading,
            spec.book.authors,
            spec.recipe.language,
            book_answers([opened.book], self._resident.status())[0].state,
            opened.playback.chapters(),
        )

    async def chapter(
        self, book: FromPath[int], chapter: FromPath[int], from_: FirstStretch = 1, count: StretchCount = MAX_STRETCHES
    ) -> ChapterStretches:
        """Tell the stretches of a chapter, and when its sentences are heard."""
        opened = await self._library.open(book)
        found = opened.playback.chapter(chapter, from_, count)
        if found is None:
            raise NotThere("There is no such chapter.")
        if opened.book.state is BookState.FINISHED:
            found = await asyncio.to_thread(self._in_file, opened.book, found)
        return found

    def _in_file(self, book: QueuedBook, found: ChapterStretches) -> ChapterStretches:
        """Return a chapter as the finished file has it, if that lies on this machine."""
        name, spots = spots_of(self._resident.store.folder(book.job), book.job, found.chapter)
        for place, file in enumerate(self._files.files_of(book), start=1):
            if name and file.path and file.path.is_file() and f"/{file.path.as_posix()}".endswith(f"/{name}"):
                kind = KINDS.get(file.path.suffix.lower(), "")
                return (
                    in_file(found, spots, f"files/{place}?play={round(1000 * book.ended_s)}", kind) if kind else found
                )
        return found

    async def doubtful(self, book: FromPath[int]) -> list[SentenceToHear]:
        """List the sentences that may be wrong."""
        return (await self._library.open(book)).playback.doubtful()

    async def sound(
        self,
        asked: Asked,
        book: FromPath[int],
        chapter: FromPath[int],
        stretch: StretchName,
        sound: SoundDigest = "",
    ) -> Response:
        """Send the sound of a stretch, or a range of it."""
        named = STRETCH.fullmatch(stretch)
        found = await self._library.wav(book, chapter, int(named[1])) if named else None
        if found is None:
            raise NotThere("This cannot be heard yet.")
        digest, content = found
        return ranged(asked, content, "audio/wav", digest, FOR_EVER if sound == digest else "no-cache")

    async def cover(self, book: FromPath[int], size: CoverSize = "") -> Response:
        """Send the cover of a book."""
        found = await cover_of(self._library, book, size)
        if found is None:
            raise NotThere("This book has no cover.")
        return found

    async def redo(self, book: FromPath[int], data: JSONBody[RedoRequest]) -> NoteAnswer:
        """Have one sentence spoken again."""
        return NoteAnswer(await self._library.redo(book, data.chapter, data.sentence, data.say, data.speaker))


async def cover_of(library: Listening, number: int, size: str) -> Response | None:
    """Return the cover of a book, which may be small; None if there is none."""
    if size in MADE_COVERS:
        made = await library.made_cover(number, size)
        found = ("image/jpeg", made) if made else None
    else:
        found = await library.cover(number)
    if found is None:
        return None
    kind, content = found
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=kind, headers=headers)


def ranged(request: Request, content: bytes, kind: str, digest: str, cache: str) -> Response:
    """Return content, or the range of it that a request asks for: players seek so."""
    tag = f'"{digest}"'
    headers = {"Accept-Ranges": "bytes", "ETag": tag, "Cache-Control": cache, "Content-Type": kind}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    asked = RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if not asked or asked.group(0) == "bytes=-" or request.headers.get("if-range", tag) != tag:
        return Response(content, headers=headers)
    first, last = asked.groups()
    start = int(first) if first else max(0, len(content) - int(last))
    end = min(len(content), int(last) + 1) if first and last else len(content)
    if start >= end:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(content)}"})
    return Response(content[start:end], 206, headers | {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"})


PUBLIC = "/feeds/"
ONLY_HERE = (
    "Only this machine opens these addresses, which begin with the one by which you came. "
    "`serve --web 0.0.0.0:5848` has one for other devices, too."
)
Hosts = Callable[[], Sequence[str]]  # other devices reach this server at these; none if they do not
EPISODE = re.compile(r"\d{1,9}")
RSS_KIND = "application/rss+xml"
Shown = list[FinishedBook]


class Feeds:
    """The feeds of a queue's finished books."""

    def __init__(
        self, resident: Resident, library: Listening, tokens: FeedTokens, clock: Clock, hosts: Hosts = tuple
    ) -> None:
        self._resident, self._library, self.tokens, self._clock = resident, library, tokens, clock
        self._hosts = hosts
        self._shelf = FinishedBooks(resident.store)
        self._looking = asyncio.Lock()

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes of both."""
        place = f"{PUBLIC}{{token:str}}"
        book = f"{place}/books/{{book:int}}"
        return [
            *get("/api/v1/feeds", self.list_all),
            post("/api/v1/feeds", self.make),
            delete("/api/v1/feeds/{feed:int}", self.revoke),
            *unlisted(place, self._shown(self.page)),
            *unlisted(book, self._shown(self.page)),
            *unlisted(f"{place}/podcast.xml", self._shown(self.podcast)),
            *unlisted(f"{place}/opds", self._shown(self.opds)),
            *unlisted(f"{book}/podcast.xml", self._shown(self.podcast)),
            *unlisted(f"{book}/cover", self._shown(self.cover)),
            *unlisted(f"{book}/cover.jpg", self._shown(self.square)),
            *unlisted(f"{book}/book.epub", self._shown(self.epub)),
            *unlisted(f"{book}/{{file:str}}", self._shown(self.episode)),
        ]

    async def books(self) -> Shown:
        """Return the finished books, the latest first."""
        queue = self._resident.queue
        async with self._looking:
            return await asyncio.to_thread(self._shelf.books, [(book, queue.path(book)) for book in queue.books])

    # --- the tokens

    async def list_all(self, asked: Asked) -> list[FeedAnswer]:
        """List the feeds, with their addresses."""
        return self.answers(asked)

    async def make(self, asked: Asked, data: JSONBody[FeedRequest]) -> FeedAnswer:
        """Make a feed of the shelf or of one book."""
        return self._answer(self.make_token(data.name, data.book), asked)

    def answers(self, request: Request) -> list[FeedAnswer]:
        """Return the feeds with their addresses, as devices elsewhere open them."""
        return [self._answer(token, request) for token in self.tokens.all]

    def _answer(self, token: FeedToken, request: Request) -> FeedAnswer:
        site, note = base_of(request), ""
        if names_loopback(urlsplit(site).netloc):
            # Through a port of a container, 127.0.0.1 is another machine, and no address of this one helps.
            is_own = request.client is not None and is_loopback(request.client.host)
            if is_own and (hosts := self._hosts()):
                site = str(request.base_url.replace(hostname=_in_url(hosts[0]))).rstrip("/")
            else:
                note = ONLY_HERE
        base = f"{site}{PUBLIC}{token.secret}"
        feed = f"{base}/books/{token.book}/podcast.xml" if token.book else f"{base}/podcast.xml"
        return FeedAnswer(token.id, token.name, token.book, feed, f"{base}/opds", note)

    def make_token(self, name: str, book: int) -> FeedToken:
        """Make a token of the shelf, or of one book if its number is not 0. Raises UsageError, StoreError."""
        if book:
            self._resident.queue.find_book(book)
        return self.tokens.make(name, book, self._clock.now())

    async def revoke(self, feed: FromPath[int]) -> NoteAnswer:
        """Revoke a feed."""
        return NoteAnswer(f"{self.tokens.revoke(feed).name} is revoked: apps that have it get nothing more")

    # --- what a token opens

    def _shown(self, show: Callable[[Request, Shown, str], Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        """Return an answer that is given only for a token, about the books that it opens."""

        async def shown(asked: Asked) -> Response:
            token = self.tokens.find_token(asked.path_params["token"])
            if token is None:
                return _none()
            books = await self.books()
            number = asked.path_params.get("book", 0)
            books = [book for book in books if token.book in (0, book.number) and number in (0, book.number)]
            if number and not books:
                return _none()
            answered = await show(asked, books, f"{base_of(asked)}{PUBLIC}{token.secret}")
            answered.headers["X-Content-Type-Options"] = "nosniff"
            answered.headers["Referrer-Policy"] = "no-referrer"
            answered.headers.setdefault("Cache-Control", "private, no-cache")
            return answered

        return shown

    async def podcast(self, request: Request, books: Shown, base: str) -> Response:
        """Send the feed of the shelf or of one book."""
        is_book = "book" in request.path_params
        title = _title(request, books)
        own = f"{base}/books/{books[0].number}" if is_book else base
        text = podcast(books, title, base, own, is_book=is_book)
        return Response(text, media_type=f"{RSS_KIND}; charset=utf-8")

    async def page(self, request: Request, books: Shown, base: str) -> Response:
        """Send what a browser shows of a feed: the website that a podcast has to name."""
        headers = {"Content-Security-Policy": "default-src 'none'; img-src 'self'"}
        return Response(feed_page(books, _title(request, books), base), media_type="text/html", headers=headers)

    async def opds(self, request: Request, books: Shown, base: str) -> Response:
        """Send the catalogue."""
        return Response(catalogue(books, f"Books of {machine_name()}", base), media_type=FEED_KIND)

    async def episode(self, request: Request, books: Shown, base: str) -> Response:
        """Send a sound file, or a range of it, or its chapters."""
        number, _, ending = request.path_params["file"].partition(".")
        place = int(number) - 1 if EPISODE.fullmatch(number) else -1
        if not 0 <= place < len(books[0].files):
            return _none()
        if ending == "chapters.json":
            return Response(json.dumps(chapters(books[0], place)), media_type=CHAPTERS_KIND)
        file = books[0].files[place]
        if file.path.suffix.lower() != f".{ending}" or not file.path.is_file():
            return _none()
        return FileResponse(file.path, media_type=file.kind)

    async def epub(self, request: Request, books: Shown, base: str) -> Response:
        """Send the book itself."""
        source = books[0].source
        return FileResponse(source, media_type=EPUB_KIND, filename=source.name) if source else _none()

    async def cover(self, request: Request, books: Shown, base: str) -> Response:
        """Send the cover of a book."""
        return await cover_of(self._library, books[0].number, request.query_params.get("size", "")) or _none()

    async def square(self, request: Request, books: Shown, base: str) -> Response:
        """Send the cover of a book as podcasts have it."""
        return await cover_of(self._library, books[0].number, "square") or _none()


def _title(request: Request, books: Shown) -> str:
    return books[0].title if "book" in request.path_params else f"Audiobooks of {machine_name()}"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def base_of(request: Request) -> str:
    """Return the address of this server as the client wrote it, without a slash at the end."""
    return str(request.base_url).rstrip("/")


def _none() -> Response:
    return Response("There is nothing here.\n", 404, media_type="text/plain")


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

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes of the interface for programs."""
        place = "/api/v1/books/{book:int}/files"
        return [
            *get(place, self.list_all),
            *get(f"{place}/{{place:int}}", self.file, gives="application/octet-stream"),
        ]

    def files_of(self, book: QueuedBook) -> tuple[BookFile, ...]:
        """Return the files of a book."""
        key = (book.id, book.files, book.ended_s)
        if key not in self._known:
            while len(self._known) >= MAX_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = _files(book.files)
        return self._known[key]

    async def list_all(self, book: FromPath[int]) -> list[FileAnswer]:
        """List the files of a finished book."""
        files = self.files_of(self._queue.find_book(book))
        return [FileAnswer(place, file.name, file.size) for place, file in enumerate(files, start=1)]

    async def file(self, book: FromPath[int], place: FromPath[int], play: Played = 0) -> Response:
        """Send a file of a book, or a range of it."""
        files = self.files_of(self._queue.find_book(book))
        path = files[place - 1].path if 0 < place <= len(files) else None
        if path is None or not path.is_file():
            raise NotThere("There is no such file on the server, or no longer.")
        safe = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        if play and (kind := KINDS.get(path.suffix.lower())):
            return FileResponse(path, media_type=kind, headers=safe | {"Cache-Control": "private, no-cache"})
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


class ListeningApi:
    """The answers for listeners, over one library. Raises StoreError where the tokens of feeds cannot be read."""

    def __init__(self, resident: Resident, state_dir: Path, clock: Clock, hosts: Hosts = tuple) -> None:
        self.library = Listening(resident)
        self.files = BookFiles(resident.queue)
        self._sound = SoundApi(self.library, resident, self.files)
        self.feeds = Feeds(resident, self.library, FeedTokens(state_dir), clock, hosts)

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes of the interface for programs."""
        return [*self._sound.routes(), *self.feeds.routes(), *self.files.routes()]
