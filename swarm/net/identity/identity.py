"""Who this machine is in its swarm: its own key, and all that its file tells of the swarm.

Several processes of a machine share these files.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from nacl.signing import SigningKey

from swarm.errors import StoreError
from swarm.net.identity.identity_file import FILE, IdentityStore
from swarm.net.identity.key_epochs import KeyEpochs
from swarm.net.identity.keys import OWN_KEY, obtain_seed
from swarm.net.identity.local_membership import LocalMembership
from swarm.net.identity.newcomers import Applicants, Invites
from swarm.net.identity.swarm_key import CurveKeys, SwarmKey, curve_keys


class Identity:
    """This machine in the swarm whose key was given to it. Methods raise StoreError."""

    def __init__(self, state_dir: Path, given: SwarmKey) -> None:
        self.own = obtain_seed(state_dir / OWN_KEY)
        self._store = IdentityStore(state_dir, given)
        self.key_epochs = KeyEpochs(self._store, self.own)
        self.membership = LocalMembership(self._store, self.own, self.key_epochs)
        self.invites = Invites(self._store)
        self.applicants = Applicants(self._store)

    @property
    def card(self) -> bytes:
        """The public key of this machine."""
        return bytes(self.own.verify_key)

    @property
    def order_key(self) -> SigningKey:
        """The key that signs orders of this machine's user: the owner's, where it is."""
        return self.membership.owner or self.own

    @property
    def key(self) -> SwarmKey:
        """The newest key of the swarm that this machine has."""
        return self.key_epochs.newest

    def keyring(self) -> list[CurveKeys]:
        """Return the keys to connect by: this machine's own if it is a member, then those of the code."""
        with suppress(StoreError):  # what was read before serves as well
            self.refresh()
        by_code = curve_keys(self.key)
        is_member = self.membership.is_member
        return [self.key_epochs.own_curve_keys(self.key), by_code] if is_member else [by_code]

    def invite(self, for_s: float, name: str) -> SwarmKey:
        """Make an invite for one machine and a time; return its key. `name`: of this machine, where it is the first.

        Raises EnvironmentFault for too many.
        """
        if self.membership.known is None:
            self.membership.found(name)
        return self.invites.make(for_s)

    def refresh(self) -> bool:
        """Read the file again if another process changed it; tell whether that was news."""
        return self._store.refresh()


def order_key_of(state_dir: Path, key: SwarmKey | None) -> SigningKey:
    """Return the key that signs orders of a machine's user; without a swarm's key all is open. Raises StoreError."""
    return Identity(state_dir, key).order_key if key else obtain_seed(state_dir / OWN_KEY)


def keyring_of(state_dir: Path, key: SwarmKey | None) -> CurveKeys | Callable[[], Sequence[CurveKeys]] | None:
    """Return what a command connects by: the own key of a machine that has one, else the code.

    Raises EnvironmentFault on a machine that was removed.
    """
    if key is None or not (state_dir / FILE).exists():
        return curve_keys(key) if key else None
    identity = Identity(state_dir, key)
    identity.membership.check_in()
    return identity.keyring
