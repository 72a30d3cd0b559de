"""Uploads a finished audiobook to an Audiobookshelf server, through its API: GET /api/libraries, POST /api/upload.

Where an edition took the place of an earlier one, that one's files are removed: GET /api/libraries/ID/search, GET
/api/items/ID, DELETE /api/items/ID/file/INO.

The token is sent to the server and goes nowhere else: no message, journal or report has it, no redirect is followed.
"""

import json
import ssl
import threading
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from swarm.audiobook.destination import Stopped, TransferFault, TransferProgress, retry
from swarm.audiobook.sound.tags import Tags
from swarm.config import UploadConfig
from swarm.errors import Remedy, cause_text, causes_of
from swarm.system.machine import Say
from swarm.system.text import clean

Value = TypeVar("Value")

TIMEOUT_S = 60.0  # for a connection, and for each piece that is sent or received
SCAN_TIMEOUT_S = 600.0  # for the answer to an upload: the server moves the files first
WAITS_S = (1.0, 5.0, 20.0)  # before each retry
NOTICE_WAITS_S = (2.0, 5.0, 10.0, 20.0)  # before each look whether the server has noticed the new files
MAX_ITEMS = 10  # a search is looked through no further
BUSY = (502, 503, 504)
MAX_ANSWER_BYTES = 4 << 20
MAX_REASON_CHARS = 200


class UploadFault(TransferFault):
    """The server did not take a book, or cannot be reached."""

    def __init__(self, fact: str, remedy: Remedy | None = None, *, permanent: bool = True) -> None:
        super().__init__(fact, remedy, permanent=permanent)


class Room(NamedTuple):
    """The place of a book on a server: the ids of a library and of a folder in it."""

    library_id: str
    folder_id: str


class FileMetadata(Struct, frozen=True):
    """Name and size of a file in an item."""

    filename: str
    size: int


class LibraryFile(Struct, frozen=True):
    """A file of an item; `ino` names it in requests."""

    ino: str
    metadata: FileMetadata

    @property
    def mark(self) -> tuple[str, int]:
        """Name and size."""
        return self.metadata.filename, self.metadata.size


class ShelfItem(Struct, frozen=True, rename="camel"):
    """A book of a library."""

    id: str
    library_files: tuple[LibraryFile, ...] = ()


class FoundItem(Struct, frozen=True, rename="camel"):
    """A result of a search."""

    library_item: ShelfItem


class SearchAnswer(Struct, frozen=True):
    """The answer to a search, as far as it tells of books."""

    book: tuple[FoundItem, ...] = ()


