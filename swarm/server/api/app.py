"""The interface for programs, /api/v1: what the commands of a queue and of members can do, over HTTP and JSON."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from swarm.coordinator.machine_orders import InviteRow, MemberAdmin, MemberList
from swarm.errors import StoreError, SwarmError, UsageError
from swarm.lease.member_message import Order
from swarm.lease.message import StatusReply
from swarm.server.api.answers import (
    BookAnswer,
    InviteAnswer,
    InviteRequest,
    MachineAnswer,
    OrderAnswer,
    OrderRequest,
    StandbyAnswer,
    StatusAnswer,
    book_answers,
    machine_answers,
    standby_answers,
    status_answer,
)
from swarm.server.api.calls import Call, ErrorAnswer, JsonAnswer, NoteAnswer, body_of, openapi
from swarm.server.api.live_views import LiveViews, Pieces
from swarm.server.api.metrics import exposition
from swarm.server.api.tokens import Doorkeeper
from swarm.server.order_handler import OrderHandler, write_book
from swarm.server.queue import QueuedBook, safe_name
from swarm.server.resident import Resident
from swarm.system.machine import Clock

GLANCE_S = 0.5  # followers share a state that is so old: with many machines it takes a while to tell
MAX_NAME = 500
MAX_ORDERS = 1000  # one request has no more
FileName = Annotated[str, Meta(description="the file's name")]
Options = Annotated[Sequence[str], Meta(description="an option of add; repeatable")]
WithAdmitted = Annotated[int, Meta(description="1: also those that came in by it")]
Orders = Annotated[list[OrderRequest], Meta(max_length=MAX_ORDERS)]
Seen = tuple[Sequence[QueuedBook], StatusReply]  # the queue, and the state of the coordinator
FREE = ("/healthz", "/feeds/")  # these need no token, or have one of their own


def _tell(pieces: Pieces, changed: Sequence[Any], is_moved: bool) -> bytes:
    """Return an event with the status, the books that changed, and the order of all if it did."""
    status, *books = pieces
    news: dict[str, object] = {"status": pieces[status], "books": [pieces[name] for name in changed if name != status]}
    return b"event: status\ndata: " + msgspec.json.encode(news | ({"order": books} if is_moved else {})) + b"\n\n"


class Api:
    """The answers. `folder` has room for books on their way."""

    def __init__(self, resident: Resident, order_handler: OrderHandler, folder: Path) -> None:
        self.resident, self._order_handler, self.folder = resident, order_handler, folder
        self._uploads = 0
        self._glance: tuple[float, StatusReply] | None = None  # when the reply was made, and the reply
        self._live = LiveViews()

    def look(self) -> Seen:
        """Return the queue and the state of the coordinator."""
        return self.resident.queue.books, self.resident.status()

    def glance(self) -> Seen:
        """Return what `look` does, for all that look every second: the coordinator is asked once for them."""
        now = time.monotonic()
        if self._glance is None or now - self._glance[0] > GLANCE_S:
            self._glance = now, self.resident.status()
        return self.resident.queue.books, self._glance[1]

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        book = "/api/v1/books/{book:int}"
        return [
            Route("/healthz", self.health),
            Route("/metrics", self.metrics),
            Call("GET", "/api/v1/status", self.status),
            Call("GET", "/api/v1/books", self.books),
            Call("POST", "/api/v1/books", self.add, 201, takes="application/octet-stream"),
            Call("GET", book, self.book),
            Call("POST", f"{book}/again", self.again, 201),
            Call("GET", "/api/v1/machines", self.machines),
            Call("GET", "/api/v1/standbys", self.standbys),
            Call("POST", "/api/v1/orders", self.order),
            Call("GET", "/api/v1/events", self.events, gives="text/event-stream"),
        ]

    async def health(self, request: Request) -> Response:
        """Tell that the process answers."""
        return Response("ok\n", media_type="text/plain")

    async def status(self) -> StatusAnswer:
        """Tell the state of all in one flat object."""
        return status_answer(*self.look())

    async def machines(self) -> list[MachineAnswer]:
        """List the connected machines."""
        return machine_answers(self.look()[1])

    async def standbys(self) -> list[StandbyAnswer]:
        """List the standbys, and how far they are behind."""
        return standby_answers(self.look()[1])

    async def books(self) -> list[BookAnswer]:
        """List the books of the queue, in order."""
        return book_answers(*self.look())

    async def book(self, book: int) -> BookAnswer:
        """Show one book."""
        return self._of(self.resident.queue.find_book(book))

    def _of(self, book: QueuedBook) -> BookAnswer:
        return book_answers([book], self.look()[1])[0]

    async def add(self, request: Request, name: FileName = "", option: Options = ()) -> BookAnswer:
        """Add the book that is the body."""
        name = safe_name(name[:MAX_NAME])
        self._uploads += 1
        path = self.folder / f"http {self._uploads} {name}"
        try:
            await save_body(request, path)
            book = await self.resident.add_book(path, name, option)
        finally:
            path.unlink(missing_ok=True)
        return self._of(book)

    async def again(self, book: int, option: Options = ()) -> BookAnswer:
        """Add a book of the queue once more, with other options."""
        found = self.resident.queue.find_book(book)
        return self._of(await self.resident.add_book(self.resident.queue.path(found), found.name, option))

    async def order(self, order: OrderRequest | Orders) -> OrderAnswer | list[OrderAnswer]:
        """Pause, move, drain, limit, approve and the like; also a list, which the queue records together."""
        try:
            orders = [_order(each) for each in (order if isinstance(order, list) else [order])]
        except msgspec.MsgspecError as fault:
            raise UsageError(f"The body is no order: {fault}.") from fault
        if isinstance(order, list):
            return [_became(each) for each in self._order_handler.obey_all(orders)]
        return _became(self._order_handler.obey(orders[0]))

    async def events(self, request: Request) -> Response:
        """Stream the status, and the books that changed, as server-sent events."""
        return self._live.stream(request, "events", self._pieces, _tell)

    def _pieces(self) -> Pieces:
        books, reply = self.glance()
        return {"status": status_answer(books, reply)} | {book.book: book for book in book_answers(books, reply)}

    async def metrics(self, request: Request) -> Response:
        """Tell the metrics for Prometheus."""
        return Response(
            exposition(self.look, self.resident.store.tally), media_type="text/plain; version=0.0.4; charset=utf-8"
        )


def make_app(
    api: Api,
    doorkeeper: Doorkeeper,
    clock: Clock,
    admits: Callable[[Scope], bool] = lambda scope: False,
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """Make the application, with `more` routes.

    Each path but those in FREE needs the token, unless `admits` lets a request in without.
    """
    routes = [*api.routes(), *more]

    async def document(request: Request) -> Response:
        return JsonAnswer(openapi(routes))

    routes.append(Route("/api/v1/openapi.json", document))
    handlers: dict[Any, Any] = {SwarmError: _refused, HTTPException: _unknown}
    guard = Middleware(Guarded, doorkeeper, clock, admits)
    return Starlette(routes=routes, exception_handlers=handlers, middleware=[guard])


class Guarded:
    """A middleware that lets only requests with the token in."""

    def __init__(
        self, app: ASGIApp, doorkeeper: Doorkeeper, clock: Clock, admits: Callable[[Scope], bool] = lambda scope: False
    ) -> None:
        self._app, self._doorkeeper, self._clock, self._admits = app, doorkeeper, clock, admits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] == "http" and not path_of(scope).startswith(FREE) and (refusal := self._refusal(scope)):
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        if self._admits(scope):
            return None
        shown = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        if self._doorkeeper.knows(shown):
            return None
        if self._doorkeeper.is_tried(self._clock.now()):
            return JsonAnswer({"error": "Too many wrong tokens came; try again in a minute."}, 429)
        why = "Send the header `Authorization: Bearer TOKEN`, with the token of the file web-token in the state folder."
        return JsonAnswer({"error": why}, 401, {"WWW-Authenticate": "Bearer"})


def path_of(scope: Scope) -> str:
    """Return the path of a request below the prefix at which a proxy serves it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"


