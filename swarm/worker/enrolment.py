"""The worker's side of membership: it enrols with each coordinator, and keeps what that tells of the swarm."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from swarm.errors import EnvironmentFault, InUse, StoreError
from swarm.lease.member_message import BadOrder, Enrol, Members
from swarm.lease.message import FromCoordinator
from swarm.net.addresses import OwnPlace, fitting_addresses
from swarm.net.identity import membership
from swarm.net.identity.identity import Identity
from swarm.net.identity.key_epochs import marks_of, names_of
from swarm.net.identity.membership import BadMembership, OtherMembership
from swarm.net.identity.swarm_key import CurveKeys, curve_keys
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.system.machine import Say
from swarm.watch.words import invite_text

RENEWED = "a machine was removed from the swarm, which has a new code: it is kept here from now on"
INVITED = "this machine was invited, and is a member of the swarm now"
WAITS = (
    "{} lets this machine in once a member approves it: `e2a-swarm members approve {}` on a machine of the swarm (the "
    "fingerprint of this machine's key is {})"
)
REFUSED = "{} does not let this machine in: a member refused {}, whose key has the fingerprint {}"

AGAIN_S = 0.5  # an answer is taken again so late while another process of this machine changes the membership

Learn = Callable[[str, Sequence[str]], None]  # the public name of the swarm, and addresses

logger = logging.getLogger(__name__)


class WorkerEnrolment:
    """The keys by which this machine connects, and what it does with the answers of coordinators."""

    def __init__(
        self,
        identity: Identity,
        name: str,
        say: Say,
        learn: Learn = lambda swarm, addresses: None,
        learn_standbys: Learn = lambda swarm, addresses: None,
        place: OwnPlace | None = None,
    ) -> None:
        """`learn` hears which address of a coordinator worked, and then those that it told. It may raise StoreError.

        `learn_standbys` hears where standbys are. `place`: where this machine, a standby, listens once it takes over.
        """
        self._identity = identity
        self._name = name
        self._say = say
        self._learn, self._learn_standbys = learn, learn_standbys
        self._place = place
        self._removed = asyncio.Event()
        self._waits = ""
        if identity.membership.was_removed:
            self._removed.set()

    def learn(self, addresses: Sequence[str]) -> None:
        """Keep by which addresses a coordinator of the swarm is reached. Raises StoreError."""
        self._learn(self.names()[0], addresses)

    def learn_standbys(self, addresses: Sequence[str]) -> None:
        """Keep where standbys of the swarm are. Raises StoreError."""
        self._learn_standbys(self.names()[0], addresses)

    def names(self) -> list[str]:
        """Return the public name of the swarm, and the former ones. An invited machine hears them once it is in."""
        return names_of(self._identity.key_epochs.all())

    def marks(self) -> list[bytes]:
        """Return the keys that mark the announcements of the swarm."""
        return marks_of(self._identity.key_epochs.all())

    def keyring(self) -> Sequence[CurveKeys]:
        """Return the keys to connect by, the best first.

        The last ones are for coordinators that were away while a member was removed.
        """
        identity = self._identity
        ring = identity.keyring()
        return (
            [*ring, *map(identity.key_epochs.own_curve_keys, identity.key_epochs.older)]
            if identity.membership.is_member
            else ring
        )

    def is_present(self, keys: CurveKeys) -> bool:
        """Tell whether keys are for a coordinator of the present key epoch, as far as this machine knows."""
        return keys.server_public == curve_keys(self._identity.key).server_public

    def dial(self, on_change: Callable[[], None]) -> DealerSocket:
        """Return a socket that enrols by itself."""
        return MemberSocket(self, on_change)

    def dial_peer(self, on_change: Callable[[], None]) -> DealerSocket:
        """Return a socket for another worker."""
        return DealerSocket(self.keyring, on_change)

    def listen_for_peers(self) -> RouterSocket:
        """Return a socket for other members, which is not bound yet."""
        return RouterSocket(curve_keys(self._identity.key), self._identity.membership.lets_in)

    def key_epoch(self) -> object:
        """Return the key of the present key epoch."""
        return self._identity.key

    def user_of(self, key: bytes) -> str:
        """Return what to call the user of a key: this machine's own, or that of the swarm's owner. Raises BadOrder."""
        known = self._identity.membership
        if key == self._identity.card:
            return "this machine"
        if key != known.owners_key:
            raise BadOrder(f"only this machine and {known.owners_name()} may give it, and {known.name_of(key)} did")
        return known.owners_name()

    def greeting(self, coordinator: bytes = b"") -> tuple[Enrol, bytes]:
        """Return what a coordinator is told, with what is known here of the membership, and the secret for its key."""
        identity = self._identity
        here = list[str]()
        with suppress(EnvironmentFault):
            here = self._place.addresses() if self._place else []
        enrol = Enrol(self._name, identity.card, identity.key_epochs.sealed_for(coordinator), tuple(here))
        return enrol, membership.write(identity.membership.known) if identity.membership.known else b""

    def take_enrolment_answer(self, told: Members, frame: bytes, *, is_present: bool) -> bool:
        """Take in what a coordinator tells; return whether it lacks something that it has to be told now.

        `is_present`: it has the key of the present key epoch. One with an older key is not admitted, since that key is
        what a former member has.
        """
        identity, before = self._identity, self._identity.key
        if told.waits or told.invite:
            self._wait_for(told)
            return False
        try:
            theirs = membership.read(frame)
            with suppress(OtherMembership):  # a coordinator with the code is welcome all the same
                identity.membership.take_membership(theirs, told.sealed)
            if is_present and identity.membership.is_member and identity.key_epochs.is_current:
                identity.membership.admit(told.key, told.name)
        except BadMembership as fault:
            logger.debug(f"did not take what {told.name} says of the membership: {fault}")
            return False
        if identity.membership.was_removed:
            self._removed.set()
        elif identity.key != before:
            self._say(RENEWED if before in identity.key_epochs.all() else INVITED)
        return identity.membership.known != theirs

    def _wait_for(self, told: Members) -> None:
        template = REFUSED if told.refused else WAITS
        words = invite_text(told.invite, told.name) or template.format(
            told.name, self._name, membership.fingerprint(self._identity.card)
        )
        if self._waits != words:
            self._say(words)
        self._waits = words

    async def wait_for_removal(self) -> None:
        """Wait until the owner removed this machine, then raise EnvironmentFault, which says so."""
        await self._removed.wait()
        self._identity.membership.check_in()


class MemberSocket(DealerSocket):
    """A connection to a coordinator over which this machine enrols."""

    def __init__(self, enrolment: WorkerEnrolment, on_change: Callable[[], None]) -> None:
        self._enrolment = enrolment
        self._told = on_change
        self._is_present = True
        self._again: asyncio.TimerHandle | None = None
        self._aimed: list[str] = []
        self._further: list[str] = []  # addresses that the coordinator told
        super().__init__(enrolment.keyring, on_change=self._changed)

    @property
    def connected(self) -> bool:
        """Whether a coordinator of the present key epoch is there: another one is only told the news."""
        return super().connected and self._is_present

    def _take_keys(self, refusals: int) -> None:
        super()._take_keys(refusals)
        self._is_present = self.keys is None or self._enrolment.is_present(self.keys)

    def connect(self, addresses: Sequence[str]) -> None:
        """Try these addresses, then those that the coordinator told."""
        self._aimed = list(addresses)
        super().connect(list(dict.fromkeys([*addresses, *self._further])))

    def _changed(self) -> None:
        if super().connected:
            self.send(*self._enrolment.greeting())
        self._told()

    async def receive(self) -> tuple[FromCoordinator, bytes]:
        """Return the next message that is not about the membership."""
        while True:
            message, frame = await super().receive()
            if not isinstance(message, Members):
                return message, frame
            self._take_answer(message, frame)

    def _take_answer(self, message: Members, frame: bytes) -> None:
        self._wait_no_more()
        try:
            lacks = self._enrolment.take_enrolment_answer(message, frame, is_present=self._is_present)
            if lacks or not self._is_present:
                self.send(*self._enrolment.greeting(message.key))
            if self._is_present and not message.waits:
                self._take_addresses(fitting_addresses(message.addresses))
                self._enrolment.learn_standbys(fitting_addresses(message.standbys))
        except InUse:
            self._again = asyncio.get_running_loop().call_later(AGAIN_S, self._take_answer, message, frame)
        except StoreError as fault:  # the work goes on by the keys that are here
            logger.debug(f"cannot keep the membership: {fault}")

    def _take_addresses(self, told: list[str]) -> None:
        """Keep where the coordinator is reached, in case the address in use is gone one day. Raises StoreError."""
        if told and told != self._further:
            self._further = told
            self.connect(self._aimed)
            self._enrolment.learn([self.address, *told])

    def _wait_no_more(self) -> None:
        if self._again:
            self._again.cancel()

    def close(self) -> None:
        """Close the connection."""
        self._wait_no_more()
        super().close()
