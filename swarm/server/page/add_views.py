"""The views that add books: upload, contents, voices, options.

A book that was uploaded and waits for its options is a draft, in a folder of files on their way.
"""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from swarm.errors import NotThere, UsageError
from swarm.server.api.app import body_of
from swarm.server.order_handler import write_book
from swarm.server.page.advice import MAX_LANGUAGE, Advisor, notes_of
from swarm.server.page.auth_middleware import form_of
from swarm.server.page.cli_process import ModelFetch
from swarm.server.page.fields import OptionField, in_words, words_of_form
from swarm.server.page.site import Site, fetch_note, page_note
from swarm.server.queue import safe_name
from swarm.server.resident import Resident
from swarm.system.machine import Clock

KEPT_S = 6 * 3600.0
MAX_DRAFTS = 100
MAX_NAME = 500


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

    async def write_draft(self, name: str, size: int, chunks: AsyncIterator[bytes], now: float) -> Draft:
        """Write the chunks of a book to a new draft. `size` is what was announced. Raises UsageError, StoreError."""
        self._forget(now)
        number, name = secrets.token_hex(8), safe_name(name[:MAX_NAME])
        draft = Draft(number, name, self._folder / f"draft {number} {name}", now)
        try:
            await write_book(draft.path, chunks, size)
        except BaseException:
            draft.path.unlink(missing_ok=True)
            raise
        self._drafts[number] = draft
        return draft

    def find_draft(self, number: str) -> Draft:
        """Return a draft. Raises NotThere if it is gone."""
        draft = self._drafts.get(number)
        if draft is None or not draft.path.is_file():
            raise NotThere("This book is no longer here: choose its file again.")
        return draft

    def remove_draft(self, draft: Draft) -> None:
        """Remove a draft, with its file."""
        self._drafts.pop(draft.number, None)
        draft.path.unlink(missing_ok=True)

    def _forget(self, now: float) -> None:
        for draft in list(self._drafts.values()):
            if draft.since_s < now - KEPT_S or len(self._drafts) >= MAX_DRAFTS:
                self.remove_draft(draft)


MAX_TOGETHER = 20  # books that share a form
MAX_CHAPTERS = 100_000
SWITCHES = ("--include=", "--exclude=", "--citations=")  # options that decide a doubt
Form = Mapping[str, list[str]]


