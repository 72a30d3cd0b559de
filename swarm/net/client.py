"""A user's side of the swarm: asks its coordinators what they are doing, orders something of them, brings a book.

It sends no `Hello`, so it gets no lease."""

import asyncio
import hashlib
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from swarm.config import DEFAULT_PORT, ENV_BIND
from swarm.errors import EnvironmentFault, Remedy, UsageError
from swarm.job.job_asset import PIECE_BYTES
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import (
    ASKS,
    MAX_RUNS,
    Action,
    AnyOrder,
    Enrol,
    Members,
    NewBook,
    Obeyed,
    Order,
    sign_order,
)
from swarm.lease.message import PROTOCOL, FromCoordinator, Status, StatusReply, meant, other_protocol
from swarm.net.addresses import (
    OWN_FILE,
    addresses_in,
    fixed_address,
    is_near,
    known_places,
    own_place,
    split_address,
)
from swarm.net.discovery import Browser
from swarm.net.identity.identity import Identity, keyring_of, order_key_of
from swarm.net.identity.keys import security, swarm_marks, swarm_names
from swarm.net.identity.swarm_key import SwarmKey, curve_keys, swarm_id
from swarm.net.peer_link import is_greeted
from swarm.net.transport import AnyKeys, DealerSocket
from swarm.net.wire import pack, plain, unpack_from_worker
from swarm.system.machine import Say, machine_name, new_nonce
from swarm.system.text import count_text

TIMEOUT_S = 4.0  # coordinators answer at once, but networks and disks may be slow
SEARCH_S = 2.0  # machines answer mDNS within a fraction of it
MAX_ASKED = 16  # each question takes threads and files, and an announced coordinator need not be there
LOOPBACK = "127.0.0.1"
STRANGERS = "{} of another swarm can be seen: `e2a-swarm join CODE` with its code lets this machine in."


Reply = TypeVar("Reply", StatusReply, Members)


class Answer(NamedTuple):
    """The answer of one coordinator: its reply, or the refusal ("" if nothing answered)."""

    address: str
    reply: StatusReply | None
    refusal: str = ""
    is_own: bool = False  # it has a queue on this machine, so no other one was looked for


async def ask(addresses: Sequence[str], keys: AnyKeys, timeout_s: float = TIMEOUT_S) -> Answer:
    """Ask one coordinator, whose "host:port" addresses are tried in turn.

    Raises EnvironmentFault for what is no address.
    """
    reply, refusal = await _converse(addresses, keys, Status(), StatusReply, timeout_s)
    if reply and reply.protocol != PROTOCOL:
        return Answer(addresses[0], None, other_protocol("this machine", PROTOCOL, reply.name, reply.protocol))
    return Answer(addresses[0], reply, refusal)


async def _converse(
    addresses: Sequence[str], keys: AnyKeys, question: Message, kind: type[Reply], timeout_s: float
) -> tuple[Reply | None, str]:
    """Ask one coordinator; return the answer of a kind, or None and its refusal, "" if nothing answered.

    A refusal ends it, unless another address may let this machine in.
    """
    changed = asyncio.Event()
    dealer = DealerSocket(keys, on_change=changed.set)
    try:
        dealer.connect(addresses)
        async with asyncio.timeout(timeout_s):
            while not dealer.connected or not dealer.send(question):
                if dealer.refusal and len(addresses) == 1:
                    return None, dealer.refusal
                await changed.wait()
                changed.clear()
            while True:
                message, _ = await dealer.receive()
                if isinstance(message, kind):
                    return message, ""
    except TimeoutError:
        return None, dealer.refusal or ""
    finally:
        dealer.close()


async def ask_all(places: Iterable[Sequence[str]], keys: AnyKeys) -> list[Answer]:
    """Ask several coordinators, MAX_ASKED at a time, each given by its addresses."""
    free = asyncio.Semaphore(MAX_ASKED)

    async def ask_one(addresses: Sequence[str]) -> Answer:
        async with free:
            return await ask(addresses, keys)

    return await asyncio.gather(*map(ask_one, places))


