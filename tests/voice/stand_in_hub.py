"""A server on this machine in place of the addresses that models are downloaded from."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, whole or from an offset, and notes what was asked for."""

    asked: ClassVar[list[str]] = []  # "/path" or "/path bytes=100-"
    break_after: ClassVar[list[int]] = []  # the next answers end after so many bytes
    ranges = True

    def do_GET(self) -> None:
        path, offset = Path(self.translate_path(self.path)), 0
        wanted = self.headers.get("Range", "")
        self.asked.append(f"{self.path} {wanted}".strip())
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        if wanted and self.ranges:
            offset = int(wanted.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if offset else 200)
        self.send_header("Content-Length", str(len(content) - offset))
        self.end_headers()
        end = offset + self.break_after.pop(0) if self.break_after else len(content)
        self.wfile.write(content[offset:end])

    def log_message(self, *words: object) -> None:
        """Print nothing about a request."""


class StandInHub:
    """A running stand-in: `url` is its address, `folder` has the files that it serves."""

    def __init__(self, folder: Path, url: str, handler: type[_Handler]) -> None:
        self.folder, self.url, self.handler = folder, url, handler

    def put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@contextmanager
def stand_in_hub(folder: Path) -> Iterator[StandInHub]:
    """Serve a folder until the context ends."""
    handler = type("Handler", (_Handler,), {"asked": [], "break_after": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield StandInHub(folder, f"http://127.0.0.1:{server.server_port}", handler)
    finally:
        server.shutdown()
        server.server_close()
