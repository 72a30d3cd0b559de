"""The coordinator's side of membership: machines enrol, hear who is in, and get the swarm's newest secret."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from swarm.errors import StoreError
from swarm.lease.member import Enrol, Members
from swarm.net import membership
from swarm.net.membership import BadMembership, Membership, OtherMembership
from swarm.net.papers import Papers
from swarm.net.swarm_key import SwarmKey, curve_keys
from swarm.net.transport import RouterSocket
from swarm.system.machine import Say

WATCH_S = 0.5  # other processes of this machine may change the membership, which is looked at so often
SEEN_S = 30.0  # the pause between two notes of the members that are here
FAREWELL_S = 0.5  # the news has so long to leave before connections are closed
NEWS_S = 2.0  # new machines are told of no more often
OTHER_LIST = "another list of this swarm's members was met: `e2a-swarm members` tells how to make both one"
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
    # The last membership that the machine was told, and whether it was refused.
    told: tuple[Membership, bool] | None = None


class Enrolment:
    """Answers `Enrol`, and tells all who enrolled what is new.

    `renewed` is called when the swarm got a new secret, or an invite began or ended.
    """

    def __init__(
        self,
        papers: Papers,
        router: RouterSocket,
        name: str,
        say: Say,
        renewed: Callable[[], None],
        *,
        approve: bool = False,
    ) -> None:
        """`approve`: a machine that comes by the code waits until a member approves it."""
        router.members_only = self._approve = approve
        self._papers, self._router, self._name, self._say, self._renewed = papers, router, name, say, renewed
        self._guests: dict[bytes, Guest] = {}  # keys are peers
        self._others = 0  # counts the lists of members that the user was told of
        self._state = self._present_state()
        router.on_enrol = self.take
        self._open()

    def _present_state(self) -> tuple[SwarmKey, bool]:
        """Return what decides who comes in by which code."""
        return self._papers.key, self._papers.is_current

    def _open(self) -> None:
        papers = self._papers
        self._invites = papers.invites
        present = curve_keys(papers.key)
        if not papers.is_current:  # the code dates from before a removal
            present = replace(present, worker_public=b"")
        invites = [curve_keys(SwarmKey(invite.secret)) for invite in self._invites]
        self._router.open_entrances(present, [*map(curve_keys, papers.older)], invites)

    def take(self, peer: bytes, enrol: Enrol, frame: bytes) -> None:
        """Take in what a machine says of itself and of the membership; make it a member if it came by the code."""
        by_code, invite = self._router.came_by_code(), self._router.came_by_invite()
        guest = self._guests.setdefault(peer, Guest(enrol.key, by_code))
        try:
            if invite and not self._papers.use_invite(invite, enrol.key):
                self._router.proxy.cut(peer)
                return
            if frame and not (self._approve and by_code):  # a machine that waits is not believed
                self._take_in(peer, enrol, frame)
            if (invite or by_code) and guest.key == enrol.key:  # a connection is one machine
                self._admit(enrol, invited=bool(invite))
        except BadMembership as fault:
            logger.debug(f"did not take what {enrol.name} says of the membership: {fault}")
            self._router.note_vain(peer, len(frame))
        except StoreError as fault:  # the work goes on by the code
            self._say(str(fault))
        if self._present_state() != self._state:
            self._renew()
        self._tell(peer)
        if not self._router.came_now():
            self._later(partial(self._router.proxy.cut, peer))  # the machine comes again with the key that it was told

    def _take_in(self, peer: bytes, enrol: Enrol, frame: bytes) -> None:
        """Take in what a machine says of the membership. Raises BadMembership, StoreError."""
        try:
            self._papers.take(membership.read(frame), enrol.sealed)
        except OtherMembership:  # the machine has the code all the same, and one of both keepers may cede
            self._router.note_vain(peer, len(frame))

    def _admit(self, enrol: Enrol, *, invited: bool) -> None:
        """Make a machine a member, or have it wait for approval; begin the membership where there is none.

        Raises BadMembership, StoreError.
        """
        papers = self._papers
        if papers.known is None:
            papers.found(self._name)
        if self._approve and not invited:
            if enrol.key not in papers.members and papers.apply(enrol.key, enrol.name):
                self._say(WANTS_IN.format(enrol.name, enrol.name, membership.fingerprint(enrol.key)))
        elif enrol.key not in papers.members and papers.admit(enrol.key, enrol.name):
            logger.debug(f"{enrol.name} is a member now: {membership.fingerprint(enrol.key)}")

    def _tell(self, peer: bytes) -> None:
        """Tell a machine who is in, unless it knows; seal the secret for it if it is a member."""
        guest, papers = self._guests[peer], self._papers
        waits = self._approve and guest.by_code and guest.key not in papers.members
        is_refused = waits and papers.has_refused(guest.key)
        if papers.known is None or (papers.known, is_refused) == guest.told:
            return
        members = Members(self._name, papers.card, papers.sealed_for(guest.key), waits, is_refused)
        if self._router.send(peer, members, b"" if waits else membership.write(papers.known)):
            self._guests[peer] = guest._replace(told=(papers.known, is_refused))
        if self._approve and guest.by_code and not waits:
            self._later(partial(self._router.proxy.cut, peer))  # the machine comes again by its own key

    async def run(self) -> None:
        """Follow what other processes of this machine change, and spread what is new, until cancelled."""
        noted_s = told_s = 0.0
        while True:
            await asyncio.sleep(WATCH_S)
            now = asyncio.get_running_loop().time()
            try:
                self._papers.refresh()
                if self._present_state() != self._state:
                    self._renew()
                elif self._papers.invites != self._invites:
                    self._papers.revoke(())  # an invite whose time is over stays so if the clock is set back
                    self._open()
                    self._renewed()
                self._guests = {peer: each for peer, each in self._guests.items() if self._router.proxy.is_here(peer)}
                if now - told_s > NEWS_S:
                    told_s = now
                    self._tell_all()
                    self._tell_of_others()
                if now - noted_s > SEEN_S and self._guests:
                    noted_s = now
                    await asyncio.to_thread(self._papers.note_seen, {each.key for each in self._guests.values()})
            except StoreError as fault:
                logger.debug(f"cannot keep the membership: {fault}")

    def _tell_of_others(self) -> None:
        """Tell the user of a list of members that another keeper began."""
        if len(self._papers.others) > self._others:
            self._say(OTHER_LIST)
        self._others = len(self._papers.others)

    def _tell_all(self) -> None:
        for peer in self._guests:
            self._tell(peer)

    def _renew(self) -> None:
        """Tell all who enrolled the new secret; then have every connection made anew by it."""
        self._state = self._present_state()
        self._tell_all()
        self._open()
        if self._papers.was_removed:
            self._say(REMOVED.format(self._papers.keepers_name()))
        elif self._papers.is_current:
            self._say("a machine was removed from the swarm, which has a new code: its members get it by themselves")
        self._later(self._router.proxy.cut_all)
        self._renewed()

    def _later(self, what: Callable[[], None]) -> None:
        """Do something once the last messages had time to leave."""
        asyncio.get_running_loop().call_later(FAREWELL_S, what)
