"""Where workers reach a coordinator: its socket, its announcement, and how machines enrol as members there.

Members hear who is in, and get the swarm's newest secret.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice, zip_longest
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from swarm.config import ENV_BIND, CoordinateConfig
from swarm.errors import EnvironmentFault, InUse, StoreError
from swarm.lease.member_message import ASKS, Enrol, Members
from swarm.net.addresses import OwnPlace, fitting_addresses, join_address, split_address
from swarm.net.identity import membership
from swarm.net.identity.identity import Identity
from swarm.net.identity.keys import OPEN_WARNING, obtain_key
from swarm.net.identity.membership import BadMembership, Membership, NotAdmitted, OtherMembership
from swarm.net.identity.swarm_key import SwarmKey, curve_keys, mark_key, swarm_id
from swarm.net.transport import RouterSocket
from swarm.system.event_loop import cancel
from swarm.system.machine import Say, is_loopback, machine_name
from swarm.watch.words import CALL_WORKERS

if TYPE_CHECKING:
    from swarm.net.discovery import Advertisement


WATCH_S = 0.5  # other processes of this machine may change the membership, which is looked at so often
SEEN_S = 30.0  # the pause between two notes of the members that are here
FAREWELL_S = 0.5  # the news has so long to leave before connections are closed
NEWS_S = 2.0  # new machines are told of no more often
LOOK_S = 10.0  # the addresses of this machine are looked at so often
MAX_LOOKED_AT = 64  # addresses of standbys, of which some are told, since each machine that comes is told them
OTHER_LIST = "another list of this swarm's members was met: `e2a-swarm members` tells how to make both one"
CALL_OWN = "run `e2a-swarm work` on this machine"
REMOVED = (
    "this machine was removed from the swarm by {}: no member speaks for it any more. `e2a-swarm join CODE --replace`, "
    "with the code that `e2a-swarm key` shows there now, makes it a new member; then run this command again"
)
WANTS_IN = "{} wants to come in: `e2a-swarm members approve {}` lets it in (the fingerprint of its key is {})"

logger = logging.getLogger(__name__)


class Guest(NamedTuple):
    """A machine that enrolled over a connection."""

    key: bytes
    by_code: bool = False
    # The last membership that the machine was told, whether it was refused, the addresses, and those of standbys.
    told: tuple[Membership, bool, tuple[str, ...], tuple[str, ...]] | None = None
    addresses: tuple[str, ...] = ()  # where it listens, if it is a standby


class _Arrival(NamedTuple):
    """What a machine said of itself, and how its connection came."""

    enrol: Enrol
    frame: bytes
    by_code: bool
    invite: bytes
    is_now: bool  # whether it came by the present server key


class Enrolment:
    """Answers `Enrol`, and tells all who enrolled what is new.

    `renewed` is called when the swarm got a new secret, or an invite began or ended.
    """

    def __init__(
        self,
        identity: Identity,
        router: RouterSocket,
        name: str,
        say: Say,
        renewed: Callable[[], None],
        *,
        approve: bool = False,
        place: OwnPlace | None = None,
    ) -> None:
        """`approve`: a machine that comes by the code waits until a member approves it. `place`: where this is."""
        router.members_only = self._approve = approve
        self._identity = identity
        self._router = router
        self._name = name
        self._say = say
        self._renewed = renewed
        self._guests: dict[bytes, Guest] = {}  # keys are peers
        # Keys are peers, which wait while another process changes the membership.
        self._waiting: dict[bytes, _Arrival] = {}
        self._is_full_told = False
        self._place, self._addresses, self._looked_s = place, tuple[str, ...](), -inf
        with suppress(EnvironmentFault):
            self._look_at_addresses(0.0)
        self._others = 0  # counts the lists of members that the user was told of
        self._state = self._present_state()
        router.on_enrol = self.take_enrolment
        self._open()

    def _present_state(self) -> tuple[SwarmKey, bool]:
        """Return what decides who comes in by which code."""
        return self._identity.key, self._identity.key_epochs.is_current

    def _open(self) -> None:
        identity = self._identity
        invites = [*identity.invites.live, *identity.invites.ended]
        present = curve_keys(identity.key)
        if not identity.key_epochs.is_current:  # the code dates from before a removal
            present = replace(present, worker_public=b"")
        keys = [curve_keys(invite.key) for invite in invites]
        self._router.open_server_keys(present, [*map(curve_keys, identity.key_epochs.older)], keys)
        self._invites = invites  # what could not be opened is tried again

    def take_enrolment(self, peer: bytes, enrol: Enrol, frame: bytes) -> None:
        """Take in what a machine says of itself and of the membership; make it a member if it came by the code."""
        by_code, invite = self._router.came_by_code(), self._router.came_by_invite()
        self._take_arrival(peer, _Arrival(enrol, frame, by_code, invite, self._router.came_now()))

    def _take_arrival(self, peer: bytes, arrival: _Arrival) -> None:
        enrol, frame, by_code, invite, is_now = arrival
        guest = self._guests.setdefault(peer, Guest(enrol.key, by_code, addresses=enrol.addresses))
        try:
            if invite and (enrol.key == ASKS or not self._identity.invites.use(invite, enrol.key)):
                self._tell_of_invite(peer, invite)
                return
            if frame and not (self._approve and by_code):  # a machine that waits is not believed
                self._take_in(peer, enrol, frame)
            if (invite or by_code) and guest.key == enrol.key:  # a connection is one machine
                self._admit(enrol, invited=bool(invite))
        except InUse:
            self._waiting[peer] = arrival
            return
        except NotAdmitted as fault:
            if not self._is_full_told:
                self._say(f"{enrol.name} speaks, but it is no member, and its orders do not count: {fault}")
            self._is_full_told = True
        except BadMembership as fault:
            logger.debug(f"did not take what {enrol.name} says of the membership: {fault}")
            self._router.penalise(peer, len(frame))
        except StoreError as fault:  # the work goes on by the code
            self._say(str(fault))
        if self._present_state() != self._state:
            with suppress(EnvironmentFault):  # it is tried again
                self._renew()
        self._tell(peer)
        if not is_now:
            self._later(partial(self._router.proxy.cut, peer))  # the machine comes again with the key that it was told

    def _tell_of_invite(self, peer: bytes, invite: bytes) -> None:
        """Tell a machine that its invite is open, or why it lets no machine in. Raises StoreError."""
        self._identity.refresh()
        state = self._identity.invites.state(invite)
        self._router.send(peer, Members(self._name, self._identity.card, invite=state))
        self._later(partial(self._router.proxy.cut, peer))

    def _take_in(self, peer: bytes, enrol: Enrol, frame: bytes) -> None:
        """Take in what a machine says of the membership. Raises BadMembership, StoreError."""
        try:
            self._identity.membership.take_membership(membership.read(frame), enrol.sealed)
        except OtherMembership:  # the machine has the code all the same, and one of both owners may hand its own over
            self._router.penalise(peer, len(frame))

    def _admit(self, enrol: Enrol, *, invited: bool) -> None:
        """Make a machine a member, or have it wait for approval; begin the membership where there is none.

        Raises BadMembership, StoreError.
        """
        identity = self._identity
        if identity.membership.known is None:
            identity.membership.found(self._name)
        if self._approve and not invited:
            if enrol.key not in identity.membership.members and identity.applicants.apply(enrol.key, enrol.name):
                self._say(WANTS_IN.format(enrol.name, enrol.name, membership.fingerprint(enrol.key)))
        elif enrol.key not in identity.membership.members and identity.membership.admit(enrol.key, enrol.name):
            logger.debug(f"{enrol.name} is a member now: {membership.fingerprint(enrol.key)}")

    def _tell(self, peer: bytes) -> None:
        """Tell a machine who is in, unless it knows; seal the secret for it if it is a member."""
        guest, identity = self._guests[peer], self._identity
        waits = self._approve and guest.by_code and guest.key not in identity.membership.members
        is_refused = waits and identity.applicants.has_refused(guest.key)
        standbys = self._standbys()
        if (known := identity.membership.known) is None or (known, is_refused, self._addresses, standbys) == guest.told:
            return
        members = Members(
            self._name,
            identity.card,
            identity.key_epochs.sealed_for(guest.key),
            waits,
            is_refused,
            addresses=() if waits else self._addresses,
            standbys=() if waits else standbys,
        )
        if self._router.send(peer, members, b"" if waits else membership.write(known)):
            self._guests[peer] = guest._replace(told=(known, is_refused, self._addresses, standbys))
        if self._approve and guest.by_code and not waits:
            self._later(partial(self._router.proxy.cut, peer))  # the machine comes again by its own key

    async def follow_membership(self) -> None:
        """Follow what other processes of this machine change, and spread what is new, until cancelled."""
        noted_s = told_s = 0.0
        noted = set[bytes]()
        while True:
            await asyncio.sleep(WATCH_S)
            now = asyncio.get_running_loop().time()
            try:
                self._identity.refresh()
                if self._present_state() != self._state:
                    self._renew()
                elif [*self._identity.invites.live, *self._identity.invites.ended] != self._invites:
                    self._identity.invites.revoke()  # an invite whose time is over stays so if the clock is set back
                    self._open()
                    self._renewed()
                self._guests = {peer: each for peer, each in self._guests.items() if self._router.proxy.is_here(peer)}
                waiting, self._waiting = self._waiting, {}
                for peer in waiting.keys() & self._guests:
                    self._take_arrival(peer, waiting[peer])
                if now - told_s > NEWS_S:
                    told_s = now
                    self._look_at_addresses(now)
                    self._tell_all()
                    self._tell_of_others()
                here = {each.key for each in self._guests.values()}
                if here and now - noted_s > (SEEN_S if here <= noted else NEWS_S):
                    noted_s, noted = now, here
                    await asyncio.to_thread(self._identity.membership.note_seen, here)
            except EnvironmentFault as fault:
                logger.debug(f"cannot follow the membership: {fault}")

    def _look_at_addresses(self, now: float) -> None:
        """Look at times which addresses this machine has. Raises EnvironmentFault."""
        if self._place and now - self._looked_s > LOOK_S:
            self._looked_s, self._addresses = now, tuple(self._place.addresses())

    def _standbys(self) -> tuple[str, ...]:
        """Return where standbys are reached once they take over, at this coordinator's port: some addresses of each."""
        members = self._identity.membership.members
        told = {
            guest.key: guest.addresses for guest in self._guests.values() if guest.addresses and guest.key in members
        }
        if self._place is None or not told:
            return ()
        by_turns = (address for row in zip_longest(*told.values()) for address in row if address)
        hosts = (split_address(address)[0] for address in by_turns if fitting_addresses([address]))
        found = (join_address(host, self._place.port) for host in hosts if not is_loopback(host))
        return tuple(fitting_addresses(islice(found, MAX_LOOKED_AT)))

    def _tell_of_others(self) -> None:
        """Tell the user of a list of members that another owner began."""
        if len(self._identity.membership.others) > self._others:
            self._say(OTHER_LIST)
        self._others = len(self._identity.membership.others)

    def _tell_all(self) -> None:
        for peer in self._guests:
            self._tell(peer)

    def _renew(self) -> None:
        """Tell all who enrolled the new secret; then have every connection made anew by it. Raises EnvironmentFault."""
        self._tell_all()
        self._open()
        self._state = self._present_state()  # what could not be opened is tried again
        if self._identity.membership.was_removed:
            self._say(REMOVED.format(self._identity.membership.owners_name()))
        elif self._identity.key_epochs.is_current:
            self._say("a machine was removed from the swarm, which has a new code: its members get it by themselves")
        self._later(self._router.proxy.cut_all)
        self._renewed()

    def _later(self, what: Callable[[], None]) -> None:
        """Do something once the last messages had time to leave."""
        asyncio.get_running_loop().call_later(FAREWELL_S, what)


