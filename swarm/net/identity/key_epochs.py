"""The secrets of a swarm that a machine has, one for each key epoch, and the keys by which it connects.

A removal begins a key epoch with a new secret, which members hand to each other sealed.
"""

from dataclasses import replace

from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from nacl.signing import SigningKey

from swarm.net.identity import membership
from swarm.net.identity.identity_file import IdentityStore, curve_key_of, server_key_of
from swarm.net.identity.membership import Membership
from swarm.net.identity.swarm_key import KEY_BYTES, CurveKeys, SwarmKey, curve_keys, mark_key, swarm_id

MAX_OLDER = 8  # key epochs before the present one; their members find back
SEAL_BYTES = KEY_BYTES + 48


class KeyEpochs:
    """The swarm's keys that this machine has; it opens and seals secrets by its own key."""

    def __init__(self, store: IdentityStore, own: SigningKey) -> None:
        self._store = store
        self._own = own.to_curve25519_private_key()

    def all(self) -> list[SwarmKey]:
        """Return the keys of all epochs that this machine knows, the newest last."""
        return self._store.key_epochs()

    @property
    def newest(self) -> SwarmKey:
        """The newest key of the swarm that this machine has."""
        return self.all()[-1]

    @property
    def older(self) -> list[SwarmKey]:
        """The keys of some epochs before, the newest first."""
        return self.all()[-2 : -2 - MAX_OLDER : -1]

    @property
    def is_current(self) -> bool:
        """Whether this machine has the key of the present epoch."""
        known = self._store.kept.membership
        return not known or server_key_of(self.newest) == membership.server_keys(known)[-1]

    def own_curve_keys(self, key: SwarmKey) -> CurveKeys:
        """Return the keys with which this machine connects by its own key to a coordinator that has a swarm's key."""
        return replace(curve_keys(key), worker_public=bytes(self._own.public_key), worker_secret=bytes(self._own))

    def open_sealed(self, sealed: bytes, known: Membership) -> bytes:
        """Return a sealed secret if it is of an epoch that the owner signed, else b""."""
        if len(sealed) != SEAL_BYTES:
            return b""
        try:
            secret = SealedBox(self._own).decrypt(sealed)
        except CryptoError:
            return b""
        return secret if server_key_of(SwarmKey(secret)) in membership.server_keys(known) else b""

    def sealed_for(self, key: bytes) -> bytes:
        """Return the newest secret, so that only a member can read it; nothing for another one, or if it is old."""
        curve_key = curve_key_of(key) if key in self._store.members and self.is_current else b""
        return SealedBox(PublicKey(curve_key)).encrypt(self.newest.secret) if curve_key else b""


def names_of(key_epochs: list[SwarmKey]) -> list[str]:
    """Return the public names of a swarm by the keys of its epochs, the latest first."""
    return [swarm_id(each) for each in reversed(key_epochs)][: MAX_OLDER + 1]


def marks_of(key_epochs: list[SwarmKey]) -> list[bytes]:
    """Return the keys that mark announcements of a swarm, the latest first."""
    return [mark_key(each) for each in reversed(key_epochs)][: MAX_OLDER + 1]
