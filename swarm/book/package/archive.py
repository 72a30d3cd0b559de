"""Opens the zip file of an EPUB within bounds, finds files by inexact names, and checks for DRM."""

import io
import zipfile
from pathlib import Path
from posixpath import normpath
from typing import IO
from urllib.parse import unquote

from lxml import etree

from swarm.book.page.input_bounds import (
    MAX_DIRECTORY_BYTES,
    MAX_DOCUMENT_BYTES,
    MAX_FILES,
    MAX_INFLATED_BYTES,
    MAX_READ_BYTES,
)
from swarm.errors import BookError, PageError

# These only scramble fonts: the text is not protected.
FONT_SCRAMBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
LOCKS = ("META-INF/rights.xml", "META-INF/sinf.xml", "META-INF/license.lcpl")
ENCRYPTION = "META-INF/encryption.xml"
CONTAINER = "META-INF/container.xml"


class _Opening(io.BufferedReader):
    """A zip file whose directory is bounded: zipfile makes an object of each name, whatever the count beside it says.

    zipfile reads the whole directory at once, so whichever end record it believes, that read shows the size.
    """

    _is_bounded = True

    def open_zip(self) -> zipfile.ZipFile:
        """Read the directory; close the file if that fails. Raises BookError over the bound, and zipfile's errors."""
        try:
            opened = zipfile.ZipFile(self)
        except BaseException:
            self.close()
            raise
        self._is_bounded = False
        return opened

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes. Raises BookError while the zip file is opened, for more than any directory has."""
        if self._is_bounded and size is not None and size > MAX_DIRECTORY_BYTES:
            raise BookError(f"it holds more than {MAX_FILES} files")
        return super().read(size)


class Archive:
    """An EPUB's zip file, open for reading; a context manager."""

    def __init__(self, path: Path) -> None:
        """Open a file. Raises BookError if it is missing, empty, a folder, no zip file, or over a bound."""
        check_file(path)
        self.path = path
        try:
            self._file = _Opening(io.FileIO(path))
            self._zip = self._file.open_zip()
        except BookError as error:
            raise BookError(f"{path} is refused: {error}.") from error
        except PermissionError as error:
            raise BookError(f"{path} cannot be read: {error.strerror}; give yourself the right to read it.") from error
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise BookError(f"{path} is not an EPUB: it cannot be opened as a zip file; {_remedy(path)}.") from error
        self._left_bytes = MAX_READ_BYTES
        self._names = {_normal(info.filename): info for info in self._zip.infolist() if not info.is_dir()}
        self._folded = {name.casefold(): name for name in self._names}
        self._check_bounds()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    def names(self) -> tuple[str, ...]:
        """Return the normalised names of all files."""
        return tuple(self._names)

    def find_file(self, name: str) -> str | None:
        """Return the file that a name means, also percent-encoded or in another letter case; None if there is none."""
        for spelling in map(_normal, (name, unquote(name))):
            found = spelling if spelling in self._names else self._folded.get(spelling.casefold())
            if found:
                return found
        return None

    def read(self, name: str) -> bytes:
        """Read a file.

        Raises KeyError if it is missing, PageError if it is damaged or over a bound, BookError if the archive has a
        password or the total read from it is over a bound.
        """
        found = self.find_file(name)
        if found is None:
            raise KeyError(name)
        info = self._names[found]
        if info.file_size > MAX_DOCUMENT_BYTES:
            raise PageError(f"{self.path} is refused: {found} in it inflates beyond {MAX_DOCUMENT_BYTES >> 20} MiB.")
        if info.file_size > self._left_bytes:
            raise BookError(f"{self.path} is refused: its pages inflate beyond {MAX_READ_BYTES >> 20} MiB.")
        self._left_bytes -= info.file_size
        try:
            with self.open(found) as file:
                # zipfile's own `read` inflates all that there is, whatever size the zip file says.
                return file.read(info.file_size)
        except PageError:
            raise
        except RuntimeError as error:  # zipfile raises it for a password
            raise BookError(f"{self.path} is locked with a password: {found} in it cannot be read.") from error
        except Exception as error:
            raise PageError(
                f"{self.path} is damaged: {found} in it cannot be unpacked; fetch the file again."
            ) from error

    def open(self, name: str) -> IO[bytes]:
        """Open a file as a stream. Raises KeyError. Opening and reading may raise any of zipfile's errors.

        Raises PageError for a file that is packed as none of an EPUB may be: a few bytes of such could fill the memory.
        """
        found = self.find_file(name)
        if found is None:
            raise KeyError(name)
        if self._names[found].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise PageError(f"{self.path} is refused: {found} in it is packed otherwise than by deflate; make it anew.")
        return self._zip.open(self._names[found])

    def entry(self, name: str) -> zipfile.ZipInfo:
        """Return the zip entry of a file. Raises KeyError."""
        return self._names[name]

    def size(self, name: str) -> int:
        """Return the declared size of a file in bytes; 0 if it is missing."""
        found = self.find_file(name)
        return self._names[found].file_size if found else 0

    def check_locks(self, documents: frozenset[str]) -> None:
        """Raise BookError if one of these documents is protected by DRM."""
        covered = documents & self._encrypted()
        if covered or any(self.find_file(name) for name in LOCKS):
            raise BookError(f"{self.path} is protected by DRM: only an unprotected copy of the book can be read.")

    def _encrypted(self) -> frozenset[str]:
        if self.find_file(ENCRYPTION) is None:
            return frozenset()
        root = etree.fromstring(self.read(ENCRYPTION), etree.XMLParser(recover=True, resolve_entities=False))
        if root is None:
            return frozenset(self._names)  # any file may be encrypted, since the list is unreadable
        found = set()
        for data in root.iter("{*}EncryptedData"):
            method = data.find("{*}EncryptionMethod")
            if method is None or method.get("Algorithm") not in FONT_SCRAMBLING:
                found |= {self.find_file(reference.get("URI", "")) for reference in data.iter("{*}CipherReference")}
        return frozenset(name for name in found if name)

    def _check_bounds(self) -> None:
        if len(self._zip.infolist()) > MAX_FILES:
            raise BookError(f"{self.path} is refused: it holds more than {MAX_FILES} files.")
        if self.path.stat().st_size > MAX_INFLATED_BYTES:
            raise BookError(f"{self.path} is refused: it is larger than {MAX_INFLATED_BYTES >> 30} GiB.")
        if sum(info.file_size for info in self._names.values()) > MAX_INFLATED_BYTES:
            raise BookError(f"{self.path} is refused: it inflates beyond {MAX_INFLATED_BYTES >> 30} GiB.")
        if self.find_file(CONTAINER) is None:
            raise BookError(f"{self.path} is not an EPUB: it is a zip file without {CONTAINER}.")