async def _unknown(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    is_address = fault.detail == "Not Found"  # no handler says this
    why = "There is no such address: /api/v1/openapi.json lists all." if is_address else fault.detail
    return JsonAnswer(ErrorAnswer(why), fault.status_code, fault.headers)


def _order(asked: OrderRequest) -> Order:
    return msgspec.convert({**msgspec.to_builtins(asked), "by": "the API", "type": "Order"}, Order)


def _became(became: str | SwarmError) -> OrderAnswer:
    return OrderAnswer(error=str(became)) if isinstance(became, SwarmError) else OrderAnswer(became)


async def _refused(request: Request, fault: Exception) -> Response:
    code = 507 if isinstance(fault, StoreError) else 400
    return JsonAnswer(ErrorAnswer(str(fault)), code)


async def save_body(request: Request, path: Path) -> None:
    """Write the body of a request, which has to be a book, to a file. Raises UsageError, StoreError."""
    size = request.headers.get("content-length", "")
    await write_book(path, body_of(request), int(size) if size.isdecimal() else 0)


class MemberAnswers:
    """The answers. To approve and to refuse are orders, as for books and machines."""

    def __init__(self, members: MemberAdmin) -> None:
        self._members = members

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Call("GET", "/api/v1/members", self.list_all),
            Call("DELETE", "/api/v1/members/{member}", self.remove),
            Call("GET", "/api/v1/invites", self.invites),
            Call("POST", "/api/v1/invites", self.invite, 201),
            Call("DELETE", "/api/v1/invites/{invite}", self.revoke),
        ]

    async def list_all(self) -> MemberList:
        """List the members of the swarm, and the machines that wait."""
        return self._members.list()

    async def remove(self, member: str, with_those_it_admitted: WithAdmitted = 0) -> NoteAnswer:
        """Put a member out, by its name or fingerprint."""
        return NoteAnswer(self._members.remove_member(member, with_admitted=bool(with_those_it_admitted)))

    async def invites(self) -> Sequence[InviteRow]:
        """List the invites that are open, without their codes."""
        return self._members.list().invites

    async def revoke(self, invite: str) -> NoteAnswer:
        """Take an open invite back; `all`: all of them."""
        return NoteAnswer(self._members.revoke(invite))

    async def invite(self, invite: InviteRequest) -> InviteAnswer:
        """Make a code for one machine and a time."""
        return new_invite(self._members, invite.for_s)


def new_invite(members: MemberAdmin, for_s: int) -> InviteAnswer:
    """Make an invite. Raises UsageError, EnvironmentFault, StoreError."""
    code = members.invite(for_s).code
    return InviteAnswer(code, f"e2a-swarm join {code}", for_s)