async def ask_swarm(
    state_dir: Path, *, coordinator: str, is_open: bool, say: Say, everywhere: bool = False
) -> list[Answer]:
    """Ask the named coordinator, else the queue of this machine, else all that can be found.

    Those that were found and do not answer are left out. `everywhere`: the queue of this machine does not do alone.
    `say` shows the user what matters about the search. Raises UsageError, EnvironmentFault.
    """
    key = security(state_dir, open=is_open)
    keys = keyring_of(state_dir, key)
    fixed = fixed_address(coordinator)
    if fixed:
        return [await ask([fixed], keys)]
    here = own_place(state_dir).here
    if not everywhere and (state_dir / OWN_FILE).exists() and await is_greeted(f"tcp://{here}"):
        own = await ask([here], keys)
        if own.reply and own.reply.queue is not None:
            return [own._replace(is_own=True)]
    names = swarm_names(state_dir, key)
    known = [address for place in known_places(state_dir, names) for address in place]
    hints = list(dict.fromkeys([here, f"{LOOPBACK}:{DEFAULT_PORT}", *known]))[:MAX_ASKED]
    marks = swarm_marks(state_dir, key)
    browser = Browser(names[0], os.environ.get(ENV_BIND, ""), say, was=names, marks=marks)
    await browser.start()
    try:
        before, _ = await asyncio.gather(ask_all([[hint] for hint in hints], keys), asyncio.sleep(SEARCH_S))
        found = await ask_all([candidate.addresses for candidate in browser.candidates()], keys)
        strangers = len(browser.strangers())
    finally:
        await browser.stop_browsing()
    answers = _distinct([*found, *before])
    if strangers and not answers:
        say(STRANGERS.format(count_text(strangers, "coordinator")))
    return answers


def _distinct(answers: Sequence[Answer]) -> list[Answer]:
    """Return one answer for each coordinator, sorted by name; addresses without an answer are left out."""
    told = {answer.reply.coordinator: answer for answer in reversed(answers) if answer.reply}
    return sorted(told.values(), key=lambda answer: (answer.reply.name if answer.reply else "", answer.address))


async def ask_of_invite(invite: SwarmKey, coordinator: str, say: Say) -> Members | None:
    """Ask the named coordinator, else all that can be found, about an invite; return None if none of them knows it.

    A coordinator tells no stranger which invites ended, so those of other swarms are asked too.
    """
    if fixed := fixed_address(coordinator):
        return await _ask_of_invite([fixed], invite)
    browser = Browser(swarm_id(invite), os.environ.get(ENV_BIND, ""), say)
    await browser.start()
    try:
        await asyncio.sleep(SEARCH_S)
        found = [*browser.candidates(), *browser.strangers()]
    finally:
        await browser.stop_browsing()
    named = [[address] for address in (f"{LOOPBACK}:{DEFAULT_PORT}", *addresses_in(invite))]
    places = [*named, *(list(each.addresses) for each in found)]
    answers = await asyncio.gather(*(_ask_of_invite(each, invite) for each in places[:MAX_ASKED]))
    return next((answer for answer in answers if answer), None)


async def _ask_of_invite(addresses: Sequence[str], invite: SwarmKey) -> Members | None:
    told, _ = await _converse(addresses, curve_keys(invite), Enrol("", ASKS), Members, TIMEOUT_S)
    return told if told and told.invite else None


CONNECT_S = 5.0  # Linux asks for three seconds which device has an address
FIREWALL = "its firewall has to let TCP in at that port (docs/lan.md#ports-and-firewalls)."
SILENCE = {
    "name": ("no machine of that name is known here", "names in .local are known by mDNS alone; use an address."),
    "refused": ("a machine is there, and nothing takes connections at that port", f"start its coordinator; {FIREWALL}"),
    "near": (
        "it would be in this very network, and no machine there has that address",
        "it is off, asleep or has another address by now; or the access point keeps its devices apart (client "
        "isolation, as in guest networks): use another network of it, or a cable.",
    ),
    "dropped": ("a machine is there that drops what comes to that port, as a firewall does", FIREWALL),
    "far": (
        "it is in another network, and nothing comes back from there",
        "if no other address answers: join both machines by a VPN such as Tailscale or WireGuard, or start the "
        "coordinator with --also-at and the address of a relay (docs/lan.md#a-machine-in-another-network).",
    ),
    "other": ("the port is open, and no coordinator answers behind it", "start the coordinator that belongs there."),
}


class Knock(NamedTuple):
    """What came of a try to reach a coordinator at one of its addresses; without a refusal and a silence it answers."""

    address: str
    refusal: str = ""
    silence: str = ""  # names a row of `SILENCE`


