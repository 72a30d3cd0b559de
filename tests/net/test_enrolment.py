"""Both sides of membership over real sockets: coordinators and workers that enrol, hear of removals, and come back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import zmq
from nacl.public import SealedBox
from nacl.signing import SigningKey, VerifyKey
from patience import until

from swarm.coordinator import listener
from swarm.coordinator.listener import Enrolment
from swarm.coordinator.machine_orders import NO_OWN_KEY, MachineOrders, MemberAdmin, member_list
from swarm.errors import EnvironmentFault
from swarm.lease.member_message import Enrol, Members, Obeyed, Order, sign_order
from swarm.lease.message import Status, StatusReply, WhoAreYou
from swarm.net.addresses import OwnPlace, remember_place
from swarm.net.client import Conversation, Knock, ask_of_invite, knock_everywhere
from swarm.net.identity import membership, newcomers
from swarm.net.identity.identity import Identity, keyring_of
from swarm.net.identity.keys import load_key, save_key
from swarm.net.identity.swarm_key import SwarmKey, curve_keys, make_key, swarm_id
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.system.disk import Lock
from swarm.system.event_loop import cancel
from swarm.worker.enrolment import WorkerEnrolment

KEY = make_key()
Open = Callable[..., "Desk"]


class Desk:
    """A coordinator that answers `Status`, on a machine of its own."""

    def __init__(
        self, folder: Path, name: str, key: SwarmKey = KEY, approve: bool = False, place: OwnPlace | None = None
    ) -> None:
        self.identity = identity_at(folder / name, key)
        self.membership = self.identity.membership
        self.router = RouterSocket(curve_keys(self.identity.key), self.membership.lets_in)
        self.said, self.is_closed = list[str](), False
        self.enrolment = Enrolment(
            self.identity,
            self.router,
            name,
            say=self.said.append,
            renewed=lambda: self.said.append("again"),
            approve=approve,
            place=place,
        )
        self.address = f"127.0.0.1:{self.router.bind('127.0.0.1', 0)}"
        reply = StatusReply("c", name, "1", 1, (), ())
        self.users = MachineOrders(self.router, lambda order, may_all: 0, MemberAdmin(folder / name), lambda: reply)
        self.tasks = [asyncio.create_task(self.enrolment.follow_membership()), asyncio.create_task(self._answer())]

    async def _answer(self) -> None:
        while True:
            peer, message, _ = await self.router.receive()
            if message == Status():
                self.router.send(peer, WhoAreYou())
            elif isinstance(message, Order):
                self.users.answer_user(peer, message, b"")

    async def close(self) -> None:
        await cancel(self.tasks)
        if not self.is_closed:
            self.router.close()
        self.is_closed = True


class Tenant:
    """A worker's connection, on a machine of its own."""

    def __init__(self, folder: Path, name: str, desk: Desk, key: SwarmKey = KEY, place: OwnPlace | None = None) -> None:
        self.identity, self.said = identity_at(folder / name, key), list[str]()
        self.membership = self.identity.membership
        self.learnt, self.standbys = list[list[str]](), list[str]()
        self.enrolment = WorkerEnrolment(
            self.identity,
            name,
            self.said.append,
            lambda swarm, addresses: self.learnt.append(list(addresses)),
            lambda swarm, addresses: self.standbys.__setitem__(slice(None), addresses),
            place,
        )
        self.socket = self.enrolment.dial(lambda: None)
        self.socket.connect([desk.address])
        self.answers, self.is_closed = 0, False
        self.task = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        while True:
            self.socket.send(Status())
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await self.socket.receive()
                    self.answers += 1
            await asyncio.sleep(0.01)

    async def is_served(self) -> None:
        before = self.answers
        await until(lambda: self.answers > before + 2)

    async def close(self) -> None:
        await cancel([self.task])
        if not self.is_closed:
            self.socket.close()
        self.is_closed = True


