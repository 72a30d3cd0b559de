"""The site: views, orders and events for browsers, over the same answers as the interface for programs.

Pieces of HTML are made anew for all readers together, and only changed ones are sent. Templates escape everything. The
page asks before it does what cannot be taken back by another button.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from swarm import __version__
from swarm.errors import UsageError
from swarm.lease.member_message import Order
from swarm.server.api.app import path_of
from swarm.server.api.live_views import LiveViews, Pieces, tell_pieces
from swarm.server.order_handler import OrderHandler
from swarm.server.page.auth_middleware import form_of, visitor_of
from swarm.server.page.static_files import digest_of, read_static_files, read_style
from swarm.server.queue import Queue
from swarm.system.text import about_text, bytes_text, clean, clean_note, count_text, duration_text, speed_text


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
            then = "It leaves the list. What is spoken of it and audiobooks that are written stay on the disk."
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


COMMAND = re.compile(
    r" \([^()]*`e2a-swarm [^`]*`[^()]*\)|[;:,] [^;:.`]*`e2a-swarm [^`]*`[^;.]*|(?<=\.) [^.(]*`e2a-swarm [^`]*`[^.]*\."
)


def page_note(note: str) -> str:
    """Return a sentence without the clauses that name a command of a terminal: people at a page have none."""
    return COMMAND.sub("", note)


PLACE = r" to (?:/|[A-Za-z]:\\)\S*?(?=[,.:]?(?:\s|$))"  # a path of the server
COPYING = re.compile(rf"(?:,? or)? ?copy [^:(]{{1,500}}?{PLACE}(?:, or)?|{PLACE}", re.IGNORECASE)


def fetch_note(note: str) -> str:
    """Return what is told of a download, for people at a page: they copy no file into a folder of the server."""
    return re.sub(r"(?<=\. )[a-z]", lambda first: first[0].upper(), COPYING.sub("", page_note(note)))


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
        self._live = LiveViews()

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
        note = page_note(note)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"note": note} if code < 400 else {"error": note}, code)
        return self.render(request, "told.html", code, note=note, back=back)

    def to(self, path: str) -> Response:
        """Send a browser to another page."""
        return RedirectResponse(self.url(path), 303)

    def stream(self, request: Request, name: str, render: Callable[[], Pieces]) -> Response:
        """Return the events of a view."""
        return self._live.stream(request, name, render, tell_pieces)

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


MAX_BACK = 100
COUNT = "count"  # begins the name of a field with a number that the button of its card needs


class Orders:
    """Obeys buttons: the value of each is the action, a count, and the book or machine."""

    def __init__(self, site: Site, order_handler: OrderHandler, queue: Queue) -> None:
        self._site, self._order_handler, self._queue = site, order_handler, queue

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these orders."""
        return [Route("/orders", self.order, methods=["POST"])]

    async def order(self, request: Request) -> Response:
        """Give the order of a button, or ask first: scripts of the page have asked already, and send `sure`."""
        form = form_of(request)
        try:
            action, count, target = form.get("order", [""])[0].split(" ", 2)
            if count.startswith(COUNT):
                count = form.get(count, [""])[0]
            asked = {"type": "Order", "action": action, "target": target, "count": int(count)}
            order = msgspec.convert(asked, Order)
        except (ValueError, msgspec.MsgspecError):
            raise UsageError("This order is not understood: a number is missing, or the page is out of date.") from None
        back = self._back(form.get("back", ["/"])[0])
        question = question_of(order.action, self._name(order.target))
        if question and "sure" not in form:
            fields = {"order": f"{action} {order.count} {target}", "back": back}
            return self._site.render(request, "question.html", question=question, fields=fields)
        return self._site.told(request, self._order_handler.obey(order), back)

    def _name(self, target: str) -> str:
        """Return what a book or machine is called."""
        book = next((book for book in self._queue.books if str(book.id) == target), None)
        return clean(book.heading if book else target)

    def _back(self, path: str) -> str:
        """Return where the button was, if that is a page of this site."""
        is_own = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
        return path if is_own and len(path) <= MAX_BACK else "/"
