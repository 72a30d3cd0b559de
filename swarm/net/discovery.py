"""Finds coordinators over mDNS. A find is a hint: the coordinator may be gone, and one not found may be there.

Announced names are looked at in an order by which a flood of announcements hides none for ever."""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import socket
import uuid
from collections import OrderedDict
from collections.abc import Sequence, Set
from dataclasses import dataclass

from zeroconf import Error, InterfaceChoice, IPVersion, ServiceInfo, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from swarm.errors import EnvironmentFault
from swarm.lease.message import PROTOCOL
from swarm.net.addresses import EVERYWHERE, join_address, local_addresses, nearest_first, split_address
from swarm.system.machine import Say
from swarm.system.text import plain_line

MAX_NAMES = 4096  # more names push out those that are neither old nor new


class CandidateQueue:
    """The names that wait to be looked at: the oldest and the newest come by turns."""

    def __init__(self, most: int = MAX_NAMES) -> None:
        self._most = most
        self._names: OrderedDict[str, None] = OrderedDict()
        self._is_newest_next = False

    def __len__(self) -> int:
        return len(self._names)

    def add_name(self, name: str) -> None:
        """Let a name wait; one that waits already keeps its place."""
        self._names.setdefault(name)
        if len(self._names) > self._most:
            del self._names[list(self._names)[self._most // 2]]

    def drop(self, name: str) -> None:
        """Forget a name whose announcement is gone."""
        self._names.pop(name, None)

    def next_name(self) -> str | None:
        """Return the name whose turn it is, which waits no longer; None if no name waits."""
        if not self._names:
            return None
        is_newest, self._is_newest_next = self._is_newest_next, not self._is_newest_next
        return self._names.popitem(last=is_newest)[0]


SERVICE = "_e2a-swarm._tcp.local."
CHECK_S = 10.0  # seconds between checks whether this machine's addresses changed
SEARCH_S = 5.0  # a browser that found nothing is restarted, because it asks less and less often by itself
REFRESH_S = 60.0  # a browser that found something is restarted too, so that coordinators that died are forgotten
MAX_MISSES = 2  # a coordinator is forgotten after so many rounds without an answer, since answers get lost
RESOLVE_MS = 3000
MAX_UNPROVEN = 64  # coordinators that are kept at a time before they have proven themselves
MAX_PROVEN = 64
MAX_WAS = 14  # further names of a swarm that are read: former ones, and those of invites
MAX_STRANGERS = 8  # coordinators of other swarms that are kept
MAX_RESOLVING = 16  # names whose addresses are asked for at a time
CANCEL_AGAIN_S = 0.5
MARK_BYTES = 6
FAULTS = (OSError, RuntimeError, ValueError, Error, EnvironmentFault)

logger = logging.getLogger(__name__)
logging.getLogger("zeroconf").addHandler(logging.NullHandler())  # it warns whenever a network goes away


@dataclass(frozen=True)
class Candidate:
    """A coordinator that may be there. `addresses` are "host:port", the most likely first; `name` is never shown."""

    name: str
    addresses: tuple[str, ...]
    swarm: str
    epoch: int
    protocol: int
    was: tuple[str, ...] = ()  # the names that its swarm had before its key was renewed

    def is_of(self, names: Set[str]) -> bool:
        """Tell whether it is a coordinator of a swarm that has or had one of these names."""
        return not names.isdisjoint({self.swarm, *self.was})


def mark_of(key: bytes, name: str) -> str:
    """Return what shows that a machine with the code of the swarm has made a name; "" without a key."""
    return hashlib.blake2b(name.encode(), digest_size=MARK_BYTES, key=key).hexdigest() if key else ""


class Advertisement:
    """Announces a coordinator to the network, and again whenever this machine's addresses change."""

    def __init__(
        self,
        swarm: str,
        port: int,
        epoch: int,
        bind: str,
        say: Say,
        announce: str = "",
        was: Sequence[str] = (),
        mark: bytes = b"",
    ) -> None:
        """`announce`: "host:port" to announce instead of this machine's addresses; "" for those.

        `was`: the names that the swarm had before, for members that were away. `mark`: the key that marks the name.
        """
        self._mark = mark
        self._was = ",".join(was)
        self._host, self._announced_port = split_address(announce) if announce else ("", port)
        self._swarm = swarm
        self._port = port
        self._epoch = epoch
        self._bind = bind
        self._say = say
        self._server = f"e2a-{uuid.uuid4().hex[:12]}.local."  # the machine announces its own name itself
        self._told: list[str] = []
        self._hinted = False
        self._zeroconf: AsyncZeroconf | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to announce. Returns at once; until the network knows takes a second or two."""
        self._task = asyncio.create_task(self._keep())

    async def withdraw(self) -> None:
        """Withdraw the announcement."""
        if self._task:
            await _end(self._task)
        await _close(self._zeroconf)

    async def _keep(self) -> None:
        complain = True
        while True:
            try:
                await self._tell()
            except FAULTS as error:
                if complain:
                    host = self._host or self._bind or socket.gethostname()
                    address = join_address(host, self._announced_port)
                    self._say(f"cannot be found over mDNS ({error}); start workers with --coordinator {address}")
                complain = False
            await asyncio.sleep(CHECK_S)

    async def _tell(self) -> None:
        addresses = await self._addresses()
        if addresses == self._told:
            return
        await _close(self._zeroconf)
        self._told, self._zeroconf = [], _open(self._bind)
        announced = await self._zeroconf.async_register_service(self._info(addresses), allow_name_change=True)
        await announced
        self._told = addresses
        own = self._bind in EVERYWHERE and not self._host
        if own and all(":" in address or address.startswith("127.") for address in addresses):
            self._hint(addresses)
        logger.debug(f"announced {', '.join(addresses)}, port {self._announced_port}, over mDNS")

    async def _addresses(self) -> list[str]:
        if not self._host:
            return local_addresses() if self._bind in EVERYWHERE else [self._bind]
        found = await asyncio.get_running_loop().getaddrinfo(self._host, self._announced_port, type=socket.SOCK_STREAM)
        return sorted({str(address[0]) for *_, address in found})

    def _hint(self, addresses: list[str]) -> None:
        """Tell the user, once, how workers find a coordinator to which no IPv4 leads."""
        others = [address for address in addresses if ":" in address]
        if others and not self._hinted:
            self._hinted = True
            self._say(
                "other machines look for coordinators over IPv4, which this machine has not: start workers with "
                f"--coordinator {join_address(others[0], self._port)}"
            )

    def _info(self, addresses: list[str]) -> ServiceInfo:
        machine = socket.gethostname().partition(".")[0][:36] or "coordinator"
        name = f"{machine} {self._port} {self._server[4:10]}"  # machines of one name may start at one moment
        return ServiceInfo(
            SERVICE,
            f"{' '.join(filter(None, (name, mark_of(self._mark, name))))}.{SERVICE}",
            port=self._announced_port,
            properties={"protocol": str(PROTOCOL), "swarm": self._swarm, "epoch": str(self._epoch), "was": self._was},
            server=self._server,
            parsed_addresses=addresses,
        )


class Browser:
    """Looks for coordinators. `changed` is set whenever the finds change; its reader clears it."""

    def __init__(
        self,
        swarm: str,
        bind: str,
        say: Say,
        most: int = MAX_UNPROVEN,
        was: Sequence[str] = (),
        marks: Sequence[bytes] = (),
    ) -> None:
        """Keep at most `most` coordinators that have not proven themselves; the others wait for their turn.

        `was`: names that the swarm had before; a coordinator that was away may still be announced by one. `marks`: the
        keys by which machines with the code mark their names: no flood of others delays these.
        """
        self._names = {swarm, *was}
        self._marks = set(marks)
        self.changed = asyncio.Event()
        self._bind = bind
        self._say = say
        self._most = most
        self._waiting = CandidateQueue()
        self._proven: dict[str, None] = {}  # names, the earliest first
        self._found: dict[str, Candidate] = {}
        self._seen: dict[str, int] = {}  # the last round that found each coordinator, by name
        self._round = 0
        self._zeroconf: AsyncZeroconf | None = None
        self._resolving: dict[str, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None

    def know(self, names: Sequence[str], marks: Sequence[bytes] = ()) -> None:
        """Take coordinators under further names and marks for its own: this machine may hear them later."""
        self._names.update(names)
        self._marks.update(marks)

    def _is_marked(self, name: str) -> bool:
        plain, _, mark = name.removesuffix(f".{SERVICE}").rpartition(" ")
        return any(hmac.compare_digest(mark_of(key, plain).encode(), mark.encode()) for key in self._marks)

    def candidates(self) -> list[Candidate]:
        """Return the coordinators of this swarm, those first that a machine with its code announced."""
        ours = [candidate for candidate in self._found.values() if candidate.is_of(self._names)]
        return sorted(ours, key=lambda candidate: not self._is_marked(candidate.name))

    def strangers(self) -> list[Candidate]:
        """Return the coordinators of other swarms."""
        return [candidate for candidate in self._found.values() if not candidate.is_of(self._names)]

    def prove(self, name: str) -> None:
        """Note that a coordinator has proven itself: it takes no place of the others, and comes first from now on."""
        if name not in self._proven:
            self._proven[name] = None
            for earliest in list(self._proven)[:-MAX_PROVEN]:
                del self._proven[earliest]
            self._look_at_more()

    def set_aside(self, name: str) -> bool:
        """Give the place of a coordinator that did not prove itself to another; return False if none waits for it."""
        if name in self._proven or self._is_marked(name) or not self._waiting or not self._found.pop(name, None):
            return False
        self._seen.pop(name, None)
        self._look_at_more()
        self._waiting.add_name(name)
        return True

    async def start(self) -> None:
        """Begin to look for coordinators."""
        self._task = asyncio.create_task(self._keep())

    async def stop_browsing(self) -> None:
        """Stop looking for coordinators."""
        if self._task:
            await _end(self._task)
        await self._end_round()

    async def _keep(self) -> None:
        complain = True
        while True:
            try:
                await self._end_round()
                self._round += 1
                self._zeroconf = _open(self._bind)
                AsyncServiceBrowser(self._zeroconf.zeroconf, SERVICE, handlers=[self._notice])
            except FAULTS as error:
                if complain:
                    self._say(f"cannot browse over mDNS ({error}); name a coordinator with --coordinator HOST:PORT")
                complain = False
            await asyncio.sleep(SEARCH_S)
            self._forget_the_silent()
            if self._found and all(self._seen[name] == self._round for name in self._found):
                await asyncio.sleep(REFRESH_S - SEARCH_S)

    async def _end_round(self) -> None:
        ended, self._zeroconf = self._zeroconf, None
        for task in self._resolving.values():
            task.cancel()
        await _close(ended)

    def _forget_the_silent(self) -> None:
        for name in [name for name in self._found if self._seen[name] <= self._round - MAX_MISSES]:
            self._forget(name)

    def _forget(self, name: str) -> None:
        self._seen.pop(name, None)
        self._waiting.drop(name)
        if task := self._resolving.get(name):
            task.cancel()
        if self._found.pop(name, None):
            logger.debug(f"{plain_line(name)} is not found any more")
            self.changed.set()
            self._look_at_more()

    # Zeroconf passes these names as keywords.
    def _notice(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Removed:
            self._forget(name)
        elif name in self._found or name in self._proven or self._is_marked(name):
            self._resolve(zeroconf, name)
        elif name not in self._resolving:
            self._waiting.add_name(name)
            self._look_at_more()

    def _look_at_more(self) -> None:
        """Ask for the addresses of names that wait, as far as there are places for what is found."""
        known = self._proven
        unproven = [each for each in self.candidates() if each.name not in known and not self._is_marked(each.name)]
        places = self._most - len(unproven)
        while self._zeroconf and len(self._resolving) < min(places, MAX_RESOLVING):
            name = self._waiting.next_name()
            if name is None:
                return
            self._resolve(self._zeroconf.zeroconf, name)

    def _resolve(self, zeroconf: Zeroconf, name: str) -> None:
        if name not in self._resolving:
            task = self._resolving[name] = asyncio.create_task(self._ask(zeroconf, name))
            task.add_done_callback(lambda task: self._resolved(name, task))

    def _resolved(self, name: str, task: "asyncio.Task[None]") -> None:
        if self._resolving.get(name) is task:
            del self._resolving[name]
        self._look_at_more()  # a name without an answer is heard of again in the next round

    async def _ask(self, zeroconf: Zeroconf, name: str) -> None:
        with contextlib.suppress(*FAULTS):  # a name that is none is refused here too
            info = AsyncServiceInfo(SERVICE, name)
            if await info.async_request(zeroconf, RESOLVE_MS) and (candidate := read_candidate(info)):
                if not candidate.is_of(self._names) and len(self.strangers()) >= MAX_STRANGERS:
                    return
                if self._found.get(name) != candidate:
                    logger.debug(
                        f"found {plain_line(name)} at {', '.join(candidate.addresses)}, swarm {candidate.swarm}"
                    )
                    self.changed.set()
                self._found[name], self._seen[name] = candidate, self._round


def read_candidate(info: ServiceInfo) -> Candidate | None:
    """Return the coordinator that a service describes, or None if it describes none."""
    told = {key.decode("ascii", "replace"): value or b"" for key, value in info.properties.items()}
    swarm, epoch, protocol = (told.get(key, b"").decode("ascii", "replace") for key in ("swarm", "epoch", "protocol"))
    hosts = nearest_first(info.parsed_addresses()[:32])
    if not hosts or not info.port or not (swarm.isalnum() and len(swarm) <= 32):
        return None
    addresses = tuple(join_address(host, info.port) for host in hosts)
    was = told.get("was", b"").decode("ascii", "replace").split(",")[:MAX_WAS]
    return Candidate(info.name, addresses, swarm, _number(epoch), _number(protocol), tuple(filter(str.isalnum, was)))


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 16 else 0


def _open(bind: str) -> AsyncZeroconf:
    if bind in EVERYWHERE:
        return AsyncZeroconf(interfaces=InterfaceChoice.All, ip_version=IPVersion.V4Only)
    return AsyncZeroconf(interfaces=[bind])


async def _end(task: "asyncio.Task[None]") -> None:
    """Cancel a task until it has ended: zeroconf swallows a cancellation that reaches it while it starts or closes."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_AGAIN_S)


async def _close(zeroconf: AsyncZeroconf | None) -> None:
    """Say goodbye on the network, if it is still there."""
    if zeroconf:
        with contextlib.suppress(*FAULTS):
            await zeroconf.async_close()