def identity_at(folder: Path, key: SwarmKey) -> Identity:
    folder.mkdir(exist_ok=True)
    if not (folder / "swarm.key").exists():
        save_key(folder, key)
    return Identity(folder, key)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Open]:
    """Return a function that opens a desk or a tenant by class and name."""
    async with AsyncExitStack() as stack:

        def open_one(kind: type, *words: object, **named: object) -> object:
            opened = kind(tmp_path, *words, **named)
            stack.push_async_callback(opened.close)
            return opened

        yield open_one  # type: ignore[misc]


async def test_a_worker_becomes_a_member_by_itself_and_comes_by_its_own_key_the_next_time(house: Open) -> None:
    desk = house(Desk, "laptop")
    tenant = house(Tenant, "attic", desk)
    await until(lambda: tenant.membership.is_member)
    await tenant.is_served()
    assert {each.name for each in desk.membership.members.values()} == {"laptop", "attic"}
    users: list[bool] = []
    desk.enrolment.take_enrolment = lambda *told: users.append(desk.router.came_by_code())
    desk.router.on_enrol = desk.enrolment.take_enrolment
    desk.router.proxy.cut_all()
    await until(lambda: bool(users))
    assert users == [False]


async def test_a_machine_that_just_came_was_seen_now_and_admitted_by_a_machine_with_a_name(
    house: Open, tmp_path: Path
) -> None:
    desk = house(Desk, "laptop")
    first = house(Tenant, "first", desk)
    await until(lambda: first.identity.card.hex() in Identity(tmp_path / "laptop", KEY).membership.seen_s)
    attic = house(Tenant, "attic", desk)  # members were noted a moment ago
    await until(lambda: attic.identity.card.hex() in Identity(tmp_path / "laptop", KEY).membership.seen_s)
    rows = {each.name: each for each in member_list(Identity(tmp_path / "laptop", KEY)).members}
    assert rows["attic"].seen_s is not None and rows["attic"].admitted_by == "laptop"


