"""The views Books and Machines, and the orders that their buttons give."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.desk import Desk
from swarm.errors import UsageError
from swarm.lease.order import Order
from swarm.site.gate import form_of
from swarm.site.live import Pieces
from swarm.site.site import Site
from swarm.web.answers import book_answers, machine_answers
from swarm.web.app import Api


class QueueViews:
    """The views of the queue and of the machines."""

    def __init__(self, site: Site, api: Api, desk: Desk) -> None:
        self._site, self._api, self._desk = site, api, desk

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these views."""
        return [
            Route("/", self.books),
            Route("/machines", self.machines),
            Route("/live/books", self.live_books),
            Route("/live/machines", self.live_machines),
            Route("/orders", self.order, methods=["POST"]),
        ]

    async def books(self, request: Request) -> Response:
        """Show the queue."""
        return self._site.render(request, "books.html", pieces=self._book_pieces())

    async def machines(self, request: Request) -> Response:
        """Show the machines."""
        return self._site.render(request, "machines.html", pieces=self._machine_pieces())

    async def live_books(self, request: Request) -> Response:
        """Stream what changes of the queue."""
        return self._site.stream(request, "books", self._book_pieces)

    async def live_machines(self, request: Request) -> Response:
        """Stream what changes of the machines."""
        return self._site.stream(request, "machines", self._machine_pieces)

    def _book_pieces(self) -> Pieces:
        books = book_answers(*self._api.look())
        return {f"book-{book.book}": self._site.piece("piece-book.html", book=book) for book in books}

    def _machine_pieces(self) -> Pieces:
        machines = machine_answers(self._api.look()[1])
        return {
            f"machine-{place}": self._site.piece("piece-machine.html", machine=machine, place=place)
            for place, machine in enumerate(machines)
        }

    async def order(self, request: Request) -> Response:
        """Give the order of a button: its action, a count, and the book or machine."""
        form = form_of(request)
        words = form.get("order", [""])[0].split(" ", 2)
        back = form.get("back", ["/"])[0]
        try:
            action, count, target = words
            asked = {"type": "Order", "action": action, "target": target, "count": int(count), "by": "the page"}
            order = msgspec.convert(asked, Order)
        except (ValueError, msgspec.MsgspecError):
            raise UsageError("This button is unknown: load the page again.") from None
        return self._site.told(request, self._desk.obey(order), back if back in ("/", "/machines") else "/")
