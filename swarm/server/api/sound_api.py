"""The interface for listeners: the chapters of a book, its sentences with their times, and its sound by stretches."""

import re
from typing import Annotated

from msgspec import Meta
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from swarm.server.api.answers import ListenAnswer, RedoRequest, book_answers
from swarm.server.api.calls import Call, NoteAnswer
from swarm.server.listening import MAX_STRETCHES, ChapterStretches, DoubtfulSentence, Listening
from swarm.server.resident import Resident

FOR_EVER = "private, max-age=31536000, immutable"  # the address has the sound's digest
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
FirstStretch = Annotated[int, Meta(description="the first stretch that is wanted")]
StretchCount = Annotated[int, Meta(description="how many of them")]
CoverSize = Annotated[str, Meta(description="small: as a JPEG for lists")]


class SoundApi:
    """The answers for listeners."""

    def __init__(self, library: Listening, resident: Resident) -> None:
        self._library, self._resident = library, resident

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        book = "/api/v1/books/{book:int}"
        return [
            Call("GET", f"{book}/chapters", self.chapters),
            Call("GET", f"{book}/chapters/{{chapter:int}}", self.chapter),
            Call("GET", f"{book}/chapters/{{chapter:int}}/{{stretch:int}}.wav", self.sound, gives="audio/wav"),
            Call("GET", f"{book}/doubtful", self.doubtful),
            Call("GET", f"{book}/cover", self.cover, gives="image/*"),
            Call("POST", f"{book}/redo", self.redo),
        ]

    async def chapters(self, book: int) -> ListenAnswer:
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
        self, book: int, chapter: int, from_: FirstStretch = 1, count: StretchCount = MAX_STRETCHES
    ) -> ChapterStretches:
        """Tell the stretches of a chapter, and when its sentences are heard."""
        found = (await self._library.open(book)).playback.chapter(chapter, from_, count)
        if found is None:
            raise HTTPException(404, "There is no such chapter.")
        return found

    async def doubtful(self, book: int) -> list[DoubtfulSentence]:
        """List the sentences that may be wrong."""
        return (await self._library.open(book)).playback.doubtful()

    async def sound(self, request: Request, book: int, chapter: int, stretch: int, sound: str = "") -> Response:
        """Send the sound of a stretch, or a range of it."""
        found = await self._library.wav(book, chapter, stretch)
        if found is None:
            raise HTTPException(404, "This cannot be heard yet.")
        digest, content = found
        return ranged(request, content, "audio/wav", digest, FOR_EVER if sound == digest else "no-cache")

    async def cover(self, book: int, size: CoverSize = "") -> Response:
        """Send the cover of a book."""
        found = await cover_of(self._library, book, size)
        if found is None:
            raise HTTPException(404, "This book has no cover.")
        return found

    async def redo(self, book: int, sentence: RedoRequest) -> NoteAnswer:
        """Have one sentence spoken again."""
        return NoteAnswer(await self._library.redo(book, sentence.chapter, sentence.sentence, sentence.say))


async def cover_of(library: Listening, number: int, size: str) -> Response | None:
    """Return the cover of a book, which may be small; None if there is none."""
    if size == "small":
        small = await library.small_cover(number)
        found = ("image/jpeg", small) if small else None
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