async def knock_everywhere(state_dir: Path, key: SwarmKey) -> list[list[Knock]]:
    """Try all addresses of each known coordinator of this machine's swarm. Raises EnvironmentFault, UsageError."""
    keys, places = keyring_of(state_dir, key), known_places(state_dir, swarm_names(state_dir, key))
    free = asyncio.Semaphore(MAX_ASKED)

    async def knock(address: str) -> Knock:
        async with free:
            return await _knock(address, keys)

    found = iter(await asyncio.gather(*(knock(address) for place in places for address in place)))
    return [[next(found) for _ in place] for place in places]


async def _knock(address: str, keys: AnyKeys) -> Knock:
    changed = asyncio.Event()
    dealer = DealerSocket(keys, on_change=changed.set)
    try:
        dealer.connect([address])
        async with asyncio.timeout(TIMEOUT_S):
            while not (dealer.connected or dealer.refusal):
                await changed.wait()
                changed.clear()
    except TimeoutError:
        return Knock(address, silence=await _silence(*split_address(address)))
    finally:
        dealer.close()
    return Knock(address, dealer.refusal or "")


async def _silence(host: str, port: int) -> str:
    """Return which row of `SILENCE` tells why a host does not answer at a port."""
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
        writer.close()
    except socket.gaierror:
        return "name"
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "dropped" if is_near(host) else "far"
    except OSError:
        return "near" if is_near(host) else "far"
    return "other"


MAX_TARGET = 1000  # characters
ANSWER_S = 60.0  # a disk may be slow, and a busy coordinator too


class Seat(NamedTuple):
    """The place where a user sits: a member of the swarm, and the coordinators that it can see or was told of."""

    state_dir: Path
    coordinator: str = ""  # host[:port]; "": mDNS finds it
    is_open: bool = False

    async def coordinators(self, say: Say, *, everywhere: bool = False) -> list[Answer]:
        """Return the coordinators that answer. Raises EnvironmentFault if none does."""
        answers = await ask_swarm(
            self.state_dir, coordinator=self.coordinator, is_open=self.is_open, say=say, everywhere=everywhere
        )
        found = [answer for answer in answers if answer.reply]
        if not found:
            why = next((answer.refusal for answer in answers if answer.refusal), "")
            raise EnvironmentFault(
                why
                or "No coordinator of this swarm answers: start `e2a-swarm serve`, or name one by --coordinator HOST."
            )
        return found

    def connect(self, answer: Answer) -> "Conversation":
        """Return a conversation with a coordinator that answered. Its first message makes this machine a member.

        One that has the code alone is none yet, and gives no orders.
        """
        key = security(self.state_dir, open=self.is_open)
        conversation = Conversation(answer.address, DealerSocket(keyring_of(self.state_dir, key)))
        if key and not (identity := Identity(self.state_dir, key)).membership.is_member:
            conversation.enrols = Enrol(machine_name(), identity.card)
        return conversation

    def sign(self, order: AnyOrder, *runs: str) -> AnyOrder:
        """Return an order signed for some runs of programs. Raises StoreError."""
        signer = order_key_of(self.state_dir, security(self.state_dir, open=self.is_open))
        return sign_order(plain(order), signer, runs, new_nonce())


class Conversation:
    """Questions to one coordinator, each with its answer. Close it at the end."""

    def __init__(self, address: str, dealer: DealerSocket) -> None:
        self._address = address
        self._dealer = dealer
        self.enrols: Enrol | None = None  # goes before the first message
        dealer.connect([address])

    async def say(self, message: Message, frame: bytes = b"") -> FromCoordinator:
        """Send a message, and return its answer. Raises EnvironmentFault if none comes."""
        try:
            async with asyncio.timeout(ANSWER_S):
                if self.enrols:
                    await self._send(self.enrols)
                    self.enrols = None
                await self._send(message, frame)
                while True:
                    answer, _ = await self._dealer.receive()
                    if isinstance(answer, Obeyed | Fetch):
                        return answer
        except TimeoutError:
            raise EnvironmentFault(
                f"The coordinator at {self._address} gave no answer in {ANSWER_S:.0f} s: its machine or disk is very "
                "busy, or it cannot be reached any more.",
                Remedy(),
            ) from None

    async def _send(self, message: Message, frame: bytes = b"") -> None:
        while not (self._dealer.connected and self._dealer.send(message, frame)):
            await asyncio.sleep(0.02)

    def close(self) -> None:
        """End the conversation."""
        self._dealer.close()