class Upload:
    """A server and library to which finished audiobooks are uploaded."""

    def __init__(
        self,
        config: UploadConfig,
        waits_s: Sequence[float] = WAITS_S,
        notice_waits_s: Sequence[float] = NOTICE_WAITS_S,
    ) -> None:
        self._config = config
        self._waits_s = waits_s
        self._notice_waits_s = notice_waits_s
        self._stopped = threading.Event()
        self.place = f"{config.server}#{config.abs_library_id}"
        self.name = config.server  # for people

    def find_room(self) -> Room:
        """Find the library and its first folder. Raises UploadFault."""
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

    def upload_book(self, files: Sequence[Path], tags: Tags, say: Say) -> None:
        """Upload the files of one book, with retries. Raises UploadFault, which says where they lie, Stopped."""
        try:
            retry(lambda: self._upload(files, tags, say), self._waits_s, self._stopped, say)
        except UploadFault as fault:
            raise UploadFault(
                f"The audiobook is finished but not uploaded: {fault} It is in {files[0].parent}",
                Remedy(again="upload", kept="nothing is spoken or encoded again"),
            ) from fault

    def remove_stale_files(self, files: Sequence[Path], old: Collection[tuple[str, int]], tags: Tags) -> list[str]:
        """Remove the `old` files from the item that has the new ones: players would play the book twice.

        Only files whose name and size were uploaded from here before. Return lines about those that are still there.
        Raises Stopped.
        """
        new = {(path.name, path.stat().st_size) for path in files}
        stale = {mark for mark in old if mark[0] not in [path.name for path in files]}  # the others were overwritten
        if not stale:
            return []
        try:
            item = self._find_item(new, tags)
            if item is None:
                return [f"{self._server} has not noticed the new files yet; files of the last edition may be left over"]
            for file in item.library_files:
                if file.mark in stale:
                    self._ask("DELETE", f"/api/items/{quote(item.id, '')}/file/{quote(file.ino, '')}")
        except UploadFault as fault:
            return [f"files of the last edition are left over in Audiobookshelf, remove them there: {fault}"]
        return []

    def _find_item(self, new: Collection[tuple[str, int]], tags: Tags) -> "ShelfItem | None":
        """Return the item with the new files; the server needs a moment to notice them. Raises UploadFault, Stopped."""
        library = quote(self.find_room().library_id, "")
        for wait_s in (*self._notice_waits_s, None):
            found = _decoded(
                self._ask("GET", f"/api/libraries/{library}/search?q={quote(clean(tags.title), '')}"), SearchAnswer
            )
            for each in found.book[:MAX_ITEMS] if found else ():
                path = f"/api/items/{quote(each.library_item.id, '')}?expanded=1"
                item = _decoded(self._ask("GET", path), ShelfItem)
                if item and {file.mark for file in item.library_files} & set(new):
                    return item
            if wait_s is not None and self._stopped.wait(wait_s):
                raise Stopped
        return None

    def stop_upload(self) -> None:
        """Make the uploading thread raise Stopped soon."""
        self._stopped.set()

    def _upload(self, files: Sequence[Path], tags: Tags, say: Say) -> None:
        fields = _fields(self.find_room(), tags)
        with ExitStack() as opened:
            size = sum(path.stat().st_size for path in files)
            progress = TransferProgress(f"uploading to {self._config.server}", size, say, self._stopped)
            form = {
                str(number): (path.name, opened.enter_context(UploadedFile(path, progress)), "application/octet-stream")
                for number, path in enumerate(files)
            }
            self._ask("POST", "/api/upload", data=fields, files=form)

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

    def _ask(self, method: str, path: str, **content: Any) -> bytes:
        """Send one request and return the body of its answer. Raises UploadFault for anything but success, Stopped."""
        headers = {"Authorization": f"Bearer {self._config.token}", "Accept": "application/json"}
        timeout = httpx.Timeout(TIMEOUT_S, read=SCAN_TIMEOUT_S if content else TIMEOUT_S)
        address = self._config.server + path
        try:
            with (
                _client() as client,
                client.stream(method, address, headers=headers, timeout=timeout, **content) as response,
            ):
                answer = _beginning(response)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            permanent = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes_of(error))
            raise UploadFault(
                f"{self._server} cannot be reached: {_line(cause_text(error))}.", permanent=permanent
            ) from error
        if response.status_code != httpx.codes.OK:
            raise self._fault(response.status_code, answer)
        return answer

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
        return UploadFault(f"{self._server} {why.rstrip('.')}.", permanent=status not in BUSY)


class UploadedFile(FileIO):
    """A file that counts what is read of it, which is what is sent."""

    def __init__(self, path: Path, progress: TransferProgress) -> None:
        super().__init__(path)
        self._progress = progress

    def read(self, size: int | None = -1) -> bytes:
        """Read a piece. Raises OSError, Stopped."""
        piece = super().read(size)
        self._progress.add(len(piece))
        return piece


def _decoded(answer: bytes, kind: type[Value]) -> Value | None:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def _client() -> httpx.Client:
    """Return a client that trusts what this machine trusts, and asks neither proxies nor .netrc."""
    return httpx.Client(verify=ssl.create_default_context(), trust_env=False, follow_redirects=False)


def _beginning(response: httpx.Response) -> bytes:
    """Return the body of an answer, or as much of it as is ever needed."""
    answer = b""
    for piece in response.iter_bytes():
        answer += piece
        if len(answer) >= MAX_ANSWER_BYTES:
            break
    return answer


def _fields(room: Room, tags: Tags) -> dict[str, str]:
    fields = {"title": tags.title or "Audiobook", "author": ", ".join(tags.authors), "series": tags.series}
    known = {name: clean(value) for name, value in fields.items() if value}
    library, folder = room
    return {**known, "library": library, "folder": folder}


def _line(text: str) -> str:
    return clean(text)[:MAX_REASON_CHARS].rstrip(".") or "nothing"
