"""Puts the site together: its parts, its gate, and the interface for programs beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.desk import Desk
from swarm.errors import StoreError, SwarmError
from swarm.site.add import AddViews, BookOptions
from swarm.site.advice import Advice
from swarm.site.books_view import BookViews
from swarm.site.errand import Errand, Errands
from swarm.site.estimate import Estimator
from swarm.site.front import Front
from swarm.site.gate import SiteGate
from swarm.site.listen_views import ListenViews
from swarm.site.log_in import Entrance
from swarm.site.machines_view import MachineViews
from swarm.site.members_view import MemberViews
from swarm.site.orders import Orders
from swarm.site.password import Password, forget_first_password
from swarm.site.samples import VoiceSamples
from swarm.site.secret import keep_ended, obtain_secret, read_ended
from swarm.site.session import Sessions
from swarm.site.site import Site
from swarm.system.machine import Clock
from swarm.web.app import Api, make_app
from swarm.web.listening import Listening
from swarm.web.members import MemberAnswers
from swarm.web.token import Doorkeeper


class SiteConfig(NamedTuple):
    """How the page is served. Without a password only this machine comes in."""

    state_dir: Path
    password: Password | None = None
    prefix: str = ""  # a proxy serves the page at this path
    options: BookOptions = BookOptions()
    join: Callable[[], str] = lambda: "e2a-swarm work"  # the line that a new machine runs once
    errand: Errand | None = None  # tests give one in place of the program's own commands


def make_front(
    config: SiteConfig, api: Api, desk: Desk, listening: Listening, doorkeeper: Doorkeeper, clock: Clock
) -> Front:
    """Make the application of the whole web side. Raises StoreError."""
    password = config.password
    secret = obtain_secret(config.state_dir) + (password.stored.encode() if password else b"")
    sessions = Sessions(secret, read_ended(config.state_dir))
    site = Site(config.prefix, has_password=password is not None)
    errand = config.errand or Errands(config.state_dir)
    estimator = Estimator(api.resident, errand, api.folder, config.options.prices)
    samples = VoiceSamples(errand, api.folder)
    views = (
        BookViews(site, api, listening.files, config.options.fields),
        MachineViews(site, api, config.join, desk.members),
        MemberViews(site, desk.members, clock),
        AddViews(site, api.resident, config.options, errand, (estimator, samples), api.folder, clock),
        Orders(site, desk, api.resident.queue),
        ListenViews(site, listening, api.resident.queue),
    )
    app = Starlette(routes=[*_common(site), *(route for view in views for route in view.routes())])
    gate = SiteGate(app, sessions, clock, lambda: keep_ended(config.state_dir, sessions), is_open=password is None)
    if password:
        entrance = Entrance(site, gate, password, clock, lambda: forget_first_password(config.state_dir))
        app.router.routes.extend(entrance.routes())
    _answer_faults(app, site)
    advice = Advice(api.resident, errand, (estimator, samples), api.folder, config.options.inspect_words, config.join)
    more = [*listening.routes(), *advice.routes(), *MemberAnswers(desk.members).routes()]
    programs = make_app(api, doorkeeper, clock, gate.admits, more)
    return Front(programs, gate, config.prefix)


def _common(site: Site) -> list[BaseRoute]:
    return [
        Route("/static/{digest}/{name}", site.static),
        Route("/manifest.webmanifest", site.manifest),
        Route("/worker.js", site.worker),
        Route("/offline", site.offline),
    ]


def _answer_faults(app: Starlette, site: Site) -> None:
    """Have the site answer requests that cannot be obeyed, and those for no page, in words."""

    async def refused(request: Request, fault: Exception) -> Response:
        return site.told(request, str(fault), code=507 if isinstance(fault, StoreError) else 400)

    async def unknown(request: Request, fault: Exception) -> Response:
        return site.told(request, "There is no such page.", code=404)

    app.add_exception_handler(SwarmError, refused)
    app.add_exception_handler(404, unknown)
