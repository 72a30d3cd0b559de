"""Uploads a finished audiobook to an Audiobookshelf server, through its API: GET /api/libraries, POST /api/upload.

The token is sent to the server and goes nowhere else: no message, journal or report has it.
"""

import http.client
import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from swarm.audio.tags import Tags
from swarm.config import UploadConfig
from swarm.edition.delivery import TELL_S
from swarm.edition.depot import Stopped, TransferFault, insist
from swarm.store.job_files import COPY_BYTES
from swarm.system.machine import Say
from swarm.watch.text import bytes_text, clean, percent

PATIENCE_S = 60.0  # for any one answer
SCAN_PATIENCE_S = 600.0  # for the answer to an upload: the server moves the files first
WAITS_S = (1.0, 5.0, 20.0)  # before each further try
BUSY = (502, 503, 504)
MAX_ANSWER_BYTES = 4 << 20
MAX_WHY = 200


class UploadFault(TransferFault):
    """The server did not take it."""

    def __init__(self, message: str, *, lasting: bool = True) -> None:
        super().__init__(message, lasting=lasting)


class Room(NamedTuple):
    """Where a book goes on a server: the ids of a library and of a folder of it."""

    library_id: str
    folder_id: str


class Upload:
    """One server and library that finished audiobooks are sent to."""

    def __init__(self, config: UploadConfig, waits_s: Sequence[float] = WAITS_S) -> None:
        self._config = config
        self._waits_s = waits_s
        self._stopped = threading.Event()
        self.place = f"{config.server}#{config.abs_library_id}"

    def find_room(self) -> Room:
        """The library and its first folder. Raises UploadFault."""
        libraries = [library for library in self._libraries() if library.get("mediaType", "book") == "book"]
        asked = self._config.abs_library_id
        chosen = [library for library in libraries if asked in ("", library.get("id"))]
        if len(chosen) != 1:
            known = "; ".join(f"{clean(str(each.get('name')))}: {each.get('id')}" for each in libraries) or "none"
            missing = f"no library {asked!r} for books" if asked else "several libraries"
            raise UploadFault(f"{self._server} has {missing}; name one with --abs-library-id. It has {known}.")
        folders = chosen[0].get("folders") or []
        if not folders or not isinstance(folders[0].get("id"), str):
            name = clean(str(chosen[0].get("name")))
            raise UploadFault(f"The library {name} of {self._server} has no folder: add one there.")
        return Room(chosen[0]["id"], folders[0]["id"])

    def send(self, files: Sequence[Path], tags: Tags, say: Say) -> None:
        """Upload the files of one book. Raises UploadFault that says where they are, Stopped."""
        try:
            self._persist(files, tags, say)
        except UploadFault as fault:
            raise UploadFault(
                f"The audiobook is finished but not uploaded: {fault} It lies in {files[0].parent}; the same command "
                "uploads it, nothing is spoken or encoded again."
            ) from fault

    def stop(self) -> None:
        """Have the thread that uploads leave soon."""
        self._stopped.set()

    def _persist(self, files: Sequence[Path], tags: Tags, say: Say) -> None:
        def upload() -> None:
            self._ask("POST", "/api/upload", Form(_fields(self.find_room(), tags), files), say)

        insist(upload, self._waits_s, self._stopped, say)

    def _libraries(self) -> list[dict[str, Any]]:
        answer = self._ask("GET", "/api/libraries")
        try:
            libraries = json.loads(answer)["libraries"]
            if all(isinstance(library, dict) for library in libraries):
                return list(libraries)
        except (ValueError, LookupError, TypeError, RecursionError):
            pass
        raise UploadFault(f"{self._server} does not answer as Audiobookshelf does: check --abs-server-url.")

    @property
    def _server(self) -> str:
        return f"The Audiobookshelf server {self._config.server}"

    def _ask(self, method: str, path: str, form: "Form | None" = None, say: Say | None = None) -> bytes:
        """One request and its answer. Raises UploadFault for anything but success."""
        connection = self._connection()
        try:
            status, answer = self._exchange(connection, method, path, form, say)
        except (OSError, http.client.HTTPException) as error:
            lasting = isinstance(error, ssl.SSLCertVerificationError)
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UploadFault(f"{self._server} cannot be reached: {_line(why)}.", lasting=lasting) from error
        finally:
            connection.close()
        if status != http.client.OK:
            raise self._fault(status, answer)
        return answer

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, path: str, form: "Form | None", say: Say | None
    ) -> tuple[int, bytes]:
        connection.putrequest(method, urlsplit(self._config.server).path + path)
        connection.putheader("Authorization", f"Bearer {self._config.token}")
        connection.putheader("Accept", "application/json")
        if form:
            connection.putheader("Content-Type", form.content_type)
            connection.putheader("Content-Length", str(form.size))
        connection.endheaders()
        broken: OSError | None = None
        if form:
            try:
                self._pour(connection, form, say or (lambda line: None))
            except (BrokenPipeError, ConnectionResetError) as error:
                broken = error  # a proxy may have said why, without hearing us out
            connection.sock.settimeout(PATIENCE_S if broken else SCAN_PATIENCE_S)
        try:
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise broken or error from None
        return response.status, response.read(MAX_ANSWER_BYTES)

    def _pour(self, connection: http.client.HTTPConnection, form: "Form", say: Say) -> None:
        sent, told_s = 0, time.monotonic()
        for chunk in form.chunks():
            if self._stopped.is_set():
                raise Stopped
            connection.send(chunk)
            sent += len(chunk)
            if time.monotonic() - told_s >= TELL_S:
                told_s = time.monotonic()
                share = f"{percent(sent, form.size)} %, {bytes_text(sent)} of {bytes_text(form.size)}"
                say(f"uploading to {self._config.server}: {share}")

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._config.server)
        assert parts.hostname
        if parts.scheme == "https":
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)

    def _fault(self, status: int, answer: bytes) -> UploadFault:
        said = _line(answer.decode("utf-8", "replace"))
        match status:
            case 401:
                why = "does not accept the token: make an API key in its settings, and give it with --abs-api-token"
            case 403:
                why = "does not let this token's user upload to that library: allow it in the user's settings"
            case 404:
                why = f"does not know what it is asked for ({said}): check --abs-server-url and --abs-library-id"
            case 413:
                why = "or a proxy before it takes no file that large: raise its limit"
            case _ if 300 <= status < 400:
                why = "sends elsewhere: give --abs-server-url as it is in the browser, with https:// if that is there"
            case _:
                why = f"answered {status}: {said}"
        return UploadFault(f"{self._server} {why.rstrip('.')}.", lasting=status not in BUSY)


