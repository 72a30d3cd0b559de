"""The orders that buttons of the page give."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.desk import Desk
from swarm.errors import UsageError
from swarm.lease.order import Order
from swarm.site.gate import form_of
from swarm.site.site import Site

MAX_BACK = 100
COUNT = "count"  # begins the name of a field with a number that the button of its card needs


class Orders:
    """Obeys buttons: the value of each is the action, a count, and the book or machine."""

    def __init__(self, site: Site, desk: Desk) -> None:
        self._site, self._desk = site, desk

    def routes(self) -> list[BaseRoute]:
        """Return the routes of these orders."""
        return [Route("/orders", self.order, methods=["POST"])]

    async def order(self, request: Request) -> Response:
        """Give the order of a button."""
        form = form_of(request)
        try:
            action, count, target = form.get("order", [""])[0].split(" ", 2)
            if count.startswith(COUNT):
                count = form.get(count, [""])[0]
            asked = {"type": "Order", "action": action, "target": target, "count": int(count), "by": "the page"}
            order = msgspec.convert(asked, Order)
        except (ValueError, msgspec.MsgspecError):
            raise UsageError("This order is not understood: a number is missing, or the page is out of date.") from None
        return self._site.told(request, self._desk.obey(order), self._back(form.get("back", ["/"])[0]))

    def _back(self, path: str) -> str:
        """Return where the button was, if that is a page of this site."""
        is_own = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
        return path if is_own and len(path) <= MAX_BACK else "/"