def join(folder: str, reference: str) -> str:
    """Return the name from the archive's root of what a reference in a folder leads to."""
    return _normal(f"{folder}/{unquote(reference)}")


def _remedy(path: Path) -> str:
    if path.suffix.lower() == ".epub":
        return "fetch the file again"
    return "a text is read where its name ends in .txt, Markdown in .md, a web page in .html"


def check_file(path: Path) -> None:
    """Raise BookError if a file is missing, empty, unreadable or no regular file."""
    try:
        if path.is_dir():
            raise BookError(f"{path} is a folder: name a book in it.")
        if path.exists() and not path.is_file():
            raise BookError(f"{path} is a pipe or a device: name a book's file.")
        if path.stat().st_size == 0:
            raise BookError(f"{path} is empty: fetch the book again.")
    except FileNotFoundError as error:
        if path.parts[0] in ("http:", "https:"):
            address = path.as_posix().replace(":/", "://", 1)  # a path has lost one of the slashes
            raise BookError(f"{address} is an address: download the book first, and name its file.") from error
        quotes = "" if path.suffix.lower() == ".epub" else ", in quotes where there is a space in its path"
        raise BookError(f"{path} does not exist: name a book's file{quotes}.") from error
    except (OSError, ValueError) as error:
        raise BookError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _normal(name: str) -> str:
    return normpath("/" + name.replace("\\", "/")).lstrip("/")
