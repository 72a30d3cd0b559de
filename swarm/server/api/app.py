"""The interface for programs, /api/v1: what the commands of a queue and of members can do, over HTTP and JSON."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import getdoc
from pathlib import Path
from typing import Annotated, Any, cast, get_args
from urllib.parse import urlsplit

import litestar
import msgspec
from litestar import HttpMethod, Litestar, MediaType
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, OpenAPIMediaType, Operation, RequestBody, Schema, SecurityScheme, Server
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import Meta
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from swarm import __version__
from swarm.coordinator.machine_orders import InviteRow, MemberAdmin, MemberList
from swarm.errors import NotThere, StoreError, SwarmError, UsageError
from swarm.lease.member_message import Action, Order
from swarm.lease.message import StatusReply
from swarm.server.api.answers import (
    BookAnswer,
    ErrorAnswer,
    InviteAnswer,
    InviteRequest,
    MachineAnswer,
    NoteAnswer,
    OrderAnswer,
    OrderRequest,
    StandbyAnswer,
    StatusAnswer,
    book_answers,
    machine_answers,
    standby_answers,
    status_answer,
)
from swarm.server.api.host import note_session
from swarm.server.api.live_views import LiveViews, Pieces
from swarm.server.api.metrics import exposition
from swarm.server.api.tokens import Doorkeeper
from swarm.server.order_handler import OrderHandler, write_book
from swarm.server.queue import QueuedBook, safe_name
from swarm.server.resident import Resident
from swarm.system.machine import Clock, is_loopback

GLANCE_S = 0.5  # followers share a state that is so old: with many machines it takes a while to tell
MAX_NAME = 500
MAX_ORDERS = 1000  # one request has no more
FileName = Annotated[str, QueryParameter(description="the file's name")]
Asked = NamedDependency[Request]  # the request, as the page knows it, too
Options = Annotated[tuple[str, ...], QueryParameter(description="an option of add; repeatable")]
WithAdmitted = Annotated[int, QueryParameter(description="1: also those that came in by it")]
Orders = Annotated[list[OrderRequest], Meta(max_length=MAX_ORDERS)]
REFUSALS = {
    400: "It was refused.",
    401: "The token is missing or wrong.",
    404: "It is not there.",
    413: "The body is too large.",
    429: "Too many wrong tokens came.",
    507: "The disk has no room.",
}
EVENTS = "text/event-stream"
NOT_KEPT = {"Cache-Control": "no-store"}  # the next moment has another answer
MAX_JSON_BYTES = 256 * 1024
logger = logging.getLogger(__name__)
Seen = tuple[Sequence[QueuedBook], StatusReply]  # the queue, and the state of the coordinator
FREE = ("/healthz", "/feeds/")  # these need no token, or have one of their own


def _tell(pieces: Pieces, changed: Sequence[Any], is_moved: bool) -> bytes:
    """Return an event with the status, the books that changed, and the order of all if it did."""
    status, *books = pieces
    news: dict[str, object] = {"status": pieces[status], "books": [pieces[name] for name in changed if name != status]}
    return b"event: status\ndata: " + msgspec.json.encode(news | ({"order": books} if is_moved else {})) + b"\n\n"


class StructSchemas(OpenAPISchemaPlugin):
    """Adds to what the framework says of a struct in the OpenAPI document: its docstring, and whether it is closed."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Tell whether a type is a struct."""
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Return the schema of a struct."""
        others = (each for each in schema_creator.plugins if isinstance(each, OpenAPISchemaPlugin) and each is not self)
        framework = next(each for each in others if each.is_plugin_supported_field(field_definition))
        schema: Schema = framework.to_openapi_schema(field_definition, schema_creator)
        schema.description = getdoc(field_definition.type_)
        schema.additional_properties = not field_definition.type_.__struct_config__.forbid_unknown_fields
        return schema


def unlisted(path: str, handler: Callable[..., Awaitable[Any]], **more: Any) -> list[HTTPRouteHandler]:
    """Return the routes of what can be read and is no part of the OpenAPI document."""
    return [HTTPRouteHandler(path, http_method=["GET", "HEAD"], include_in_schema=False, **more)(handler)]


def _call(
    method: HttpMethod,
    path: str,
    handler: Callable[..., Awaitable[Any]],
    code: int,
    gives: str = MediaType.JSON,
    takes: str = "",
) -> HTTPRouteHandler:
    """Return a route of the OpenAPI document; `gives` and `takes` are the media types of what is no JSON."""
    return HTTPRouteHandler(
        path,
        http_method=method,
        status_code=code,
        media_type=gives,
        summary=(getdoc(handler) or "").partition("\n")[0].rstrip("."),
        response_description="Done.",
        responses={code: ResponseSpec(ErrorAnswer, False, about) for code, about in REFUSALS.items()},
        operation_class=FileBody if takes else Operation,
    )(handler)


def get(path: str, handler: Callable[..., Awaitable[Any]], gives: str = MediaType.JSON) -> list[HTTPRouteHandler]:
    """Return the routes of what can be read, also for a HEAD, except of what does not end."""
    if gives == EVENTS:
        return [_call(HttpMethod.GET, path, handler, 200, gives)]
    head = HTTPRouteHandler(path, http_method="HEAD", include_in_schema=False, media_type=gives)(handler)
    return [_call(HttpMethod.GET, path, handler, 200, gives), head]


def post(path: str, handler: Callable[..., Awaitable[Any]], code: int = 201, takes: str = "") -> HTTPRouteHandler:
    """Return the route of what adds or changes something."""
    return _call(HttpMethod.POST, path, handler, code, takes=takes)


def options(handlers: Sequence[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """Return routes that tell which methods each path takes: the framework's own know the first handler's alone."""
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)

    def telling(path: str, allowed: str) -> HTTPRouteHandler:
        async def tell() -> Response:
            return Response(status_code=204, headers={"Allow": allowed})

        return HTTPRouteHandler(path, http_method="OPTIONS", include_in_schema=False)(tell)

    return [telling(path, ", ".join(sorted(allowed))) for path, allowed in methods.items()]


def delete(path: str, handler: Callable[..., Awaitable[Any]]) -> HTTPRouteHandler:
    """Return the route of what takes something away."""
    return _call(HttpMethod.DELETE, path, handler, 200)


@dataclass
class FileBody(Operation):
    """A call whose body is a file."""

    def __post_init__(self) -> None:
        """Tell of the body."""
        self.request_body = RequestBody({"application/octet-stream": OpenAPIMediaType()}, required=True)


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

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        book = "/api/v1/books/{book:int}"
        return [
            *unlisted("/healthz", self.health),
            *unlisted("/metrics", self.metrics),
            *get("/api/v1/status", self.status),
            *get("/api/v1/books", self.books),
            post("/api/v1/books", self.add, takes="application/octet-stream"),
            *get(book, self.book),
            post(f"{book}/again", self.again),
            *get("/api/v1/machines", self.machines),
            *get("/api/v1/standbys", self.standbys),
            post("/api/v1/orders", self.order, code=200),
            *get("/api/v1/events", self.events, gives=EVENTS),
        ]

    async def health(self) -> Response:
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

    async def book(self, book: FromPath[int]) -> BookAnswer:
        """Show one book."""
        return self._of(self.resident.queue.find_book(book))

    def _of(self, book: QueuedBook) -> BookAnswer:
        return book_answers([book], self.look()[1])[0]

    async def add(self, asked: Asked, name: FileName = "", option: Options = ()) -> BookAnswer:
        """Add the book that is the body."""
        name = safe_name(name[:MAX_NAME])
        self._uploads += 1
        path = self.folder / f"http {self._uploads} {name}"
        try:
            await save_body(asked, path)
            book = await self.resident.add_book(path, name, option)
        finally:
            path.unlink(missing_ok=True)
        return self._of(book)

    async def again(self, book: FromPath[int], option: Options = ()) -> BookAnswer:
        """Add a book of the queue once more, with other options."""
        found = self.resident.queue.find_book(book)
        return self._of(await self.resident.add_book(self.resident.queue.path(found), found.name, option))

    async def order(self, data: JSONBody[OrderRequest | Orders]) -> OrderAnswer | list[OrderAnswer]:
        """Pause, move, drain, limit, approve and the like; also a list, which the queue records together."""
        asked = data if isinstance(data, list) else [data]
        orders = [Order(each.action, each.target, each.count) for each in asked]
        if isinstance(data, list):
            return [_became(each) for each in self._order_handler.obey_all(orders)]
        return _became(self._order_handler.obey(orders[0]))

    async def events(self, asked: Asked) -> Response:
        """Stream the status, and the books that changed, as server-sent events."""
        return self._live.stream(asked, "events", self._pieces, _tell)

    def _pieces(self) -> Pieces:
        books, reply = self.glance()
        return {"status": status_answer(books, reply)} | {book.book: book for book in book_answers(books, reply)}

    async def metrics(self) -> Response:
        """Tell the metrics for Prometheus."""
        return Response(
            exposition(self.look, self.resident.store.tally), media_type="text/plain; version=0.0.4; charset=utf-8"
        )


def make_app(
    api: Api,
    doorkeeper: Doorkeeper,
    clock: Clock,
    admits: Callable[[Scope], bool] = lambda scope: False,
    more: Sequence[HTTPRouteHandler] = (),
    prefix: str = "",
) -> "Guarded":
    """Make the application, with `more` routes, below the prefix at which a proxy serves it.

    Each path but those in FREE needs the token, unless `admits` lets a request in without.
    """
    token = Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")})
    routes = [*api.routes(), *more]
    app: Any = Litestar(
        [*options(routes), *routes],
        openapi_config=OpenAPIConfig(
            title="e2a-swarm",
            version=__version__,
            path="/api/v1/openapi.json",
            components=token,
            security=[{"token": []}],
            servers=[Server(url=prefix or "/")],
            render_plugins=[JsonRenderPlugin(path="/")],
        ),
        dependencies={"asked": Provide(_asked, sync_to_thread=False)},
        exception_handlers={
            SwarmError: _refused,
            HTTPException: _unknown,
            RecursionError: _nested,
            Exception: _broken,
        },
        plugins=[StructSchemas()],
        cache_control=CacheControlHeader(no_store=True),
        request_max_body_size=MAX_JSON_BYTES,
        logging_config=None,
    )
    return Guarded(app, doorkeeper, clock, admits)


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
            note_session(scope["client"][0] if scope.get("client") else "")
            return None
        if self._doorkeeper.is_tried(self._clock.now()):
            return JSONResponse({"error": "Too many wrong tokens came; try again in a minute."}, 429, NOT_KEPT)
        why = "Send the header `Authorization: Bearer TOKEN`, with the token of the file web-token in the state folder."
        return JSONResponse({"error": why}, 401, NOT_KEPT | {"WWW-Authenticate": "Bearer"})


def path_of(scope: Scope) -> str:
    """Return the path of a request below the prefix at which a proxy serves it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"