class Listener:
    """Listens for workers. Raises EnvironmentFault where that is impossible; a new key is made if there is none."""

    def __init__(self, config: CoordinateConfig, note: Say) -> None:
        self._config = config
        self._note = note
        key, fresh = (None, False) if config.open else obtain_key(config.render.state_dir)
        self._code = key.code if key and fresh else ""  # the code is shown only where no other machine has it
        self._identity = Identity(config.render.state_dir, key) if key else None
        self.router = self._open(self._identity)
        try:
            self.port = self.router.bind(config.bind, config.port)
            self.place = OwnPlace(self.port, config.bind, config.announce, config.also_at)
            if self._identity:
                self.place.keep(config.render.state_dir)
        except BaseException:
            self.router.close()
            raise
        self._advertisement: Advertisement | None = None
        self._epoch = 0
        self._tasks: set[asyncio.Task[None]] = set()
        if self._identity:
            enrolment = Enrolment(
                self._identity,
                self.router,
                machine_name(),
                say=note,
                renewed=self._announce_anew,
                approve=config.approve,
                place=self.place,
            )
            self._start(enrolment.follow_membership())

    def _open(self, identity: Identity | None) -> RouterSocket:
        return RouterSocket(curve_keys(identity.key), identity.membership.lets_in) if identity else RouterSocket()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def invite(self) -> None:
        """Tell the user how workers come in."""
        config = self._config
        if config.open:
            self._note(OPEN_WARNING)
        is_reached = bool(config.announce or config.also_at) or not is_loopback(config.bind)
        if self._code:
            who = "on each other machine" if is_reached else "other users of this machine"
            self._note(f"a new swarm; {who} run once:")
            self._note(f"  e2a-swarm join {self._code}")
        where = config.announce or f"{config.bind or machine_name()}:{self.port}"
        self._note(f"waiting for workers at {where}: {CALL_WORKERS if is_reached else CALL_OWN}")
        if not is_reached:
            self._note(f"  (no other machine reaches {config.bind}: leave out --bind and {ENV_BIND} to let them in)")
        elif not self._code and not config.open:
            self._note("  (`e2a-swarm key` shows the code for a machine that is new to it)")

    async def announce(self, epoch: int) -> None:
        """Announce the coordinator over mDNS, if the user wants that."""
        config, identity = self._config, self._identity
        if not config.advertise:
            return
        from swarm.net.discovery import Advertisement  # discovery loads slowly, so it is imported late

        self._epoch = epoch
        self._advertisement = Advertisement(
            swarm_id(identity.key if identity else None),
            self.port,
            epoch,
            config.bind,
            self._note,
            announce=config.announce,
            was=self._further_names(),
            mark=mark_key(identity.key) if identity else b"",
        )
        await self._advertisement.start()

    def _further_names(self) -> list[str]:
        """Return the former names of the swarm, and those of invites: the machines that look for these may come in."""
        if self._identity is None:
            return []
        invites = [invite.key for invite in self._identity.invites.unused]
        return [swarm_id(key) for key in (*self._identity.key_epochs.older, *invites)]

    def _announce_anew(self) -> None:
        """Announce the coordinator by the new name of its swarm, and by the older ones."""
        if self._advertisement:
            self._start(self._replace(self._advertisement))

    async def _replace(self, former: "Advertisement") -> None:
        await former.withdraw()
        await self.announce(self._epoch)

    async def stop_listening(self) -> None:
        """Stop listening, and announce that."""
        await cancel([*self._tasks])
        if self._advertisement:
            await self._advertisement.withdraw()
        self.router.close()
