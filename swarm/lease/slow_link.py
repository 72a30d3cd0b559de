"""A link that carries less than its worker speaks, and how clips are packed for it."""

from typing import Literal

from msgspec import Struct

from swarm.lease.bounds import Count, Name

Packing = Literal["", "flac", "opus"]  # "": the clip is as spoken; "flac": it is packed as tightly as FLAC can


class SlowLink(Struct, frozen=True):
    """What a worker says of a link that is its bottleneck: what it carries, and the `Packing` of clips for it."""

    bits_s: Count
    packing: Name
