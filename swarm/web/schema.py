"""The OpenAPI document of the interface for programs. Pure."""

from typing import Any

import msgspec

from swarm import __version__
from swarm.web.answers import BookAnswer, MachineAnswer, OrderRequest, StatusAnswer

COMPONENTS = "#/components/schemas/{name}"


def openapi() -> dict[str, Any]:
    """Return the document."""
    kinds = (BookAnswer, MachineAnswer, OrderRequest, StatusAnswer)
    (book, machine, order, status), schemas = msgspec.json.schema_components(kinds, ref_template=COMPONENTS)
    error = {"type": "object", "properties": {"error": {"type": "string"}}}
    note = {"type": "object", "properties": {"note": {"type": "string"}}}
    refused = {"400": _answer("It was refused.", error), "401": _answer("The token is missing or wrong.", error)}
    number = {"name": "book", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {
        "/api/v1/status": {"get": _call("The state of all, flat", "200", status, refused)},
        "/api/v1/books": {
            "get": _call("The books of the queue, in order", "200", _list(book), refused),
            "post": {
                **_call("Add the book that is the body", "201", book, refused),
                "parameters": [_query("name", "the file's name"), _query("option", "an option of add; repeatable")],
                "requestBody": {"content": {"application/octet-stream": {}}, "required": True},
            },
        },
        "/api/v1/books/{book}": {"get": {**_call("One book", "200", book, refused), "parameters": [number]}},
        "/api/v1/machines": {"get": _call("The connected machines", "200", _list(machine), refused)},
        "/api/v1/orders": {
            "post": {
                **_call("Pause, resume, move, cancel, remove, drain or limit", "200", note, refused),
                "requestBody": {"content": {"application/json": {"schema": order}}, "required": True},
            }
        },
        "/api/v1/events": {
            "get": {
                "summary": "The status and the books whenever they change, as server-sent events",
                "responses": {"200": {"description": "A stream.", "content": {"text/event-stream": {}}}, **refused},
            }
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "e2a-swarm", "version": __version__},
        "paths": paths,
        **_parts(schemas),
    }


def _parts(schemas: dict[str, Any]) -> dict[str, Any]:
    bearer = {"token": {"type": "http", "scheme": "bearer"}}
    return {"components": {"schemas": schemas, "securitySchemes": bearer}, "security": [{"token": []}]}


def _call(about: str, code: str, schema: dict[str, Any], refused: dict[str, Any]) -> dict[str, Any]:
    return {"summary": about, "responses": {code: _answer("Done.", schema), **refused}}


def _answer(about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _list(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _query(name: str, about: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "schema": {"type": "string"}}
