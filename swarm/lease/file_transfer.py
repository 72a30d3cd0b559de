"""Messages by which job files travel: pieces, who has how much, and from whom a worker shall fetch."""

from ipaddress import ip_address
from typing import Annotated, Literal

from msgspec import Meta, Struct

from swarm.job.job_asset import Digest, Size
from swarm.lease.envelope import Message, Name, Note, Offset

MAX_ASIDE = 8  # workers that one download may name
MAX_MODEL_FILES = 32  # files that one heartbeat may name
_HOST = r"(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]{2,45}\])"
PeerAddress = Annotated[str, Meta(pattern=rf"\A({_HOST}:\d{{1,5}})?\Z")]  # "address:port" of a worker, never a name
AnyDigest = Annotated[str, Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
Fault = Literal["away", "silent", "without it", "lying"]


def is_peer_address(text: str) -> bool:
    """Tell whether text is the address of one machine, with a port."""
    host, _, port = text.rpartition(":")
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return 0 < int(port) < 65536 and not (address.is_multicast or address.is_unspecified)


class SetAside(Struct, frozen=True):
    """A worker that a file is not fetched from any more, and why."""

    peer_address: PeerAddress
    fault: Fault


class Fetching(Struct, frozen=True, omit_defaults=True):
    """A job file on its way to a worker; `note` says what holds it up."""

    digest: Digest
    have: Offset = 0  # bytes on the disk
    note: Note = ""
    asking: bool = False  # pieces of it are asked for now
    peer_address: PeerAddress = ""  # the worker that sends is reached here; "": the coordinator sends it
    aside: Annotated[tuple[SetAside, ...], Meta(max_length=MAX_ASIDE)] = ()
    waits: bool = False  # it waits to be told where to fetch it


class ToldFile(Struct, frozen=True):
    """The content of a worker's file of a handle: the digest of its block list, by which the file travels."""

    handle: Digest
    digest: Digest
    size: Size


class MissingFileReport(Struct, frozen=True, omit_defaults=True):
    """A file of an engine's model that is on its way to a worker, by its handle: what its bytes have to be."""

    handle: Digest
    have: Offset = 0  # bytes of a download from a hub
    downloads: bool = False  # it comes from a hub
    offline: bool = False  # the worker may not download it
    false: Annotated[tuple[Digest, ...], Meta(max_length=MAX_ASIDE)] = ()  # another file came under these told digests
    told: ToldFile | None = None  # it is fetched from other workers as this
    waits: bool = False  # the coordinator last said that another worker downloads it


class ModelReport(Struct, frozen=True, omit_defaults=True):
    """The files of engines' models that a worker lacks, and those that it has."""

    missing: Annotated[tuple[MissingFileReport, ...], Meta(max_length=MAX_MODEL_FILES)] = ()
    told: Annotated[tuple[ToldFile, ...], Meta(max_length=MAX_MODEL_FILES)] = ()


class OfferedLatents(Struct, frozen=True):
    """The latents that a worker computed for a job; `digest` "" and `size` 0 where its engine computes none."""

    job: Name
    digest: AnyDigest
    size: Offset


# What moves in pieces: a file, its block list, a user's book, a clip or a reel on its way to the coordinator, and for
# standbys what they copy of a job, and its records.
Moved = Literal["file", "blocks", "book", "clip", "reel", "copy", "records"]


class Fetch(Message, frozen=True, tag=True):
    """Asks for the piece that begins at `offset`, of what a digest names: all before it is here.

    The sender of a clip is ahead of this by what its link carries. Records are asked for by the digest and the number
    of those that are here.
    """

    digest: AnyDigest
    offset: Offset
    kind: Moved = "file"
    job: Name = ""  # what a standby copies is of this job


class Piece(Message, frozen=True, tag=True):
    """The answer: a piece of what a digest names; its bytes are the frame that follows.

    Records begin at 0 if those that were here are not the beginning of the sender's.
    """

    digest: AnyDigest
    offset: Offset
    total: Offset  # bytes of the whole, or all records; 0 for what is not there
    kind: Moved = "file"
    job: Name = ""


class Source(Message, frozen=True, tag=True):
    """Tells a worker where to fetch a file: at another worker, or "" for the coordinator."""

    digest: Digest
    peer_address: PeerAddress = ""


class ModelSource(Message, frozen=True, tag=True):
    """Tells a worker how to have a file of a model: from other workers as it is `told`, else from the hub.

    `wait`: from neither yet, since another machine is downloading it.
    """

    handle: Digest
    wait: bool = False
    told: ToldFile | None = None