def _asked(request: litestar.Request[Any, Any, Any]) -> Request:
    """Return a request as the page knows it, too."""
    scope, receive = cast(Any, (request.scope, request.receive))
    return Request(scope, receive)


def _error(why: str, code: int, headers: dict[str, str] | None = None) -> litestar.Response[ErrorAnswer]:
    return litestar.Response(
        ErrorAnswer(why), status_code=code, headers=NOT_KEPT | (headers or {}), media_type=MediaType.JSON
    )


def _unknown(request: object, fault: HTTPException) -> litestar.Response[ErrorAnswer]:
    why = {
        404: "There is no such address: /api/v1/openapi.json lists all.",
        405: "This address does not take that method: `Allow` names those that it takes.",
        413: "The body is too large for an order.",
    }
    told = why.get(fault.status_code, fault.detail)
    if isinstance(fault, ValidationException) and isinstance(fault.extra, list):
        told = " ".join(f"The {each['source']} is not understood: {_about(each)}." for each in fault.extra)
    return _error(told, fault.status_code, fault.headers)


def _about(wrong: Mapping[str, str]) -> str:
    # Litestar looks a body up by its parameter's name, and tells of one that is not there by that name alone.
    if wrong["message"] == "'data'":
        return "it is missing, and an empty one is {}"
    known = f"; known are {', '.join(get_args(Action))}" if wrong["key"] == "action" else ""
    return wrong["message"] if wrong["message"].startswith("Object") else f"{wrong['key']}: {wrong['message']}{known}"