async def give_order(seat: Seat, action: Action, target: str, count: int, say: Say) -> str:
    """Give an order to the queue of this machine, else to every coordinator; return what those did that could obey.

    Raises UsageError if none could.
    """
    order = Order(action, target[:MAX_TARGET], count, PROTOCOL)
    found = await seat.coordinators(say)
    done, refused = await _order_all(seat, found, order, say)
    if not done and found[0].is_own:  # the book or machine may be another coordinator's
        others = [each for each in await seat.coordinators(say, everywhere=True) if each.address != found[0].address]
        done, more = await _order_all(seat, others, order, say)
        refused += more
    if not (done or refused):
        raise EnvironmentFault("No coordinator obeyed.")
    if not done:
        raise UsageError(refused[0])
    return "; ".join(dict.fromkeys(done))


async def _order_all(seat: Seat, found: Iterable[Answer], order: Order, say: Say) -> tuple[list[str], list[str]]:
    """Give an order to several coordinators; return what those say that obeyed, and the others."""
    done, refused = list[str](), list[str]()
    for answer, runs in [each for one in found for each in _runs(one, order.target)]:
        try:
            obeyed = await _order_one(seat, answer, seat.sign(order, *runs))
        except EnvironmentFault as fault:
            say(str(fault))  # the others may obey
            continue
        (done if obeyed.done else refused).append(obeyed.note)
    return done, refused


def _runs(answer: Answer, target: str) -> list[tuple[Answer, tuple[str, ...]]]:
    """Return whom an order is for at a coordinator: itself, and the processes of a machine, some at a time."""
    assert answer.reply
    processes = [worker.run for worker in meant(answer.reply.workers, target) if worker.run]
    most = MAX_RUNS - 1
    groups = [processes[at : at + most] for at in range(0, len(processes) or 1, most)]
    return [(answer, (answer.reply.coordinator, *group)) for group in groups]


async def _order_one(seat: Seat, answer: Answer, order: Order) -> Obeyed:
    """Give an order to one coordinator. Raises EnvironmentFault if it gives no answer."""
    conversation = seat.connect(answer)
    try:
        obeyed = await conversation.say(order)
    finally:
        conversation.close()
    return obeyed if isinstance(obeyed, Obeyed) else Obeyed(False, "The coordinator did not understand.")


async def find_queue(seat: Seat, say: Say) -> Answer:
    """Return the coordinator that has a queue. Raises EnvironmentFault, UsageError if there are several."""
    found = [answer for answer in await seat.coordinators(say) if answer.reply and answer.reply.queue is not None]
    if not found:
        raise EnvironmentFault("No coordinator of this swarm has a queue: start `e2a-swarm serve` on one machine.")
    if len(found) > 1:
        places = ", ".join(f"{answer.reply.name} ({answer.address})" for answer in found if answer.reply)
        raise UsageError(f"Several coordinators have a queue: choose one with --coordinator. They are {places}.")
    return found[0]


async def bring_book(
    seat: Seat, queue: Answer, book: Path, words: Sequence[str], moved: Callable[[int, int], None]
) -> int:
    """Bring a book to a queue; return its number there. `moved` is told the bytes that are there, and of all.

    Raises UsageError if it is refused, EnvironmentFault.
    """
    conversation = seat.connect(queue)
    try:
        with book.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            assert queue.reply
            told = NewBook(_sendable(book.name), digest, size, tuple(words), PROTOCOL)
            order = seat.sign(told, queue.reply.coordinator)
            if unpack_from_worker(pack(order)) is None:
                raise UsageError("A queue takes no such long options with a book: give shorter ones, or fewer.")
            taken = await conversation.say(order)
            while isinstance(taken, Fetch):
                file.seek(taken.offset)
                moved(taken.offset, size)
                taken = await conversation.say(Piece(digest, taken.offset, size, "book"), file.read(PIECE_BYTES))
    except OSError as fault:
        raise UsageError(f"{book} cannot be read: {fault.strerror or fault}.") from fault
    finally:
        conversation.close()
    if not isinstance(taken, Obeyed) or not taken.book:
        raise UsageError(taken.note if isinstance(taken, Obeyed) else "The coordinator did not understand.")
    return taken.book


def _sendable(name: str) -> str:
    """Return the end of a file's name, which tells its kind, as text that a message can hold."""
    return name.encode(errors="replace").decode()[-200:]
