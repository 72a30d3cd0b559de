"""The coordinator's side of membership: machines enrol, hear who is in, and get the swarm's newest secret."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from swarm.errors import StoreError
from swarm.lease.member import Enrol, Members
from swarm.net import membership
from swarm.net.membership import BadMembership, Membership
from swarm.net.papers import Papers
from swarm.net.swarm_key import curve_keys
from swarm.net.transport import RouterSocket
from swarm.system.machine import Say

WATCH_S = 0.5  # between two looks whether another process of this machine changed the membership
SEEN_S = 30.0  # between two notes of who is here
FAREWELL_S = 0.5  # for the news to leave, before connections are closed
NEWS_S = 2.0  # between two messages about machines that are new

logger = logging.getLogger(__name__)


class Guest(NamedTuple):
    """A machine that enrolled over a connection."""

    key: bytes
    told: Membership | None = None  # the last that it was told


class Enrolment:
    """Answers `Enrol`, and tells all who enrolled what is new. `renewed` is called after the swarm got a new secret."""

    def __init__(self, papers: Papers, router: RouterSocket, name: str, say: Say, renewed: Callable[[], None]) -> None:
        self._papers, self._router, self._name, self._say, self._renewed = papers, router, name, say, renewed
        self._guests: dict[bytes, Guest] = {}  # by peer
        self._door = papers.key
        router.on_enrol = self.take
        self._open()

    def _open(self) -> None:
        older = [curve_keys(key) for key in self._papers.older]
        self._router.open_entrances(curve_keys(self._papers.key), older)

    def take(self, peer: bytes, enrol: Enrol, frame: bytes) -> None:
        """Take in what a machine says of itself and of the membership; make it a member if it came by the code."""
        guest = self._guests.setdefault(peer, Guest(enrol.key))
        try:
            if frame:
                self._papers.take(membership.read(frame), enrol.sealed)
            if self._router.came_by_code() and guest.key == enrol.key:  # a connection is one machine
                self._admit(enrol)
        except BadMembership as fault:
            logger.debug(f"did not take what {enrol.name} says of the membership: {fault}")
            self._router.note_vain(peer, len(frame))
        except StoreError as fault:  # the work goes on by the code
            self._say(str(fault))
        if self._papers.key != self._door:
            self._renew()
        self._tell(peer)
        if not self._router.came_now():
            self._later(partial(self._router.proxy.cut, peer))  # it comes again with the key that it was told

    def _admit(self, enrol: Enrol) -> None:
        """Make a machine a member, and begin the membership where there is none. Raises BadMembership, StoreError."""
        papers = self._papers
        if papers.known is None:
            papers.found(self._name)
        if enrol.key not in papers.members and papers.admit(enrol.key, enrol.name):
            logger.debug(f"{enrol.name} is a member now: {membership.fingerprint(enrol.key)}")

    def _tell(self, peer: bytes) -> None:
        """Tell a machine who is in, unless it knows; seal the secret for it if it is a member."""
        key, told = self._guests[peer]
        known = self._papers.known
        if known is not None and known != told:
            members = Members(self._name, self._papers.card, self._papers.sealed_for(key))
            if self._router.send(peer, members, membership.write(known)):
                self._guests[peer] = Guest(key, known)

    async def run(self) -> None:
        """Follow what other processes of this machine change, and spread what is new, until cancelled."""
        noted_s = told_s = 0.0
        while True:
            await asyncio.sleep(WATCH_S)
            now = asyncio.get_running_loop().time()
            try:
                self._papers.refresh()
                if self._papers.key != self._door:
                    self._renew()
                self._guests = {peer: each for peer, each in self._guests.items() if self._router.proxy.is_here(peer)}
                if now - told_s > NEWS_S:
                    told_s = now
                    self._tell_all()
                if now - noted_s > SEEN_S and self._guests:
                    noted_s = now
                    await asyncio.to_thread(self._papers.note_seen, {each.key for each in self._guests.values()})
            except StoreError as fault:
                logger.debug(f"cannot keep the membership: {fault}")

    def _tell_all(self) -> None:
        for peer in self._guests:
            self._tell(peer)

    def _renew(self) -> None:
        """Tell all who enrolled the new secret; then have every connection made anew by it."""
        self._door = self._papers.key
        self._tell_all()
        self._open()
        self._say("a machine was removed from the swarm, which has a new code: its members get it by themselves")
        self._later(self._router.proxy.cut_all)
        self._renewed()

    def _later(self, what: Callable[[], None]) -> None:
        """Do something once the last messages had time to leave."""
        asyncio.get_running_loop().call_later(FAREWELL_S, what)