async def test_one_machine_more_than_a_member_may_admit_speaks_and_the_user_is_told_once(
    house: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(membership, "MAX_ADMITTED", 1)
    first = house(Desk, "first")
    begun = house(Tenant, "laptop", first)
    await until(lambda: begun.membership.is_member)
    desk = house(Desk, "laptop")  # no owner of the swarm
    for name in ("attic", "tower", "cellar"):
        await house(Tenant, name, desk).is_served()
    await until(lambda: any("it is no member, and its orders do not count" in line for line in desk.said))
    assert sum("it is no member" in line for line in desk.said) == 1 and len(desk.membership.members) == 3


async def test_the_removed_one_hears_it_and_all_others_go_on_with_the_new_secret(house: Open, tmp_path: Path) -> None:
    desk = house(Desk, "laptop")
    attic, guest, away = (house(Tenant, name, desk) for name in ("attic", "guest", "away"))
    await until(
        lambda: len(desk.membership.members) == 4 and all(each.membership.is_member for each in (attic, guest, away))
    )
    await away.close()
    Identity(tmp_path / "laptop", KEY).membership.remove_member(
        guest.identity.card
    )  # the command does this in another process
    with pytest.raises(EnvironmentFault, match="This machine was removed from the swarm by laptop"):
        await guest.enrolment.wait_for_removal()
    await until(lambda: attic.identity.key == desk.identity.key != KEY)
    await attic.is_served()
    assert "again" in desk.said
    answers = guest.answers
    back = house(Tenant, "away", desk)
    await until(lambda: back.identity.key == desk.identity.key)
    await back.is_served()
    old_code = DealerSocket(curve_keys(KEY))
    old_code.connect([desk.address])
    refused = desk.router.refused
    await until(lambda: desk.router.refused > refused + 1)
    assert not old_code.connected and guest.answers == answers
    old_code.close()


async def test_a_former_member_that_poses_as_a_coordinator_gives_nobody_a_secret(house: Open, tmp_path: Path) -> None:
    desk = house(Desk, "laptop")
    away, rogue = house(Tenant, "away", desk), house(Tenant, "rogue", desk)
    await until(lambda: away.membership.is_member and rogue.membership.is_member and len(desk.membership.members) == 3)
    await away.close()
    await rogue.close()
    desk.membership.remove_member(rogue.identity.card)
    impostor, secret, answered = RouterSocket(curve_keys(KEY), lambda key: True), make_key(), asyncio.Event()

    def answer(peer: bytes, enrol: Enrol, frame: bytes) -> None:
        server_key = curve_keys(secret).server_public
        forged = membership.remove(membership.read(frame), [desk.identity.card], server_key, 9, rogue.identity.own)
        sealed = SealedBox(VerifyKey(enrol.key).to_curve25519_public_key()).encrypt(secret.secret)
        for told in (forged, membership.read(frame)):
            impostor.send(peer, Members("laptop", desk.identity.card, sealed), membership.write(told))
        impostor.send(peer, WhoAreYou())
        answered.set()

    impostor.on_enrol = answer
    back = house(Tenant, "away", SimpleNamespace(address=f"127.0.0.1:{impostor.bind('127.0.0.1', 0)}"))
    listening = asyncio.create_task(impostor.receive())
    await answered.wait()
    await until(lambda: back.answers > 0)
    assert back.identity.key_epochs.all() == [KEY]
    assert desk.identity.card in back.membership.members
    back.socket.connect([desk.address])
    listening.cancel()
    impostor.close()
    await until(lambda: back.identity.key == desk.identity.key)


async def test_a_former_member_that_poses_as_a_coordinator_by_the_old_code_is_admitted_under_no_new_key(
    house: Open, tmp_path: Path
) -> None:
    desk = house(Desk, "laptop")
    attic, rogue = house(Tenant, "attic", desk), house(Tenant, "rogue", desk)
    await until(lambda: attic.membership.is_member and rogue.membership.is_member)
    await rogue.close()
    desk.membership.remove_member(rogue.identity.card)
    await until(lambda: attic.identity.key == desk.identity.key != KEY)
    await attic.close()
    fresh = identity_at(tmp_path / "fresh", KEY).card
    impostor, greetings = RouterSocket(curve_keys(KEY), lambda key: True), list[Enrol]()

    def answer(peer: bytes, enrol: Enrol, frame: bytes) -> None:
        greetings.append(enrol)
        impostor.send(peer, Members("rogue", fresh), frame)

    async def listen() -> None:
        while True:
            await impostor.receive()

    impostor.on_enrol = answer
    back = house(Tenant, "attic", SimpleNamespace(address=f"127.0.0.1:{impostor.bind('127.0.0.1', 0)}"))
    listening = asyncio.create_task(listen())
    await until(lambda: len(greetings) > 2)
    listening.cancel()
    impostor.close()
    assert fresh not in back.membership.members
    assert not any(enrol.sealed for enrol in greetings)


async def test_two_lists_of_one_swarm_become_one_when_a_keeper_gives_its_own_up(house: Open, tmp_path: Path) -> None:
    laptop, tower = house(Desk, "laptop"), house(Desk, "tower")
    attic, cellar = house(Tenant, "attic", laptop), house(Tenant, "cellar", tower)
    await until(lambda: attic.membership.is_member and cellar.membership.is_member)
    assert cellar.membership.known.founding != attic.membership.known.founding
    house(Tenant, "tower", laptop)  # the machine of the second coordinator speaks for the first one
    await until(lambda: any("another list" in line for line in tower.said))
    beside = Identity(tmp_path / "tower", KEY)  # the command has such an identity
    [other] = beside.membership.others
    assert cellar.identity.card not in attic.membership.members and cellar.membership.known.founding != other.founding
    beside.membership.hand_over(other)
    await until(lambda: cellar.membership.is_member and cellar.membership.known.founding == other.founding)
    assert {each.name for each in cellar.membership.members.values()} == {"laptop", "tower", "attic", "cellar"}
    cellar.socket.connect([laptop.address])
    tower.router.proxy.cut_all()
    await until(lambda: cellar.identity.card in laptop.membership.members)
    await cellar.is_served()
    assert not tower.membership.owner and not tower.membership.others


async def test_a_second_coordinator_hears_who_is_in_from_a_worker_and_is_admitted_by_it(house: Open) -> None:
    desk = house(Desk, "laptop")
    tenant = house(Tenant, "attic", desk)
    await until(lambda: tenant.membership.is_member)
    other = house(Desk, "tower")
    tenant.socket.connect([other.address])
    desk.router.proxy.cut_all()
    await until(lambda: other.membership.is_member)
    assert {each.name for each in other.membership.members.values()} == {"laptop", "attic", "tower"}
    assert other.membership.known.founding == desk.membership.known.founding  # type: ignore[union-attr]


async def test_an_invite_lets_one_machine_in_once_and_gives_it_the_swarms_own_secret(
    house: Open, tmp_path: Path
) -> None:
    desk = house(Desk, "laptop")
    invite = Identity(tmp_path / "laptop", KEY).invite(900, "laptop")
    await until(lambda: len(desk.router.proxy.server_keys) == 2)
    was_connected: list[bool] = []
    prying = DealerSocket(curve_keys(invite), lambda: was_connected.append(prying.connected))
    with closing(prying):
        prying.connect([desk.address])
        await until(lambda: prying.connected)
        prying.send(Status())
        guest = house(Tenant, "guest", desk, invite)
        await until(lambda: guest.membership.is_member)
        await guest.is_served()
        assert guest.identity.key == KEY == load_key(tmp_path / "guest")
        assert Identity(tmp_path / "guest", KEY).membership.is_member
        await until(lambda: prying.connected and prying.send(Enrol("second", b"\x07" * 32)))
        told, frame = await prying.receive()
        await until(lambda: False in was_connected)  # it is told why and cut off, and may try again
        assert isinstance(told, Members) and (told.invite, told.sealed, frame) == ("used", b"", b"")
        assert desk.identity.invites.use(
            curve_keys(invite).server_public, guest.identity.card
        )  # if it missed the answer
        assert {each.name for each in desk.membership.members.values()} == {"laptop", "guest"}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await prying.receive()


async def test_an_invite_that_finds_no_port_at_first_is_opened_later(
    house: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = house(Desk, "laptop")
    bind, failed = desk.router._bind_inner, list[str]()

    def bind_later() -> int:
        if failed:
            return bind()
        failed.append("once")
        raise EnvironmentFault("no port is free")

    monkeypatch.setattr(desk.router, "_bind_inner", bind_later)
    invite = Identity(tmp_path / "laptop", KEY).invite(900, "laptop")
    guest = house(Tenant, "guest", desk, invite)
    await until(lambda: guest.membership.is_member)
    assert failed


async def test_a_new_secret_that_finds_no_port_at_first_is_opened_later(
    house: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = house(Desk, "laptop")
    stays, leaves = house(Tenant, "stays", desk), house(Tenant, "leaves", desk)
    await until(lambda: stays.membership.is_member and leaves.membership.is_member)
    bind, tries = desk.router._bind_inner, list[str]()

    def bind_later() -> int:
        tries.append("")
        if len(tries) < 3:
            raise EnvironmentFault("no port is free")
        return bind()

    monkeypatch.setattr(desk.router, "_bind_inner", bind_later)
    await asyncio.to_thread(Identity(tmp_path / "laptop", KEY).membership.remove_member, leaves.identity.card)
    await until(lambda: "again" in desk.said)
    await until(lambda: stays.identity.key == desk.identity.key and stays.socket.connected)
    await stays.is_served()
    assert len(tries) == 3


async def test_a_connection_that_took_the_place_of_one_that_went_unseen_enrols_as_well(house: Open) -> None:
    desk = house(Desk, "laptop")
    tenant = house(Tenant, "attic", desk)
    await tenant.is_served()
    told = list[bytes]()
    desk.router.on_enrol = lambda peer, enrol, frame: told.append(enrol.key)
    tenant.socket._link._note(int(zmq.EVENT_HANDSHAKE_SUCCEEDED))  # as if the loss of the one before was not heard
    await until(lambda: told)
    assert {*told} == {tenant.identity.card}  # a busy machine may have enrolled before, too


async def test_an_invite_whose_time_is_over_lets_nobody_in(house: Open, tmp_path: Path) -> None:
    desk = house(Desk, "laptop")
    Identity(tmp_path / "laptop", KEY).invite(900, "laptop")
    late = Identity(tmp_path / "laptop", KEY).invite(-1, "laptop")
    await until(lambda: len(desk.router.proxy.server_keys) == 3)
    guest = house(Tenant, "guest", desk, late)
    await until(lambda: any("this invite has run out: ask on laptop for a new one" in line for line in guest.said))
    assert not guest.membership.is_member and guest.answers == 0
    assert not desk.identity.invites.use(curve_keys(late).server_public, guest.identity.card)


async def test_an_invite_that_was_taken_back_lets_nobody_in(house: Open, tmp_path: Path) -> None:
    desk, identity = house(Desk, "laptop"), Identity(tmp_path / "laptop", KEY)
    given, other = identity.invite(900, "laptop"), identity.invite(900, "laptop")
    await until(lambda: len(desk.router.proxy.server_keys) == 3)
    identity.invites.revoke([each for each in identity.invites.unused if each.secret == given.secret])
    await until(lambda: desk.identity.invites.state(curve_keys(given).server_public) == "taken back")
    guest = house(Tenant, "guest", desk, given)
    await until(lambda: any("this invite was taken back" in line for line in guest.said))
    assert (
        not desk.identity.invites.use(curve_keys(given).server_public, guest.identity.card)
        and not guest.membership.is_member
    )
    assert [each.secret for each in desk.identity.invites.unused] == [other.secret]


async def test_an_invite_that_ran_out_stays_so_though_the_clock_is_set_back(
    house: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, began_s = house(Desk, "laptop"), time.time()
    invite = Identity(tmp_path / "laptop", KEY).invite(900, "laptop")
    await until(lambda: len(desk.router.proxy.server_keys) == 2)
    with monkeypatch.context() as clock:
        clock.setattr(newcomers.time, "time", lambda: began_s + 901)
        await until(lambda: bool(desk.identity.invites.ended) and "again" in desk.said[1:])
    guest = house(Tenant, "guest", desk, invite)
    await until(lambda: any("this invite has run out" in line for line in guest.said))
    assert not guest.membership.is_member and not Identity(tmp_path / "laptop", KEY).invites.live


async def test_a_machine_asks_what_became_of_an_invite_and_does_not_use_it_by_that(house: Open, tmp_path: Path) -> None:
    desk, identity = house(Desk, "laptop"), Identity(tmp_path / "laptop", KEY)
    invite, other = identity.invite(900, "laptop"), identity.invite(900, "laptop")
    await until(lambda: len(desk.router.proxy.server_keys) == 3)
    for _ in range(2):
        told = await ask_of_invite(invite, desk.address, desk.said.append)
        assert told and (told.name, told.invite) == ("laptop", "open")
    assert identity.invites.use(curve_keys(invite).server_public, b"\x07" * 32)
    told = await ask_of_invite(invite, desk.address, desk.said.append)
    assert told and told.invite == "used" and len(desk.membership.members) == 1
    identity.invites.revoke([each for each in identity.invites.unused if each.secret == other.secret])
    told = await ask_of_invite(other, desk.address, desk.said.append)
    assert told and told.invite == "taken back"
    for _ in range(newcomers.MAX_ENDED + 3):  # only the latest ones are remembered
        identity.invite(900, "laptop")
        identity.invites.revoke(identity.invites.unused)
    assert len(identity.invites.ended) == newcomers.MAX_ENDED
    assert [each.ended for each in identity.invites.ended] == ["taken back"] * newcomers.MAX_ENDED


async def test_of_machines_that_come_with_one_invite_at_once_one_is_let_in(house: Open, tmp_path: Path) -> None:
    desks = [house(Desk, "laptop"), house(Desk, "laptop")]  # two coordinators of one machine
    invite = Identity(tmp_path / "laptop", KEY).invite(900, "laptop")
    await until(lambda: all(len(desk.router.proxy.server_keys) == 2 for desk in desks))
    guests = [house(Tenant, f"guest-{number}", desks[number % 2], invite) for number in range(6)]
    await until(lambda: any(guest.membership.is_member for guest in guests))
    first = next(guest for guest in guests if guest.membership.is_member)
    await first.is_served()
    await asyncio.sleep(1.0)  # for the others, which try on
    assert [guest.membership.is_member for guest in guests].count(True) == 1
    assert len(Identity(tmp_path / "laptop", KEY).membership.members) == 2
    assert not any(guest.answers for guest in guests if guest is not first)


async def test_where_members_approve_a_machine_with_the_code_waits_and_asks_nothing(
    house: Open, tmp_path: Path
) -> None:
    desk = house(Desk, "laptop", KEY, True)
    guest = house(Tenant, "guest", desk)
    await until(lambda: any("members approve guest" in line for line in desk.said))
    await until(lambda: any("once a member approves it" in line for line in guest.said))
    await asyncio.sleep(0.5)
    assert (guest.answers, guest.membership.known, len(desk.membership.members)) == (0, None, 1)
    beside = Identity(tmp_path / "laptop", KEY)  # the command has such an identity
    assert [each.name for each in beside.applicants.waiting] == ["guest"]
    assert beside.membership.admit(beside.applicants.waiting[0].key, "guest")
    await guest.is_served()
    assert guest.membership.is_member and not beside.applicants.waiting
    assert len(guest.said) == 1


async def test_a_machine_is_approved_or_refused_from_any_members_machine_and_not_by_the_code(
    house: Open, tmp_path: Path
) -> None:
    desk = house(Desk, "laptop", KEY, True)
    attic = house(Tenant, "attic", desk)
    await until(lambda: bool(desk.identity.applicants.waiting))
    desk.membership.admit(attic.identity.card, "attic")
    await until(lambda: attic.membership.is_member)
    guest, twin = house(Tenant, "guest", desk), house(Tenant, "twin", desk)
    await until(lambda: len(desk.identity.applicants.waiting) == 2)
    seat = Conversation(desk.address, DealerSocket(keyring_of(tmp_path / "attic", KEY)))
    stranger = Conversation(desk.address, DealerSocket(curve_keys(KEY)))
    desk.router.members_only = False  # an order by the code is not heard otherwise
    with closing(seat), closing(stranger):
        approve = Order("approve", "guest")
        assert await stranger.say(sign_order(approve, SigningKey.generate(), ["c"], "1")) == Obeyed(False, NO_OWN_KEY)
        own = attic.identity.own
        assert await seat.say(sign_order(approve, own, ["c"], "2")) == Obeyed(True, "guest is a member now.")
        refused = await seat.say(sign_order(Order("refuse", "twin"), own, ["c"], "3"))
    assert isinstance(refused, Obeyed) and refused.done
    await guest.is_served()
    await until(lambda: any("a member refused twin" in line for line in twin.said))
    assert twin.membership.known is None


async def test_a_coordinator_that_was_away_hears_of_a_removal_from_the_first_member_that_comes(
    house: Open, tmp_path: Path
) -> None:
    desk, tower = house(Desk, "laptop"), house(Desk, "tower")
    attic, guest = house(Tenant, "attic", desk), house(Tenant, "guest", desk)
    await until(lambda: attic.membership.is_member and guest.membership.is_member)
    attic.socket.connect([tower.address])
    desk.router.proxy.cut_all()
    await until(lambda: tower.membership.is_member)
    await tower.close()
    attic.socket.connect([desk.address])
    await attic.is_served()
    desk.membership.remove_member(guest.identity.card)
    await until(lambda: attic.identity.key == desk.identity.key != KEY)
    back = house(Desk, "tower")
    assert back.identity.key == KEY
    attic.socket.connect([back.address])
    desk.router.proxy.cut_all()
    await until(lambda: back.identity.key == desk.identity.key)
    assert guest.identity.card not in back.membership.members
    await attic.is_served()


async def test_a_coordinator_whose_machine_was_removed_says_so_and_no_member_serves_it(house: Open) -> None:
    desk, tower = house(Desk, "laptop"), house(Desk, "tower")
    attic = house(Tenant, "attic", desk)
    await until(lambda: attic.membership.is_member)
    attic.socket.connect([tower.address])
    desk.router.proxy.cut_all()
    await until(lambda: tower.membership.is_member)
    attic.socket.connect([desk.address])
    tower.router.proxy.cut_all()
    await until(lambda: tower.identity.card in desk.membership.members)
    desk.membership.remove_member(tower.identity.card)
    await until(lambda: attic.identity.key == desk.identity.key != KEY)
    attic.socket.connect([tower.address])
    desk.router.proxy.cut_all()
    await until(lambda: any("this machine was removed from the swarm by laptop" in line for line in tower.said))
    assert not attic.socket.connected, "the worker takes it for a coordinator of its swarm"


async def test_what_makes_no_sense_is_no_end_and_a_connection_is_one_machine(house: Open) -> None:
    desk = house(Desk, "laptop")
    dealer = DealerSocket(curve_keys(KEY))
    dealer.connect([desk.address])
    await until(lambda: dealer.connected)
    other = membership.found(desk.identity.own, b"x" * 32, desk.identity.card)
    for frame in (b"nonsense", b"\x91" * 5000, membership.write(other)):
        dealer.send(Enrol("attic", b"\x07" * 32), frame)
    for number in range(50):
        dealer.send(Enrol(f"machine {number}", bytes([number]) * 32))
    dealer.send(Status())
    while (await dealer.receive())[0] != WhoAreYou():
        pass
    assert len(desk.membership.members) == 2  # the desk's own machine, and one
    dealer.close()


async def test_who_holds_the_lock_of_the_members_holds_up_no_coordinator_and_no_worker(
    house: Open, tmp_path: Path
) -> None:
    desk = house(Desk, "laptop")
    attic = house(Tenant, "attic", desk)
    await until(lambda: attic.membership.is_member)
    held = [Lock(tmp_path / name / "locks" / "members.lock") for name in ("laptop", "cellar")]
    for lock in held:
        await until(lock.try_acquire)  # as a stopped `e2a-swarm members` would
    cellar = house(Tenant, "cellar", desk)
    await attic.is_served()
    await cellar.is_served()  # by the code
    assert {each.name for each in desk.membership.members.values()} == {"laptop", "attic"}
    held[0].release()
    await until(lambda: len(desk.membership.members) == 3)
    assert not cellar.membership.is_member
    held[1].release()
    await until(lambda: cellar.membership.is_member)
    await cellar.is_served()


class Wandering(OwnPlace, frozen=True):
    """A place whose addresses change, named so."""

    told: list[str] = []  # noqa: RUF012  (a msgspec default)

    def addresses(self) -> list[str]:
        return list(self.told)


async def test_members_are_told_where_the_coordinator_is_reached_and_again_when_that_changes(
    house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "LOOK_S", 0.0)
    monkeypatch.setattr(listener, "NEWS_S", 0.1)
    told = ["192.168.1.20:5847", "relay.example:7000"]
    desk = house(Desk, "laptop", place=Wandering(told=told))
    guest = house(Tenant, "guest", desk)
    await until(lambda: guest.learnt)
    assert guest.learnt[-1] == [desk.address, *told]
    told[:] = ["192.168.1.99:5847"]
    await until(lambda: guest.learnt[-1] == [desk.address, "192.168.1.99:5847"])
    assert guest.socket.connected and guest.socket.address == desk.address


async def test_a_worker_whose_coordinator_moved_comes_back_by_an_address_that_it_was_told(
    house: Open, tmp_path: Path
) -> None:
    relay = RouterSocket(curve_keys(KEY), lambda key: True)
    port = relay.bind("127.0.0.1", 0)
    desk = house(Desk, "laptop", place=Wandering(told=["127.0.0.1:1", f"127.0.0.1:{port}"]))
    guest = house(Tenant, "guest", desk)
    await until(lambda: guest.learnt)
    await desk.close()
    await until(lambda: guest.socket.connected and guest.socket.address == f"127.0.0.1:{port}")
    relay.close()


async def test_a_machine_that_waits_for_approval_is_told_no_address(house: Open) -> None:
    desk = house(Desk, "laptop", approve=True, place=Wandering(told=["192.168.1.20:5847"]))
    guest = house(Tenant, "guest", desk, place=Wandering(told=["192.168.1.30:5847"]))
    await until(lambda: guest.said)
    assert "once a member approves it" in guest.said[0] and guest.learnt == guest.standbys == []
    assert desk.enrolment._standbys() == (), "nor do others hear of it"


async def test_machines_are_told_where_standbys_take_over_at_the_port_of_this_coordinator(
    house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "NEWS_S", 0.1)
    desk = house(Desk, "laptop", place=Wandering(5900, told=[]))
    guest = house(Tenant, "guest", desk)
    standby = ["192.168.1.30:5847", "127.0.0.1:5847", "224.0.0.1:1", "den.local:5847"]
    house(Tenant, "den", desk, place=Wandering(told=standby))
    house(Tenant, "loft", desk, place=Wandering(told=["192.168.1.40:5847", "[fd00::4]:5847"]))
    told = {"192.168.1.30:5900", "192.168.1.40:5900", "[fd00::4]:5900", "den.local:5900"}
    await until(lambda: set(guest.standbys) == told)
    assert all(address.startswith("192.") for address in guest.standbys[:2]), "each has its first one told first"
    await guest.is_served()
    assert guest.learnt == [], "they are no addresses of the coordinator"
    guests = desk.enrolment._guests
    [den] = [each for each in guests.values() if "den.local:5847" in each.addresses]
    guests |= {b"%d" % n: den._replace(addresses=(f"192.168.1.{n}:1",)) for n in range(100, 120)}
    once = ("192.168.1.119:5900", "192.168.1.40:5900", "[fd00::4]:5900")
    assert set(desk.enrolment._standbys()) == set(once), "a member with many connections counts once"


async def test_a_coordinator_of_before_that_tells_no_address_is_understood(house: Open) -> None:
    desk = house(Desk, "laptop")
    guest = house(Tenant, "guest", desk)
    await guest.is_served()
    assert guest.learnt == []


async def test_an_address_in_a_code_does_not_replace_the_swarms_key(house: Open, tmp_path: Path) -> None:
    desk, stranger = house(Desk, "laptop"), make_key()
    save_key(tmp_path / "guest", stranger)
    remember_place(tmp_path / "guest", swarm_id(stranger), [desk.address, "127.0.0.1:1"])
    [[refused, silent]] = await knock_everywhere(tmp_path / "guest", stranger)
    assert "has another key than this machine" in refused.refusal
    assert (silent.refusal, silent.silence) == ("", "refused")
    save_key(tmp_path / "guest", KEY)
    remember_place(tmp_path / "guest", swarm_id(KEY), [desk.address])
    assert await knock_everywhere(tmp_path / "guest", KEY) == [[Knock(desk.address)]]
    assert desk.membership.known is None, "a knock makes nobody a member"
