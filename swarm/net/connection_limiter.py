"""Decides which connections a coordinator keeps while they have proven nothing, and how much each may hand in. Pure.

ZeroMQ gathers a message of any number of parts before it hands it over, and says nothing of it meanwhile. So bytes are
counted where they come in, and again where whole messages come out. What is between is bounded."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field

from swarm.lease.envelope import MAX_CLIP_BYTES
from swarm.net.wire import MAX_CONTROL_BYTES

PART_BYTES = 64  # ZeroMQ needs so much for any part; parts are counted where they can be seen, without a key
UNPROVEN_BYTES = 4096  # a handshake has less than one kilobyte
MOST = MAX_CLIP_BYTES + MAX_CONTROL_BYTES + 256 * 1024  # the largest message, and what comes before and after it
MOST_OF_ALL = 96 * 1024 * 1024  # all connections share it; beyond it each may have only a little
LITTLE = 64 * 1024
STALLED_S = 5.0  # a connection without a whole message for so long stalls, if nothing waits to be read
PENALTY_BYTES = 2 * 1024 * 1024  # useless bytes that a connection may hand in
FORGIVEN_BYTES_A_SECOND = 512 * 1024  # useless bytes that are forgiven

CURVE_BYTES = 33  # an encrypted part has a name, nonce, flags and authenticator
SHORT = 255  # bytes of the longest part whose frame has a header of two bytes


def bytes_on_wire(sizes: list[int], *, keyed: bool) -> int:
    """Return how many bytes the parts of a message took on their way."""
    extra = CURVE_BYTES if keyed else 0
    return sum(size + extra + (2 if size + extra <= SHORT else 9) for size in sizes)


@dataclass
class ByteTotal:
    """The bytes that all connections together have under way."""

    under_way: int = 0


@dataclass
class Backpressure:
    """What one connection has handed in, and what of it was read."""

    keyed: bool
    total: ByteTotal = field(default_factory=ByteTotal)
    proven: bool = False
    handed_in: int = 0
    read: int = 0
    full_s: float | None = None  # it has to wait since then, until a message is read
    penalty: float = 0.0
    penalty_s: float = 0.0

    @property
    def under_way(self) -> int:
        """The bytes that were handed in and not read."""
        return self.handed_in - self.read

    def prove(self) -> None:
        """Take in that the handshake is over: what came until now is no part of a message."""
        self.forget()
        self.proven = True

    def note_came(self, size: int) -> None:
        """Take in that bytes were handed in."""
        self.handed_in += size
        self.total.under_way += size

    def forget(self) -> None:
        """Take in that nothing is under way any more."""
        self.total.under_way -= self.under_way
        self.handed_in = self.read = 0

    def note_read(self, sizes: list[int]) -> None:
        """Take in that a message was read, with these sizes of its parts."""
        parts = 0 if self.keyed else PART_BYTES * len(sizes)
        size = min(self.under_way, bytes_on_wire(sizes, keyed=self.keyed) + parts)
        self.read += size
        self.total.under_way -= size
        self.full_s = None

    def penalise(self, size: int, now: float) -> None:
        """Take in that so many bytes were of no use."""
        self.penalty, self.penalty_s = self.penalty_now(now) + size, now

    def penalty_now(self, now: float) -> float:
        """Return the bytes that are held against the connection."""
        return max(0.0, self.penalty - FORGIVEN_BYTES_A_SECOND * (now - self.penalty_s))

    def room(self, now: float) -> int:
        """Return how many bytes more it may hand in now; none or less: it has to wait."""
        if not self.proven:
            return UNPROVEN_BYTES - self.handed_in
        if self.penalty and self.penalty_now(now) > PENALTY_BYTES:
            return 0
        most = MOST if self.total.under_way < MOST_OF_ALL else LITTLE
        if self.under_way < most:
            self.full_s = None
        elif self.full_s is None:
            self.full_s = now
        return most - self.under_way

    def is_stalled(self, now: float) -> bool:
        """Tell whether it has handed in more than any message has, and none became whole for some time."""
        return self.proven and self.under_way >= MOST and self.is_stale(now)

    def is_stale(self, now: float) -> bool:
        """Tell whether it has waited for some time, and no message became whole."""
        return self.full_s is not None and now - self.full_s >= STALLED_S


MAX_UNPROVEN = 128
MAX_UNPROVEN_OF_ADDRESS = 32
PROOF_S = 10.0  # a connection has this long for its proof
PENALTY_BURST = 500.0  # connections of one address that proved nothing, before it has to wait
FORGIVEN_A_SECOND = 50.0  # useless tries that are forgiven: a machine of another swarm tries some 20 times a second
MAX_ADDRESSES = 4096  # addresses that are remembered


@dataclass
class Penalty:
    """What is held against an address: connections and bytes that were of no use, less what is forgiven."""

    noted_s: float
    connections: float = 0.0  # connections that proved nothing
    size: float = 0.0  # bytes that were of no use

    def forgive(self, now: float) -> None:
        """Forgive some of it, as time passes."""
        passed_s, self.noted_s = now - self.noted_s, now
        self.connections = max(0.0, self.connections - FORGIVEN_A_SECOND * passed_s)
        self.size = max(0.0, self.size - FORGIVEN_BYTES_A_SECOND * passed_s)


class ConnectionLimiter:
    """The connections that are here, by number, and what is remembered of addresses."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._unproven: OrderedDict[int, tuple[str, float]] = OrderedDict()  # address and beginning, the oldest first
        self._of_address: Counter[str] = Counter()  # unproven connections
        self._proven: dict[int, str] = {}
        self._penalties: OrderedDict[str, Penalty] = OrderedDict()

    def admit(self, number: int, address: str, now: float) -> list[int] | None:
        """Take in a connection; return those to be cut for it, or None if it has to be refused."""
        if len(self._proven) >= self.most:
            return None
        if self._penalty_of(address, now).connections >= PENALTY_BURST:
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

    def note_gone(self, number: int, now: float, penalty_bytes: float = 0.0) -> None:
        """Take in that a connection is gone, and how many bytes are held against it."""
        is_unproven = number in self._unproven
        address = self._forget(number) if is_unproven else self._proven.pop(number, "")
        if is_unproven or penalty_bytes:
            penalty = self._penalties[address] = self._penalty_of(address, now)
            penalty.connections += is_unproven
            penalty.size = max(penalty.size, penalty_bytes)
            self._penalties.move_to_end(address)
            if len(self._penalties) > MAX_ADDRESSES:
                self._penalties.popitem(last=False)

    def penalty_bytes(self, address: str, now: float) -> float:
        """Return what is held against a new connection of an address, because of those that left."""
        return self._penalty_of(address, now).size

    def _penalty_of(self, address: str, now: float) -> Penalty:
        penalty = self._penalties.get(address) or Penalty(now)
        penalty.forgive(now)
        return penalty

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
