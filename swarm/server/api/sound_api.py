"""The interface for listeners: the chapters of a book, its sentences with their times, and its sound by stretches."""

import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.errors import UsageError
from swarm.server.api.answers import ListenAnswer, RedoRequest, book_answers
from swarm.server.api.app import JsonAnswer, read_small
from swarm.server.listening import MAX_STRETCHES, Listening
from swarm.server.resident import Resident

FOR_EVER = "private, max-age=31536000, immutable"  # the address has the sound's digest
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class SoundApi:
    """The answers for listeners."""

    def __init__(self, library: Listening, resident: Resident) -> None:
        self._library, self._resident = library, resident

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        place = "/api/v1/books/{book:int}"
        return [
            Route(f"{place}/chapters", self.chapters),
            Route(f"{place}/chapters/{{chapter:int}}", self.chapter),
            Route(f"{place}/chapters/{{chapter:int}}/{{stretch:int}}.wav", self.sound),
            Route(f"{place}/doubtful", self.doubtful),
            Route(f"{place}/cover", self.cover),
            Route(f"{place}/redo", self.redo, methods=["POST"]),
        ]

    async def chapters(self, request: Request) -> Response:
        """Tell how much of each chapter can be heard."""
        opened = await self._library.open(request.path_params["book"])
        spec = opened.state.spec
        return JsonAnswer(
            ListenAnswer(
                opened.book.id,
                opened.book.heading,
                spec.book.authors,
                spec.recipe.language,
                book_answers([opened.book], self._resident.status())[0].state,
                opened.playback.chapters(),
            )
        )

    async def chapter(self, request: Request) -> Response:
        """Tell the stretches of a chapter, with its sentences and their times."""
        opened = await self._library.open(request.path_params["book"])
        first, count = (_number(request, name, usual) for name, usual in (("from", 1), ("count", MAX_STRETCHES)))
        found = opened.playback.chapter(request.path_params["chapter"], first, count)
        return JsonAnswer(found) if found else _none("There is no such chapter.")

    async def doubtful(self, request: Request) -> Response:
        """List the sentences that may be wrong."""
        opened = await self._library.open(request.path_params["book"])
        return JsonAnswer(opened.playback.doubtful())

    async def sound(self, request: Request) -> Response:
        """Send the sound of a stretch, or a range of it."""
        numbers = (request.path_params[name] for name in ("book", "chapter", "stretch"))
        found = await self._library.wav(*numbers)
        if found is None:
            return _none("This cannot be heard yet.")
        digest, content = found
        same = request.query_params.get("sound", "") == digest
        return ranged(request, content, "audio/wav", digest, FOR_EVER if same else "no-cache")

    async def cover(self, request: Request) -> Response:
        """Send the cover of a book."""
        return await cover_of(self._library, request) or _none("This book has no cover.")

    async def redo(self, request: Request) -> Response:
        """Have a sentence spoken again."""
        try:
            asked = msgspec.json.decode(await read_small(request), type=RedoRequest)
        except msgspec.MsgspecError as fault:
            raise UsageError(f"The body names no sentence: {fault}.") from fault
        note = await self._library.redo(request.path_params["book"], asked.chapter, asked.sentence, asked.say)
        return JsonAnswer({"note": note})


async def cover_of(library: Listening, request: Request) -> Response | None:
    """Return the cover of a book, small if the request says so; None if there is none."""
    number = request.path_params["book"]
    if request.query_params.get("size") == "small":
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


def _number(request: Request, name: str, usual: int) -> int:
    shown = request.query_params.get(name, "")
    return int(shown) if shown.isascii() and shown.isdecimal() and len(shown) < 7 else usual


def _none(why: str) -> Response:
    return JsonAnswer({"error": why}, 404)
