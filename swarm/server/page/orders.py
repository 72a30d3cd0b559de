"""The orders that buttons of the page give."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.errors import UsageError
from swarm.lease.member_message import Order
from swarm.server.order_handler import OrderHandler
from swarm.server.page.auth_middleware import form_of
from swarm.server.page.site import Site, question_of
from swarm.server.queue import Queue
from swarm.system.text import clean

MAX_BACK = 100
COUNT = "count"  # begins the name of a field with a number that the button of its card needs


class Orders:
    """Obeys buttons: the value of each is the action, a count, and the book or machine."""

    def __init__(self, site: Site, desk: OrderHandler, queue: Queue) -> None:
        self._site, self._desk, self._queue = site, desk, queue

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
            asked = {"type": "Order", "action": action, "target": target, "count": int(count), "by": "the page"}
            order = msgspec.convert(asked, Order)
        except (ValueError, msgspec.MsgspecError):
            raise UsageError("This order is not understood: a number is missing, or the page is out of date.") from None
        back = self._back(form.get("back", ["/"])[0])
        question = question_of(order.action, self._name(order.target))
        if question and "sure" not in form:
            fields = {"order": f"{action} {order.count} {target}", "back": back}
            return self._site.render(request, "question.html", question=question, fields=fields)
        return self._site.told(request, self._desk.obey(order), back)

    def _name(self, target: str) -> str:
        """Return what a book or machine is called."""
        book = next((book for book in self._queue.books if str(book.id) == target), None)
        return clean(book.heading if book else target)

    def _back(self, path: str) -> str:
        """Return where the button was, if that is a page of this site."""
        is_own = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
        return path if is_own and len(path) <= MAX_BACK else "/"
