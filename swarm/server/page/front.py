"""Puts the page together with the interface for programs: one address for both, also below a prefix."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from swarm.errors import SwarmError
from swarm.server.api.app import Api, MemberAnswers, code_of, make_app
from swarm.server.api.feeds import ListeningApi
from swarm.server.api.tokens import Doorkeeper
from swarm.server.order_handler import OrderHandler
from swarm.server.page.add_views import AddViews
from swarm.server.page.advice import Advice, Advisor, BookOptions
from swarm.server.page.auth_middleware import AuthMiddleware, Sessions, keep_ended, obtain_secret, read_ended
from swarm.server.page.books_view import BookViews, ListenViews
from swarm.server.page.cli_process import CliProcess, CliProcesses, OwnWorker
from swarm.server.page.log_in import LogIn, Password, forget_first_password
from swarm.server.page.machines_view import MachineViews, MemberViews
from swarm.server.page.site import Orders, Site
from swarm.system.machine import Clock

FOR_PROGRAMS = ("/api/", "/metrics", "/healthz", "/feeds/")


class Front:
    """Passes requests of programs to one application and those of browsers to another.

    With a prefix it serves below it, whether or not a proxy takes the prefix away.
    """

    def __init__(self, programs: ASGIApp, browsers: ASGIApp, prefix: str = "") -> None:
        self._programs, self._browsers, self._prefix = programs, browsers, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        below = path.removeprefix(self._prefix) if path.startswith(f"{self._prefix}/") else path
        below = "/" if below == self._prefix else below
        scope = {**scope, "path": self._prefix + below, "root_path": self._prefix, "state": {}}
        scope.pop("raw_path", None)
        app = self._programs if below.startswith(FOR_PROGRAMS) else self._browsers
        await app(scope, receive, send)


class SiteConfig(NamedTuple):
    """How the page is served. Without a password only this machine comes in."""

    state_dir: Path
    password: Password | None = None
    prefix: str = ""  # a proxy serves the page at this path
    options: BookOptions = BookOptions()
    join: Callable[[], str] = lambda: "e2a-swarm work"  # the line that a new machine runs once
    own: OwnWorker | None = None  # the switch of the worker on the server's own machine
    cli: CliProcess | None = None  # tests give one in place of the program's own commands


def make_front(
    config: SiteConfig,
    api: Api,
    order_handler: OrderHandler,
    listening: ListeningApi,
    doorkeeper: Doorkeeper,
    clock: Clock,
) -> Front:
    """Make the application of the whole web side. Raises StoreError."""
    password = config.password
    secret = obtain_secret(config.state_dir) + (password.stored.encode() if password else b"")
    sessions = Sessions(secret, read_ended(config.state_dir))
    site = Site(config.prefix, has_password=password is not None)
    run = config.cli or CliProcesses(config.state_dir)
    fetch = config.cli or CliProcesses(config.state_dir)  # a download takes long, and no other command waits for it
    advisor = Advisor(api.resident, run, fetch, api.folder, config.options)
    views = (
        BookViews(site, api, listening.files, config.options.fields),
        MachineViews(site, api, config.join, order_handler.members, config.own),
        MemberViews(site, order_handler.members, clock),
        AddViews(site, api.resident, advisor, clock),
        Orders(site, order_handler, api.resident.queue),
        ListenViews(site, listening, api.resident.queue, advisor.samples),
    )
    app = Starlette(routes=[*_common(site), *(route for view in views for route in view.routes())])
    middleware = AuthMiddleware(
        app, sessions, clock, lambda: keep_ended(config.state_dir, sessions), is_open=password is None
    )
    if password:
        log_in = LogIn(site, middleware, password, clock, lambda: forget_first_password(config.state_dir))
        app.router.routes.extend(log_in.routes())
    _answer_faults(app, site)
    advice = Advice(api.resident, advisor, config.join)
    more = [*listening.routes(), *advice.routes(), *MemberAnswers(order_handler.members).routes()]
    programs = make_app(api, doorkeeper, clock, middleware.admits, more, config.prefix)
    return Front(programs, middleware, config.prefix)


def _common(site: Site) -> list[BaseRoute]:
    compressed = [Middleware(GZipMiddleware)]
    return [
        Route("/static/{digest}/{name}", site.static, middleware=compressed),
        Route("/manifest.webmanifest", site.manifest),
    ]


def _answer_faults(app: Starlette, site: Site) -> None:
    """Have the site answer requests that cannot be obeyed, and those for no page, in words."""

    async def refused(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, SwarmError)
        return site.told(request, str(fault), code=code_of(fault))

    async def unknown(request: Request, fault: Exception) -> Response:
        return site.told(request, "There is no such page.", code=404)

    app.add_exception_handler(SwarmError, refused)
    app.add_exception_handler(404, unknown)
