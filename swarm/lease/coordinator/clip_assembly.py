"""The bytes of clips that come in pieces, until each is whole. The core decides which pieces count."""

from collections.abc import Container

from swarm.lease.coordinator.transfer import Transfer


class ClipAssembly:
    """Keeps the beginning of one clip for each connection."""

    def __init__(self) -> None:
        self.parts: dict[bytes, bytearray] = {}

    def add(self, peer: bytes, offset: int, frame: bytes, coming: Transfer | None) -> bytes:
        """Add the piece that the core was just told of; return the bytes of the whole clip, b"" while it is not whole.

        `coming` is what the core expects from this connection now; None drops what is here.
        """
        if coming is None:
            self.parts.pop(peer, None)
            return b""
        if not offset:
            self.parts[peer] = bytearray()
        part = self.parts.setdefault(peer, bytearray())
        if len(part) == offset and coming.have == offset + len(frame):
            part += frame
        if len(part) < coming.clip.size:
            return b""
        return bytes(self.parts.pop(peer))

    def keep(self, peers: Container[bytes]) -> None:
        """Drop what came over connections that are no longer in use."""
        for peer in [peer for peer in self.parts if peer not in peers]:
            del self.parts[peer]
