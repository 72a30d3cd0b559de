"""The site: views, orders and events for browsers, over the same answers as the interface for programs."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from swarm import __version__
from swarm.errors import UsageError
from swarm.site.gate import visitor_of
from swarm.site.live import MAX_READERS, Live, Pieces
from swarm.site.static_files import digest_of, read_static_files, read_style
from swarm.site.templates import make_environment
from swarm.web.app import path_of
from swarm.web.stream import event_stream

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
