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
    hang_after: ClassVar[list[int]] = []  # the next answers hang after so many bytes
    led_to: ClassVar[list[str]] = []  # the next answers lead to these addresses
    ranges = True

    def do_GET(self) -> None:
        path, offset = Path(self.translate_path(self.path)), 0
        wanted = self.headers.get("Range", "")
        self.asked.append(f"{self.path} {wanted}".strip())
        if self.led_to:
            self.send_response(302)
            self.send_header("Location", self.led_to.pop(0))
            self.end_headers()
            return
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        end = len(content)
        if wanted and self.ranges:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            offset, end = int(first), int(last) + 1 if last else end
        self.send_response(206 if wanted and self.ranges else 200)
        self.send_header("Content-Length", str(end - offset))
        if wanted and self.ranges:
            self.send_header("Content-Range", f"bytes {offset}-{end - 1}/{len(content)}")
        self.end_headers()
        end = offset + self.break_after.pop(0) if self.break_after and wanted != "bytes=0-0" else end
        if self.hang_after:
            end = offset + self.hang_after.pop(0)
            self.wfile.write(content[offset:end])
            self.wfile.flush()
            self.connection.recv(1)  # until the other side is gone
            return
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
    handler = type("Handler", (_Handler,), {"asked": [], "break_after": [], "hang_after": [], "led_to": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield StandInHub(folder, f"http://127.0.0.1:{server.server_port}", handler)
    finally:
        server.shutdown()
        server.server_close()