class AddViews:
    """The views that add books."""

    def __init__(self, site: Site, resident: Resident, advisor: Advisor, clock: Clock) -> None:
        self._site, self._resident, self._advisor, self._clock = site, resident, advisor, clock
        self._options, self._drafts = advisor.options, Drafts(advisor.folder)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/drafts", self.upload, methods=["POST"]),
            Route("/add/{numbers}", self.show, methods=["GET"]),
            Route("/add/{numbers}", self.add, methods=["POST"]),
            Route("/contents/{number}", self.contents, methods=["POST"]),
            Route("/again/{book:int}", self.again, methods=["POST"]),
            Route("/voices", self.voices, methods=["POST"]),
            Route("/samples", self.sample, methods=["POST"]),
            Route("/fetches", self.fetch, methods=["POST"]),
            Route("/fetches", self.find_fetch, methods=["GET"]),
        ]

    async def upload(self, request: Request) -> Response:
        """Take in the file that is the body of a request."""
        size = int(request.headers.get("content-length", "0")) if _is_number(request) else 0
        name = request.query_params.get("name", "")
        draft = await self._drafts.write_draft(name, size, body_of(request), self._clock.now())
        return JSONResponse({"draft": draft.number, "name": draft.name}, 201)

    async def again(self, request: Request) -> Response:
        """Make a draft of a book of the queue, to speak it with other options."""
        path = self._resident.queue.path(book := self._resident.queue.find_book(request.path_params["book"]))
        draft = await self._drafts.write_draft(book.name, path.stat().st_size, _file(path), self._clock.now())
        return self._site.to(f"/add/{draft.number}")

    async def show(self, request: Request) -> Response:
        """Show the form for the options of uploaded books."""
        return self._form(request, self._named(request), {})

    def _form(self, request: Request, drafts: Sequence[Draft], form: Form, why: str = "") -> Response:
        """Show the form; one that was refused keeps what was filled in, also of the chapters that come later."""
        kept = {
            draft.number: [(name, value) for name in _own_names(draft) for value in form.get(name, [])]
            for draft in drafts
        }
        values = {"drafts": drafts, "groups": self._groups(), "given": form, "kept": kept}
        why = page_note(in_words(self._options.fields, why))
        return self._site.render(request, "add.html", 400 if why else 200, why=why, **values)

    async def contents(self, request: Request) -> Response:
        """Show what would be read of a book, and how long that takes."""
        draft, form = self._drafts.find_draft(request.path_params["number"]), form_of(request)
        words = self._reading(draft, form)
        try:
            contents, estimate = await self._advisor.contents(draft.path, draft.name, words)
        except UsageError as fault:
            why = page_note(in_words(self._options.fields, str(fault)))
            return self._site.render(request, "piece-broken.html", draft=draft, why=why)
        is_kept = form.get(f"read_with.{draft.number}", [""])[0].splitlines() == list(words)
        chosen = form.get(f"chapter.{draft.number}", []) if is_kept and f"chapters.{draft.number}" in form else None
        return self._site.render(
            request,
            "piece-contents.html",
            draft=draft,
            chosen=chosen,
            contents=contents,
            notes=[
                in_words(self._options.fields, note)
                for note in notes_of(contents, self._options.lack_of(contents["engine"]))
            ],
            included=form.get(f"include.{draft.number}", []),
            switched=form.get(f"switch.{draft.number}", []),
            read_with="\n".join(words),
            estimate=estimate,
        )

    async def voices(self, request: Request) -> Response:
        """List the voices of a language."""
        language = form_of(request).get("language", [""])[0].strip()[:MAX_LANGUAGE]
        engines = (await self._advisor.voices(language))["engines"]
        return self._site.render(request, "piece-voices.html", engines=engines, language=language)

    async def sample(self, request: Request) -> Response:
        """Speak three sentences of the book that is added with a voice, or one where there is none."""
        form = form_of(request)
        engine, voice, language, number = (form.get(name, [""])[0] for name in ("engine", "voice", "language", "draft"))
        book = self._drafts.find_draft(number).path if number else None
        return await self._advisor.samples.sample_of(engine, voice, language, book)

    async def fetch(self, request: Request) -> Response:
        """Begin to fetch what a voice needs."""
        return _as_json(self._advisor.fetches.fetch(form_of(request).get("model", [""])[0]))

    async def find_fetch(self, request: Request) -> Response:
        """Tell how far a download is."""
        return _as_json(self._advisor.fetches.find_fetch(request.query_params.get("model", "")))

    async def add(self, request: Request) -> Response:
        """Add the uploaded books to the queue."""
        drafts, form = self._named(request), form_of(request)
        drafts = [draft for draft in drafts if draft.number not in form.get("broken", [])]
        try:
            options = {draft.number: self._words(draft, form) for draft in drafts}
            for draft in drafts:
                await self._resident.add_book(draft.path, draft.name, options[draft.number])
                self._drafts.remove_draft(draft)
        except UsageError as fault:
            return self._form(request, [draft for draft in drafts if draft.path.is_file()], form, str(fault))
        return self._site.to("/")

    def _named(self, request: Request) -> list[Draft]:
        numbers = dict.fromkeys(request.path_params["numbers"].split(","))
        return [self._drafts.find_draft(number) for number in list(numbers)[:MAX_TOGETHER]]

    def _groups(self) -> dict[str, list[OptionField]]:
        groups: dict[str, list[OptionField]] = {}
        for field in self._options.fields:
            groups.setdefault("" if field.is_first else field.group, []).append(field)
        return groups

    def _reading(self, draft: Draft, form: Form) -> tuple[str, ...]:
        """Return the words of `inspect` for a book."""
        given = words_of_form(self._options.fields, form) + _included(draft, form)
        return tuple(self._options.inspect_words(given))

    def _words(self, draft: Draft, form: Form) -> tuple[str, ...]:
        """Return the options of a book. Raises UsageError if its chapters were counted with other options."""
        words = words_of_form(self._options.fields, form) + _included(draft, form)
        total = form.get(f"chapters.{draft.number}", [""])[0]
        chosen = sorted({int(each) for each in form.get(f"chapter.{draft.number}", []) if each.isdecimal()})
        if not total.isdecimal() or not 0 < int(total) <= MAX_CHAPTERS or len(chosen) == int(total):
            return words
        if not chosen:
            raise UsageError(f"No chapter of {draft.name} is chosen.")
        read_with = form.get(f"read_with.{draft.number}", [""])[0].splitlines()
        if read_with != list(self._reading(draft, form)):
            raise UsageError(f"The chapters of {draft.name} changed with the options: choose among them again.")
        return (*words, f"--chapters={ranges_text(chosen)}")


def _as_json(fetch: ModelFetch) -> Response:
    return JSONResponse({"state": fetch.state, "words": fetch_note(fetch.words), "percent": fetch.percent})


def _own_names(draft: Draft) -> tuple[str, ...]:
    """Return the names of the fields that a book has for itself."""
    return tuple(f"{name}.{draft.number}" for name in ("chapters", "chapter", "include", "switch", "read_with"))


def ranges_text(numbers: Sequence[int]) -> str:
    """Return sorted numbers as --chapters takes them: "1-3,7"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in ranges)


def _included(draft: Draft, form: Form) -> tuple[str, ...]:
    """Return the options that a book's parts and doubts were given on the form."""
    included = [f"--include={name}" for name in form.get(f"include.{draft.number}", [])]
    switched = [word for word in form.get(f"switch.{draft.number}", []) if word.startswith(SWITCHES)]
    return tuple(" ".join(word.split()) for word in (*included, *switched))


def _is_number(request: Request) -> bool:
    return request.headers.get("content-length", "").isdecimal()


async def _file(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk
