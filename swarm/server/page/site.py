"""The site: views, orders and events for browsers, over the same answers as the interface for programs.

Pieces of HTML are made anew for all readers together, and only changed ones are sent. Templates escape everything. The
page asks before it does what cannot be taken back by another button.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from swarm import __version__
from swarm.errors import UsageError
from swarm.server.api.app import event_stream, path_of
from swarm.server.page.auth_middleware import visitor_of
from swarm.server.page.static_files import digest_of, read_static_files, read_style
from swarm.system.text import about_text, bytes_text, clean, clean_note, count_text, duration_text, speed_text

TURN_S = 1.0
REST = 30.0  # a look that took long is followed by a rest of so many times its length
QUIET_S = 15.0  # a comment is sent after so long, so that no proxy takes the stream for dead
MAX_REST_S = 10.0
MAX_READERS = 100

Pieces = Mapping[str, str]  # HTML by the id of its element, in order


class LiveView:
    """One view that pages follow. `render` makes its pieces."""

    def __init__(self, render: Callable[[], Pieces]) -> None:
        self._render = render
        self._pieces: Pieces = {}
        self._changed: dict[str, int] = {}  # the version in which a piece was last changed
        self._ordered = 0  # the version in which the order was last changed
        self._news: dict[int, bytes] = {}  # news of the present version; keys are the versions that readers have
        self.version = 0

    def look(self) -> None:
        """Render the view anew."""
        pieces = self._render()
        changed = [name for name, text in pieces.items() if self._pieces.get(name) != text]
        is_moved = list(pieces) != list(self._pieces)
        if not changed and not is_moved:
            return
        self.version += 1
        self._changed = {name: self._changed.get(name, 0) for name in pieces}
        self._changed |= dict.fromkeys(changed, self.version)
        self._ordered = self.version if is_moved else self._ordered
        self._pieces = pieces
        self._news.clear()

    def news(self, since: int) -> bytes:
        """Return what changed after a version, as a server-sent event."""
        if since in self._news:
            return self._news[since]
        pieces = {name: self._pieces[name] for name, version in self._changed.items() if version > since}
        order = list(self._pieces) if self._ordered > since else None
        told = msgspec.json.encode({"order": order, "pieces": pieces})
        self._news[since] = b"event: pieces\ndata: " + told + b"\n\n"
        return self._news[since]


class Live:
    """The views that are followed at the moment. Nothing is rendered while no page is open."""

    def __init__(self) -> None:
        self._views: dict[str, LiveView] = {}
        self._readers: dict[str, int] = {}
        self._rest_s = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def readers(self) -> int:
        """How many pages are open."""
        return sum(self._readers.values())

    async def follow(self, name: str, render: Callable[[], Pieces]) -> AsyncIterator[bytes]:
        """Yield the events of a view: all of it at once, then what changes."""
        view = self._views.setdefault(name, LiveView(render))
        self._readers[name] = self._readers.get(name, 0) + 1
        try:
            view.look()
            seen, quiet_s = 0, 0.0
            while True:
                if view.version != seen:
                    yield view.news(seen)
                    seen, quiet_s = view.version, 0.0
                elif quiet_s >= QUIET_S:
                    yield b": still here\n\n"
                    quiet_s = 0.0
                began_s = time.monotonic()
                await self._next_turn()
                quiet_s += time.monotonic() - began_s
        finally:
            self._readers[name] -= 1
            if not self._readers[name]:
                del self._readers[name], self._views[name]
            if not self._readers and self._task:
                self._task.cancel()

    async def _next_turn(self) -> None:
        """Wait until all views were rendered anew."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_in_a_while())
        await asyncio.shield(self._task)

    async def _look_in_a_while(self) -> None:
        await asyncio.sleep(max(TURN_S, self._rest_s))
        began_s = time.monotonic()
        for view in list(self._views.values()):
            view.look()
        self._rest_s = min(REST * (time.monotonic() - began_s), MAX_REST_S)


class Question(NamedTuple):
    """A question, what follows from yes, and the words of both buttons."""

    ask: str
    then: str
    yes: str
    no: str


def question_of(action: str, name: str) -> Question | None:
    """Return what is asked before an order for a book or machine of that name; None if it is obeyed at once."""
    match action:
        case "remove":
            then = "It leaves the list. Audiobooks that are written stay where they are."
            return Question(f"Remove {name}?", then, "Remove it", "Keep it")
        case "cancel":
            then = "What is spoken of it stays, so it can be taken up again."
            return Question(f"Stop speaking {name}?", then, "Stop it", "Keep speaking")
        case "drain":
            then = "It finishes its sentences and leaves. To have it back, start it there again."
            return Question(f"Let {name} leave?", then, "Let it leave", "Keep it")
        case "refuse":
            then = "It is told so, and asks no more. To let it in later, make an invite for it."
            return Question(f"Refuse {name}?", then, "Refuse it", "Let it wait")
        case "put out":
            then = "It is cut off at once. All other members get a new code by themselves; the old one opens nothing."
            return Question(f"Put {name} out of the swarm?", then, "Put it out", "Keep it")
    return None


def make_environment() -> Environment:
    """Return the environment that renders the templates."""
    made = Environment(
        loader=PackageLoader("swarm.server.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Any] = {
        "about": about_text,
        "bytes": bytes_text,
        "clean": clean,
        "clean_note": clean_note,
        "count": count_text,
        "duration": duration_text,
        "speed": speed_text,
    }
    made.filters.update(filters)
    made.globals["question_of"] = question_of
    return made


FOR_EVER = "public, max-age=31536000, immutable"
NAVIGATION = (("Books", "/"), ("Machines", "/machines"), ("Shelf", "/shelf"))


class Site:
    """What all views share: templates, static files, live pieces. `prefix` is the path that a proxy serves it at."""

    def __init__(self, prefix: str = "", *, has_password: bool = False) -> None:
        self._prefix = prefix
        self._static = read_static_files()
        self._digest = digest_of(self._static)
        self._environment = make_environment()
        known = {
            "url": self.url,
            "static": self.static_url,
            "version": __version__,
            "navigation": NAVIGATION,
            "style": read_style(),
        }
        self._environment.globals.update(known, has_password=has_password)
        self.live = Live()

    def url(self, path: str) -> str:
        """Return the address of a path of this site."""
        return f"{self._prefix}{path}"

    def static_url(self, name: str) -> str:
        """Return the address of a static file, which changes with its content."""
        if name not in self._static:
            raise KeyError(name)
        return self.url(f"/static/{self._digest}/{name}")

    def render(self, request: Request, template: str, code: int = 200, **values: Any) -> Response:
        """Return a page."""
        visitor = visitor_of(request)
        text = self.piece(template, visitor=visitor, here=path_of(request.scope), **values)
        return HTMLResponse(text, code)

    def piece(self, template: str, **values: Any) -> str:
        """Return a piece of a page, which is the same for every visitor."""
        return self._environment.get_template(template).render(**values)

    def told(self, request: Request, note: str, back: str = "/", code: int = 200) -> Response:
        """Answer what was sent with a sentence: to a script as JSON, else as a page."""
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"note": note} if code < 400 else {"error": note}, code)
        return self.render(request, "told.html", code, note=note, back=back)

    def to(self, path: str) -> Response:
        """Send a browser to another page."""
        return RedirectResponse(self.url(path), 303)

    def stream(self, request: Request, name: str, render: Callable[[], Pieces]) -> Response:
        """Return the events of a view."""
        if self.live.readers >= MAX_READERS:
            raise UsageError(f"{MAX_READERS} pages are open already.")
        events: AsyncIterator[bytes] = self.live.follow(name, render)
        return event_stream(request, events, {"X-Accel-Buffering": "no"})

    async def static(self, request: Request) -> Response:
        """Serve a static file."""
        found = self._static.get(request.path_params["name"])
        if found is None or self._digest != request.path_params["digest"]:
            return Response("There is no such file.\n", 404, media_type="text/plain")
        return Response(found.content, media_type=found.kind, headers={"Cache-Control": FOR_EVER})

    async def manifest(self, request: Request) -> Response:
        """Serve what makes the page an app that can be installed."""
        icons = [
            {"src": self.static_url(name), "sizes": size, "type": kind, "purpose": purpose}
            for name, size, kind, purpose in (
                ("icon.svg", "any", "image/svg+xml", "any"),
                ("icon-192.png", "192x192", "image/png", "any"),
                ("icon-512.png", "512x512", "image/png", "any"),
                ("icon-maskable-512.png", "512x512", "image/png", "maskable"),
            )
        ]
        home = self.url("/")
        names = {"name": "e2a-swarm", "short_name": "e2a-swarm", "description": "Audiobooks spoken by a swarm"}
        looks = {"display": "standalone", "background_color": "#fbfaf8", "theme_color": "#1f5f5b"}
        return JSONResponse(
            {"id": home, "start_url": home, "scope": home, "lang": "en", **names, **looks, "icons": icons},
            media_type="application/manifest+json",
        )

    async def worker(self, request: Request) -> Response:
        """Serve the service worker, which shows a page of its own where there is no network."""
        files = [self.static_url(name) for name in self._static]
        script = self.piece("worker.js", files=files, digest=f"{self._digest} {__version__}")
        return Response(script, media_type="text/javascript")

    async def offline(self, request: Request) -> Response:
        """Show what a browser shows while the server is not reached."""
        return self.render(request, "offline.html")


class Memo:
    """Renders the pieces of a view, each only if what it shows has changed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: dict[str, tuple[dict[str, object], str]] = {}

    def pieces(self, shown: Iterable[tuple[str, str, dict[str, object]]]) -> Pieces:
        """Return the pieces of a view, given the name, the template and the values of each."""
        kept = {}
        for name, template, values in shown:
            had = self._kept.get(name)
            kept[name] = had if had and had[0] == values else (values, self._site.piece(template, **values))
        self._kept = kept
        return {name: text for name, (_, text) in kept.items()}
