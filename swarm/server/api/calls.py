"""Calls of the interface for programs: typed handlers, of which the routes and the OpenAPI document are made.

An argument that the path names comes from there, `request` is the request itself, texts and numbers come from the
query, and anything else is the body in JSON. What a handler returns is its answer.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from inspect import getdoc, signature
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm import __version__
from swarm.errors import UsageError

MAX_JSON_BYTES = 256 * 1024
JSON = "application/json"
COMPONENTS = "#/components/schemas/{name}"
OF_QUERY = (str, int, Sequence[str])


class NoteAnswer(Struct, frozen=True):
    """What was done, in words."""

    note: str


class ErrorAnswer(Struct, frozen=True):
    """Why something was refused."""

    error: str


class JsonAnswer(Response):
    """A value as JSON, which is not to be kept: the next moment has another."""

    media_type = JSON

    def __init__(self, content: Any, code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, code, {"Cache-Control": "no-store", **(headers or {})})

    def render(self, content: Any) -> bytes:
        """Encode a value, which may contain msgspec structs."""
        return msgspec.json.encode(content)


class Argument(NamedTuple):
    """An argument of a handler: its type, and where it comes from."""

    name: str
    kind: Any
    place: Literal["path", "query", "body", "request"]
    default: Any

    @property
    def shown(self) -> str:
        """The name for users: `from` is a word of Python."""
        return self.name.rstrip("_")


class Call(Route):
    """A route that is made of a handler; `gives` and `takes` are the media types of what is no JSON."""

    def __init__(
        self,
        method: str,
        path: str,
        handler: Callable[..., Awaitable[Any]],
        code: int = 200,
        gives: str = JSON,
        takes: str = "",
    ) -> None:
        super().__init__(path, self._call, methods=[method])
        self.method, self.code, self.gives, self.takes = method.lower(), code, gives, takes
        self.about = (getdoc(handler) or "").partition("\n")[0].rstrip(".")
        kinds = get_type_hints(handler, include_extras=True)
        self.answer = kinds["return"]
        self.arguments = [
            Argument(name, kinds[name], self._place_of(name, kinds[name]), each.default)
            for name, each in signature(handler).parameters.items()
        ]
        self._handler = handler

    def _place_of(self, name: str, kind: Any) -> Literal["path", "query", "body", "request"]:
        if kind is Request:
            return "request"
        if name in self.param_convertors:
            return "path"
        return "query" if (get_args(kind)[0] if get_origin(kind) is Annotated else kind) in OF_QUERY else "body"

    async def _call(self, request: Request) -> Response:
        given = {each.name: await _given(each, request) for each in self.arguments}
        answer = await self._handler(**given)
        return answer if isinstance(answer, Response) else JsonAnswer(answer, self.code)


async def _given(argument: Argument, request: Request) -> Any:
    """Return an argument of a request; numbers of a query that are none are as if they were not there."""
    match argument.place:
        case "request":
            return request
        case "path":
            return request.path_params[argument.name]
        case "body":
            try:
                return msgspec.json.decode(await read_small(request) or b"{}", type=argument.kind)
            except msgspec.MsgspecError as fault:
                raise UsageError(f"The body is no {argument.name}: {fault}.") from fault
    values = request.query_params.getlist(argument.shown)
    if isinstance(argument.default, Sequence) and not isinstance(argument.default, str):
        return values
    with suppress(msgspec.ValidationError):
        return msgspec.convert(values[0], argument.kind, strict=False) if values else argument.default
    return argument.default


async def read_small(request: Request) -> bytes:
    """Return the body of a request, if it is small. Raises UsageError."""
    body = bytearray()
    async for chunk in body_of(request):
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise UsageError("The body is too large for an order.")
    return bytes(body)


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """Yield the body of a request. Raises UsageError if the connection breaks before all of it came."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise UsageError("The connection broke before the body was there.") from None


def openapi(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """Return the OpenAPI document of the calls among routes."""
    calls = [route for route in routes if isinstance(route, Call)]
    kinds = [ErrorAnswer]
    for call in calls:
        kinds += [each.kind for each in call.arguments if each.place != "request"]
        kinds += [call.answer] if call.gives == JSON else []
    made, components = msgspec.json.schema_components(kinds, ref_template=COMPONENTS)
    schemas = iter(made)
    error = next(schemas)
    paths: dict[str, Any] = {}
    for call in calls:
        paths.setdefault(call.path_format, {})[call.method] = _operation(call, schemas, error)
    return {
        "openapi": "3.1.0",
        "info": {"title": "e2a-swarm", "version": __version__},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
    }


def _operation(call: Call, schemas: Any, error: dict[str, Any]) -> dict[str, Any]:
    """Return what the document says of a call, whose schemas are the next ones."""
    body: dict[str, Any] = {call.takes: {}} if call.takes else {}
    parameters, is_needed = list[dict[str, Any]](), bool(call.takes)
    for each in call.arguments:
        if each.place == "body":
            body, is_needed = {JSON: {"schema": next(schemas)}}, not _may_lack(each.kind)
        elif each.place != "request":
            schema = dict(next(schemas))
            about = {"description": schema.pop("description")} if "description" in schema else {}
            where = {"in": each.place, "required": each.place == "path"}
            parameters.append({"name": each.shown, **where, **about, "schema": schema})
    content = {call.gives: {"schema": next(schemas)} if call.gives == JSON else {}}
    told = {"400": "It was refused.", "401": "The token is missing or wrong.", "404": "It is not there."}
    refused = {code: {"description": about, "content": {JSON: {"schema": error}}} for code, about in told.items()}
    return {
        "summary": call.about,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": {"content": body, "required": is_needed}} if body else {}),
        "responses": {str(call.code): {"description": "Done.", "content": content}, **refused},
    }


def _may_lack(kind: Any) -> bool:
    """Tell whether a body is good that says nothing."""
    with suppress(msgspec.ValidationError):
        msgspec.json.decode(b"{}", type=kind)
        return True
    return False
