"""A model as workers pass it on to each other: its files, or the manifest that the first machine that has it makes.

A manifest (names, sizes, digests) is for models of which no digest is known beforehand. What it says is bounded, and
each engine says which names its models may have, since any member of the swarm could have written it."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from swarm.job.job_asset import MAX_BYTES, Digest, Size
from swarm.voice.model_download import RemoteFile

MAX_LISTING = 64 * 1024  # bytes
MAX_FILES = 32
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"


class ListedFile(Struct, frozen=True):
    """A file of a model: its place in the model's folder, and its content by digest."""

    name: Annotated[str, Meta(pattern=rf"\A{_PART}(/{_PART}){{0,3}}\Z")]
    digest: Digest
    size: Size


class Manifest(Struct, frozen=True):
    """All files of a model, in the order in which they get their names: a model that lacks the last is incomplete."""

    files: Annotated[tuple[ListedFile, ...], Meta(min_length=1, max_length=MAX_FILES)]


@dataclass(frozen=True)
class ListedModel:
    """A model that machines know by its listing: its name and folder, and what its engine says of its files.

    `names` returns their places in the model's folder, the one that makes it complete last; () while it is not here,
    or if it is not to be shared. `measure` returns the bytes that are here of a download under way.
    """

    name: str
    folder: Path
    names: Callable[[], tuple[str, ...]]
    may_have: Callable[[str], bool]
    measure: Callable[[], int]
    mark: str = ""  # name of a file that is laid into the folder, which tells that all in it came from another machine

    @property
    def file(self) -> RemoteFile:
        """The listing itself, as a file of unknown digest beside the model's folder."""
        return RemoteFile(f"{self.folder.name}.listing", f"listing:{self.name}", MAX_LISTING, "")

    @property
    def place(self) -> Path:
        """Where its listing is, if it is here."""
        return self.folder.parent / self.file.name

    def write(self) -> bool:
        """List the files in the model's folder, unless the last listing is as new; return False if there are none.

        Raises OSError.
        """
        names = self.names()
        if not 0 < len(names) <= MAX_FILES:
            return False
        try:
            old = self.read(self.place.read_bytes())
        except (OSError, ValueError):
            old = ()
        if [file.name for file in old] == list(names) and not self._changed(names):
            return True
        listing = Manifest(tuple(ListedFile(name, *measured(self.folder / name)) for name in names))
        self.place.write_bytes(msgspec.json.encode(listing))
        return True

    def _changed(self, names: Iterable[str]) -> bool:
        made_s = self.place.stat().st_mtime
        return any((self.folder / name).stat().st_mtime > made_s for name in names)

    def settle(self, files: Iterable[RemoteFile], staged: Path) -> None:
        """Give the files of a listing their places, in their order, once all of them are staged. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.mark:
            (self.folder / self.mark).write_text("The files of this model came from another machine of the swarm.\n")
        for file in files:
            place = self.folder / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            (staged / file.name).replace(place)
        self.place.touch()

    def read(self, data: bytes) -> tuple[RemoteFile, ...]:
        """Return the files of a listing. Raises ValueError for one that cannot be of this model."""
        listing = msgspec.json.decode(data[: MAX_LISTING + 1], type=Manifest)
        names = [file.name.lower() for file in listing.files]
        if len({*names}) < len(names) or sum(file.size for file in listing.files) > MAX_BYTES:
            raise ValueError("a name stands twice in it, or it is of too many bytes")
        if odd := [file.name for file in listing.files if not self.may_have(file.name)]:
            raise ValueError(f"no model of this engine has a file {odd[0]}")
        return tuple(RemoteFile(file.name, "", file.size, file.digest) for file in listing.files)


def measured(path: Path) -> tuple[str, int]:
    """Return the SHA-256 and the size of a file. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


@dataclass(frozen=True)
class RemoteModel:
    """The files that an engine opens a model with and would download, and their folder.

    `listed`: the files of the model, or more of them, are known only by the listing of a machine that has it.
    """

    title: str
    folder: Path
    files: tuple[RemoteFile, ...]
    listed: ListedModel | None = None