def _became(became: str | SwarmError) -> OrderAnswer:
    return OrderAnswer(error=str(became)) if isinstance(became, SwarmError) else OrderAnswer(became)


def _refused(request: object, fault: SwarmError) -> litestar.Response[ErrorAnswer]:
    return _error(str(fault), code_of(fault))


def code_of(fault: SwarmError) -> int:
    """Return the status code of an error."""
    return 507 if isinstance(fault, StoreError) else 404 if isinstance(fault, NotThere) else 400


def _nested(request: object, fault: RecursionError) -> litestar.Response[ErrorAnswer]:
    return _error("The body is nested too deeply.", 400)


def _broken(request: object, fault: Exception) -> litestar.Response[ErrorAnswer]:
    logger.error("a request could not be answered", exc_info=fault)
    return _error("The server failed at this; its log says where.", 500)


def names_loopback(host: str) -> bool:
    """Tell whether the Host header of a request names this very machine: other names may be tricks of a site."""
    return host.isprintable() and "@" not in host and is_loopback(urlsplit(f"//{host}").hostname or "")


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """Yield the body of a request. Raises UsageError if the connection breaks before all of it came."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise UsageError("The connection broke before the body was there.") from None


async def save_body(request: Request, path: Path) -> None:
    """Write the body of a request, which has to be a book, to a file. Raises UsageError, StoreError."""
    size = request.headers.get("content-length", "")
    await write_book(path, body_of(request), int(size) if size.isdecimal() else 0)


class MemberAnswers:
    """The answers. To approve and to refuse are orders, as for books and machines."""

    def __init__(self, members: MemberAdmin) -> None:
        self._members = members

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        return [
            *get("/api/v1/members", self.list_all),
            delete("/api/v1/members/{member:str}", self.remove),
            *get("/api/v1/invites", self.invites),
            post("/api/v1/invites", self.invite),
            delete("/api/v1/invites/{invite:str}", self.revoke),
        ]

    async def list_all(self) -> MemberList:
        """List the members of the swarm, and the machines that wait."""
        return self._members.list()

    async def remove(self, member: FromPath[str], with_those_it_admitted: WithAdmitted = 0) -> NoteAnswer:
        """Put a member out, by its name or fingerprint."""
        return NoteAnswer(self._members.remove_member(member, with_admitted=bool(with_those_it_admitted)))

    async def invites(self) -> Sequence[InviteRow]:
        """List the invites that are open, without their codes."""
        return self._members.list().invites

    async def revoke(self, invite: FromPath[str]) -> NoteAnswer:
        """Take an open invite back; `all`: all of them."""
        return NoteAnswer(self._members.revoke(invite))

    async def invite(self, data: JSONBody[InviteRequest]) -> InviteAnswer:
        """Make a code for one machine and a time."""
        return new_invite(self._members, data.for_s)


def new_invite(members: MemberAdmin, for_s: int) -> InviteAnswer:
    """Make an invite. Raises UsageError, EnvironmentFault, StoreError."""
    code, full = members.invite(for_s)
    return InviteAnswer(code, f"e2a-swarm join {full}", for_s)
