"""Decides which connections a coordinator keeps while they have proven nothing, and which it refuses. Pure.

A connection costs files and memory before it has shown that it holds the swarm's key. So the number of unproven ones is
bounded, for each address and in all, and an address whose connections prove nothing may open few more.
"""

import ipaddress
from collections import Counter, OrderedDict
from dataclasses import dataclass

from swarm.net.allowance import VAIN_BYTES_A_SECOND

MAX_UNPROVEN = 128
MAX_UNPROVEN_OF_ADDRESS = 32
PROOF_S = 10.0  # a connection has this long for its proof
VAIN_BURST = 500.0  # connections of one address that proved nothing, before it has to wait
VAIN_A_SECOND = 50.0  # useless tries that are forgiven: a machine of another swarm tries some 20 times a second
MAX_ADDRESSES = 4096  # addresses that are remembered


@dataclass
class Vain:
    """What the connections of an address were in vain, less what is forgiven."""

    noted_s: float
    connections: float = 0.0  # connections that proved nothing
    size: float = 0.0  # bytes that were of no use

    def forgive(self, now: float) -> None:
        """Forgive some of it, as time passes."""
        passed_s, self.noted_s = now - self.noted_s, now
        self.connections = max(0.0, self.connections - VAIN_A_SECOND * passed_s)
        self.size = max(0.0, self.size - VAIN_BYTES_A_SECOND * passed_s)


class Admission:
    """The connections that are here, by number, and what is remembered of addresses."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._unproven: OrderedDict[int, tuple[str, float]] = OrderedDict()  # address and beginning, the oldest first
        self._of_address: Counter[str] = Counter()  # unproven connections
        self._proven: dict[int, str] = {}
        self._vain: OrderedDict[str, Vain] = OrderedDict()

    def admit(self, number: int, address: str, now: float) -> list[int] | None:
        """Take in a connection; return those to be cut for it, or None if it has to be refused."""
        if len(self._proven) >= self.most:
            return None
        if self._vain_of(address, now).connections >= VAIN_BURST:
            return None
        self._unproven[number] = address, now
        self._of_address[address] += 1
        if self._of_address[address] > MAX_UNPROVEN_OF_ADDRESS:
            return [self._oldest(address)]
        if len(self._unproven) > MAX_UNPROVEN or len(self._unproven) + len(self._proven) > self.most:
            return [self._oldest(self._of_address.most_common(1)[0][0])]
        return []

    def prove(self, number: int) -> None:
        """Take in that a connection holds the swarm's key, or is a worker where no key is needed."""
        if number in self._unproven:
            self._proven[number] = self._forget(number)

    def leave(self, number: int, now: float, vain_bytes: float = 0.0) -> None:
        """Take in that a connection is gone, and how many bytes are held against it."""
        is_vain = number in self._unproven
        address = self._forget(number) if is_vain else self._proven.pop(number, "")
        if is_vain or vain_bytes:
            vain = self._vain[address] = self._vain_of(address, now)
            vain.connections += is_vain
            vain.size = max(vain.size, vain_bytes)
            self._vain.move_to_end(address)
            if len(self._vain) > MAX_ADDRESSES:
                self._vain.popitem(last=False)

    def vain_bytes(self, address: str, now: float) -> float:
        """Return what is held against a new connection of an address, because of those that left."""
        return self._vain_of(address, now).size

    def _vain_of(self, address: str, now: float) -> Vain:
        vain = self._vain.get(address) or Vain(now)
        vain.forgive(now)
        return vain

    def late(self, now: float) -> list[int]:
        """Return the connections that had their time to prove themselves."""
        return [number for number, (_, since_s) in self._unproven.items() if since_s + PROOF_S <= now]

    def _oldest(self, address: str) -> int:
        return next(number for number, (known, _) in self._unproven.items() if known == address)

    def _forget(self, number: int) -> str:
        address, _ = self._unproven.pop(number)
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]
        return address


def address_of(host: str) -> str:
    """Return what stands for one machine: an IPv4 address, or the network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
