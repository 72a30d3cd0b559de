"""Log in and out."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.site.attempts import Attempts
from swarm.site.gate import SiteGate, form_of, visitor_of
from swarm.site.password import Password
from swarm.site.site import Site
from swarm.system.machine import Clock


class Entrance:
    """The views of the password. `given` is called when the right one was."""

    def __init__(self, site: Site, gate: SiteGate, password: Password, clock: Clock, given: Callable[[], None]) -> None:
        self._site, self._gate, self._password, self._clock, self._given = site, gate, password, clock, given
        self._attempts = Attempts()
        self._one_by_one = asyncio.Lock()  # each check takes 32 MiB, so only one runs at a time

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/log-in", self.show, methods=["GET"]),
            Route("/log-in", self.enter, methods=["POST"]),
            Route("/log-out", self.leave, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form for the password."""
        if visitor_of(request).session.is_in:
            return self._site.to("/")
        return self._site.render(request, "log-in.html", why="")

    async def enter(self, request: Request) -> Response:
        """Begin a session if the password is right."""
        address = request.client.host if request.client else ""
        shown = form_of(request).get("password", [""])[0]
        async with self._one_by_one:
            wait_s = self._attempts.wait_s(address, self._clock.now())
            if wait_s > 0:
                why = f"Too many wrong passwords came. Try again in {round(wait_s) + 1} seconds."
                return self._site.render(request, "log-in.html", 429, why=why)
            is_right = await asyncio.to_thread(self._password.check, shown)
            if not is_right:
                self._attempts.note_wrong(address, self._clock.now())
                return self._site.render(request, "log-in.html", 403, why="This is not the password.")
        self._attempts.note_right(address)
        self._given()
        answer = self._site.to("/")
        answer.headers["Set-Cookie"] = self._gate.let_in(request)
        return answer

    async def leave(self, request: Request) -> Response:
        """End the session."""
        self._gate.end(visitor_of(request).session)
        return self._site.to("/log-in")