class Form:
    """A form with files, as browsers send them (multipart/form-data), read as it is sent."""

    def __init__(self, fields: dict[str, str], files: Sequence[Path]) -> None:
        self._boundary = f"e2a-swarm-{secrets.token_hex(16)}"
        self.content_type = f"multipart/form-data; boundary={self._boundary}"
        texts = [self._part(f'name="{name}"') + value.encode() + b"\r\n" for name, value in fields.items()]
        self._texts = b"".join(texts)
        self._files = [(self._head(number, path), path, path.stat().st_size) for number, path in enumerate(files)]
        self._end = f"--{self._boundary}--\r\n".encode()
        self.size = len(self._texts) + sum(len(head) + size + 2 for head, _, size in self._files) + len(self._end)

    def chunks(self) -> Iterator[bytes]:
        """The whole form. Raises OSError."""
        yield self._texts
        for head, path, size in self._files:
            yield head
            with path.open("rb") as file:
                while size and (chunk := file.read(min(COPY_BYTES, size))):
                    size -= len(chunk)
                    yield chunk
            yield b"\r\n"
        yield self._end

    def _head(self, number: int, path: Path) -> bytes:
        name = path.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        return self._part(f'name="{number}"; filename="{name}"', "Content-Type: application/octet-stream\r\n")

    def _part(self, names: str, more: str = "") -> bytes:
        return f"--{self._boundary}\r\nContent-Disposition: form-data; {names}\r\n{more}\r\n".encode()


def _fields(room: Room, tags: Tags) -> dict[str, str]:
    fields = {"title": tags.title or "Audiobook", "author": ", ".join(tags.authors), "series": tags.series}
    known = {name: clean(value) for name, value in fields.items() if value}
    library, folder = room
    return {**known, "library": library, "folder": folder}


def _line(text: str) -> str:
    return clean(text)[:MAX_WHY].rstrip(".") or "nothing"
