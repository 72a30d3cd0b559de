"""The OpenAPI document of the interface for programs. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from swarm import __version__
from swarm.coordinator.member_admin import InviteRow, MemberList
from swarm.server.api.answers import (
    BookAnswer,
    FeedAnswer,
    FeedRequest,
    FileAnswer,
    InviteAnswer,
    InviteRequest,
    ListenAnswer,
    MachineAnswer,
    OrderRequest,
    RedoRequest,
    StandbyAnswer,
    StatusAnswer,
)
from swarm.server.listening import ChapterStretches, DoubtfulSentence

LISTENING = (ListenAnswer, ChapterStretches, DoubtfulSentence, RedoRequest)
MEMBERSHIP = (MemberList, InviteRequest, InviteAnswer, InviteRow)
COMPONENTS = "#/components/schemas/{name}"


def openapi() -> dict[str, Any]:
    """Return the document."""
    kinds = (
        BookAnswer,
        MachineAnswer,
        OrderRequest,
        StatusAnswer,
        FeedRequest,
        FeedAnswer,
        FileAnswer,
        *LISTENING,
        StandbyAnswer,
        *MEMBERSHIP,
    )
    named, schemas = msgspec.json.schema_components(kinds, ref_template=COMPONENTS)
    error = {"type": "object", "properties": {"error": {"type": "string"}}}
    note = {"type": "object", "properties": {"note": {"type": "string"}}}
    refused = {"400": _answer("It was refused.", error), "401": _answer("The token is missing or wrong.", error)}
    missing = refused | {"404": _answer("It is not there.", error)}
    paths = _queue(named[:4], refused, note) | _feeds(named[4:6], missing, note)
    standby = _list(named[11])
    paths["/api/v1/standbys"] = {"get": _call("The standbys, and how far they are behind", "200", standby, refused)}
    paths |= _listening(named[7:11], missing, note) | _files(named[6], missing) | _advice(refused)
    paths |= _members(named[12:], refused, note)
    bearer = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "e2a-swarm", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": bearer},
        "security": [{"token": []}],
    }


def _queue(schemas: Sequence[dict[str, Any]], refused: dict[str, Any], note: dict[str, Any]) -> dict[str, Any]:
    """Return the paths of books, machines and orders."""
    book, machine, order, status = schemas
    option = _query("option", "an option of add; repeatable")
    number, became = _number("book"), _or_list(note)
    return {
        "/api/v1/status": {"get": _call("The state of all, flat", "200", status, refused)},
        "/api/v1/books": {
            "get": _call("The books of the queue, in order", "200", _list(book), refused),
            "post": {
                **_call("Add the book that is the body", "201", book, refused),
                "parameters": [_query("name", "the file's name"), option],
                "requestBody": {"content": {"application/octet-stream": {}}, "required": True},
            },
        },
        "/api/v1/books/{book}": {"get": {**_call("One book", "200", book, refused), "parameters": [number]}},
        "/api/v1/books/{book}/again": {
            "post": {
                **_call("Add a book of the queue once more, with other options", "201", book, refused),
                "parameters": [number, option],
            }
        },
        "/api/v1/machines": {"get": _call("The connected machines", "200", _list(machine), refused)},
        "/api/v1/orders": {
            "post": {
                **_call(
                    "Pause, move, drain, limit, approve and the like; also a list",
                    "200",
                    became,
                    refused,
                ),
                "requestBody": {"content": {"application/json": {"schema": _or_list(order)}}, "required": True},
            }
        },
        "/api/v1/events": {
            "get": {
                "summary": "The status, and the books that changed, as server-sent events",
                "responses": {"200": {"description": "A stream.", "content": {"text/event-stream": {}}}, **refused},
            }
        },
    }


def _listening(schemas: Sequence[dict[str, Any]], refused: dict[str, Any], note: dict[str, Any]) -> dict[str, Any]:
    """Return the paths for listeners."""
    listen, chapter, doubtful, redo = schemas
    book, number, stretch = (_number(name) for name in ("book", "chapter", "stretch"))
    place, sound = "/api/v1/books/{book}", {"200": {"description": "WAV.", "content": {"audio/wav": {}}}}
    picture = {"200": {"description": "A picture.", "content": {"image/*": {}}}}
    wanted = [_query("from", "the first stretch that is wanted"), _query("count", "how many of them")]
    body = {"content": {"application/json": {"schema": redo}}, "required": True}
    return {
        f"{place}/chapters": {
            "get": _call("How much of each chapter can be heard", "200", listen, refused) | {"parameters": [book]}
        },
        f"{place}/chapters/{{chapter}}": {
            "get": _call("The stretches of a chapter, and when its sentences are heard", "200", chapter, refused)
            | {"parameters": [book, number, *wanted]}
        },
        f"{place}/chapters/{{chapter}}/{{stretch}}.wav": {
            "get": {
                "summary": "The sound of a stretch; ranges are answered",
                "responses": sound | refused,
                "parameters": [book, number, stretch],
            }
        },
        f"{place}/doubtful": {
            "get": _call("The sentences that may be wrong", "200", _list(doubtful), refused) | {"parameters": [book]}
        },
        f"{place}/cover": {
            "get": {
                "summary": "The cover",
                "responses": picture | refused,
                "parameters": [book, _query("size", "small: as a JPEG for lists")],
            }
        },
        f"{place}/redo": {
            "post": _call("Have one sentence spoken again", "200", note, refused)
            | {"parameters": [book], "requestBody": body}
        },
    }


def _files(file: dict[str, Any], missing: dict[str, Any]) -> dict[str, Any]:
    """Return the paths of the files of finished books."""
    content = {"200": {"description": "The file.", "content": {"application/octet-stream": {}}}}
    book, place = _number("book"), _number("place")
    return {
        "/api/v1/books/{book}/files": {
            "get": _call("The files of a finished book", "200", _list(file), missing) | {"parameters": [book]}
        },
        "/api/v1/books/{book}/files/{place}": {
            "get": {"summary": "One of them", "responses": content | missing, "parameters": [book, place]}
        },
    }


def _advice(refused: dict[str, Any]) -> dict[str, Any]:
    """Return the paths of what is known before a book is added; the commands document their answers."""
    told, line = {"type": "object"}, {"type": "object", "properties": {"command": {"type": "string"}}}
    language = _query("language", "its code, as de; all without it")
    return {
        "/api/v1/inspect": {
            "post": {
                **_call("What would be read of the book that is the body", "200", told, refused),
                "parameters": [_query("name", "the file's name"), _query("option", "an option of add; repeatable")],
                "requestBody": {"content": {"application/octet-stream": {}}, "required": True},
            }
        },
        "/api/v1/voices": {
            "get": _call("The voices, and how quick they are", "200", told, refused) | {"parameters": [language]}
        },
        "/api/v1/voices/sample": {
            "get": {
                "summary": "A sentence spoken by a voice",
                "responses": {"200": {"description": "FLAC.", "content": {"audio/flac": {}}}, **refused},
                "parameters": [_query("engine", "its engine"), _query("voice", "its name"), language],
            }
        },
        "/api/v1/join": {"get": _call("The line that a new machine runs", "200", line, refused)},
    }


def _feeds(schemas: Sequence[dict[str, Any]], refused: dict[str, Any], note: dict[str, Any]) -> dict[str, Any]:
    """Return the paths that make and revoke feeds."""
    asked, feed = schemas
    body = {"content": {"application/json": {"schema": asked}}, "required": True}
    return {
        "/api/v1/feeds": {
            "get": _call("The feeds, with their addresses", "200", _list(feed), refused),
            "post": _call("Make a feed of the shelf or of one book", "201", feed, refused) | {"requestBody": body},
        },
        "/api/v1/feeds/{feed}": {
            "delete": _call("Revoke a feed", "200", note, refused) | {"parameters": [_number("feed")]}
        },
    }


def _members(schemas: Sequence[dict[str, Any]], refused: dict[str, Any], note: dict[str, Any]) -> dict[str, Any]:
    """Return the paths of members and invites."""
    members, asked, invite, row = schemas
    body = {"content": {"application/json": {"schema": asked}}}
    member = {"name": "member", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/api/v1/members": {
            "get": _call("The members of the swarm, and the machines that wait", "200", members, refused)
        },
        "/api/v1/members/{member}": {
            "delete": _call("Put a member out, by its name or fingerprint", "200", note, refused)
            | {"parameters": [member]}
        },
        "/api/v1/invites": {
            "get": _call("The invites that are open, without their codes", "200", _list(row), refused),
            "post": _call("Make a code for one machine and a time", "201", invite, refused) | {"requestBody": body},
        },
        "/api/v1/invites/{invite}": {
            "delete": _call("Take an open invite back; `all`: all of them", "200", note, refused)
            | {"parameters": [{**member, "name": "invite"}]}
        },
    }


def _number(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}


def _call(about: str, code: str, schema: dict[str, Any], refused: dict[str, Any]) -> dict[str, Any]:
    return {"summary": about, "responses": {code: _answer("Done.", schema), **refused}}


def _answer(about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _list(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _or_list(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, _list(schema)]}


def _query(name: str, about: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "schema": {"type": "string"}}
