"""A stand-in for an Audiobookshelf server, on loopback: it speaks the calls that uploading needs, and is strict.

What it answers follows the server's published API and the behaviour of its controllers: an upload goes to the folder of
its author, series and title, a file of the same name is overwritten, and a search finds items by words of their title.
"""

import json
import ssl
import threading
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "eyJhbGciOi.t0ken"
LIBRARIES: list[dict[str, Any]] = [
    {
        "id": "lib-books",
        "name": "Books",
        "mediaType": "book",
        "folders": [{"id": "fol-1", "fullPath": "/audiobooks", "libraryId": "lib-books"}],
    },
    {"id": "lib-cast", "name": "Podcasts", "mediaType": "podcast", "folders": [{"id": "fol-2", "fullPath": "/pods"}]},
]


class FakeBookshelf:
    """A fake Audiobookshelf. `uploads` has fields and files by name; `answers` are given before it works."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.libraries = json.loads(json.dumps(LIBRARIES))
        self.uploads: list[tuple[dict[str, str], dict[str, bytes]]] = []
        self.answers: list[int] = []  # statuses that uploads get first; 0 breaks the connection
        self.may_upload = True
        self.base = ""
        self.asked: list[str] = []
        self.location = ""  # answers of 3xx lead here
        self.items: dict[str, dict[str, bytes]] = {}  # files of each item by name; its path is its id
        self.may_delete = True
        self.unnoticed = 0  # searches that still show the library without the last upload
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: Any) -> None:
                pass

            def do_GET(self) -> None:
                fake.asked.append(self.path)
                if not self._is_let_in():
                    return
                parts = urlsplit(self.path)
                found = fake.show(parts.path.removeprefix(fake.base), parse_qs(parts.query))
                self._answer(*((404, b"Not Found") if found is None else (200, json.dumps(found).encode())))

            def do_DELETE(self) -> None:
                fake.asked.append(self.path)
                if self._is_let_in():
                    self._answer(fake.remove(self.path.removeprefix(fake.base)), b"OK")

            def do_POST(self) -> None:
                fake.asked.append(self.path)
                if fake.answers:
                    status = fake.answers.pop(0)
                    if not status:
                        self.rfile.read(1000)
                        self.connection.close()
                        self.close_connection = True
                        return
                    self._answer(status, b"<html>busy</html>")
                    self.rfile.read(int(self.headers["Content-Length"]))  # proxies do this for a moment
                    return
                size = int(self.headers["Content-Length"])
                body = self.rfile.read(size)
                if len(body) < size:  # the client left in the middle: as if nothing had come
                    self.close_connection = True
                    return
                if not self._is_let_in() or not self._is_path("/api/upload"):
                    return
                if not fake.may_upload:
                    self._answer(403, b"Forbidden")
                    return
                self._answer(*fake.take(self.headers["Content-Type"], body))

            def _is_let_in(self) -> bool:
                if self.headers["Authorization"] == f"Bearer {TOKEN}":
                    return True
                self._answer(401, b"Unauthorized")
                return False

            def _is_path(self, path: str) -> bool:
                if self.path == fake.base + path:
                    return True
                self._answer(404, b"Not Found")
                return False

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                if fake.location:
                    self.send_header("Location", fake.location)
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, content_type: str, body: bytes) -> tuple[int, bytes]:
        """Handle a form as the server's upload controller does."""
        form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        fields: dict[str, str] = {}
        files: dict[str, bytes] = {}
        for part in form.iter_parts():
            name, data = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
            assert isinstance(name, str)
            assert isinstance(data, bytes)
            if filename := part.get_filename():
                files[filename] = data
            else:
                fields[name] = data.decode()
        library = next((each for each in self.libraries if each["id"] == fields.get("library")), None)
        if not files:
            return 400, b"Bad Request"
        if not fields.get("title") or not fields.get("library") or not fields.get("folder"):
            return 400, b"Invalid request body"
        if library is None:
            return 404, b"Library not found"
        if fields["folder"] not in [folder["id"] for folder in library["folders"]]:
            return 404, b"Folder not found"
        self.uploads.append((fields, files))
        path = "~".join(filter(None, (fields.get("author"), fields.get("series"), fields["title"])))
        self.items.setdefault(path, {}).update(files)
        return 200, b"OK"

    def show(self, path: str, query: dict[str, list[str]]) -> dict[str, Any] | None:
        """Answer a question about libraries, a search or an item; None for an unknown path."""
        if path == "/api/libraries":
            return {"libraries": self.libraries}
        if path == "/api/libraries/lib-books/search":
            self.unnoticed -= 1
            seen = [] if self.unnoticed >= 0 else [name for name in self.items if query["q"][0] in name.split("~")[-1]]
            return {"book": [{"libraryItem": {"id": name}} for name in seen], "tags": [], "authors": []}
        name = unquote(path.removeprefix("/api/items/"))
        if name not in self.items:
            return None
        files = [
            {"ino": f"ino {each}", "fileType": "audio", "metadata": {"filename": each, "size": len(data), "ext": ".x"}}
            for each, data in self.items[name].items()
        ]
        return {"id": name, "mediaType": "book", "libraryFiles": files}

    def remove(self, path: str) -> int:
        """Remove a file of an item, as its user may; return the status."""
        if not self.may_delete:
            return 403
        item, _, ino = path.removeprefix("/api/items/").partition("/file/")
        gone = self.items.get(unquote(item), {}).pop(unquote(ino).removeprefix("ino "), None)
        return 404 if gone is None else 200

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
