"""The machines that are no members yet: invites let one each in, applicants wait until a member approves them."""

import time
from collections.abc import Collection, Sequence

from msgspec import structs

from swarm.errors import EnvironmentFault
from swarm.net.identity.identity_file import Applicant, IdentityFile, IdentityStore, Invite, InviteState
from swarm.net.identity.membership import MAX_NAME
from swarm.net.identity.swarm_key import SwarmKey, make_key
from swarm.system.text import is_like_fingerprint, plain_line

MAX_INVITES = 6  # invites that no machine has used yet
MAX_LIVE_INVITES = 24
MAX_ENDED = 12  # invites of which it is still said why they let no machine in, the latest ones
CLOCK_STEP_S = 60  # a clock may be set back so far after an invite was made
MAX_APPLICANTS = 32
MAX_REFUSED = 200  # keys that are remembered, the latest ones


class Invites:
    """The invites in the file of a machine. Methods raise StoreError."""

    def __init__(self, store: IdentityStore) -> None:
        self._store = store

    @property
    def live(self) -> list[Invite]:
        """The invites whose time it is: a clock that is set back revives none."""
        now = time.time()
        return [each for each in self._store.kept.invites if each.made_s - CLOCK_STEP_S <= now < each.until_s]

    @property
    def unused(self) -> list[Invite]:
        """The invites that no machine has used yet."""
        return [invite for invite in self.live if not invite.used_by]

    def make(self, for_s: float) -> SwarmKey:
        """Make an invite for one machine and a time; return its key. Raises EnvironmentFault for too many."""
        if len(self.unused) >= MAX_INVITES:
            raise EnvironmentFault(
                "Too many invites are open: take one back (`e2a-swarm key --revoke-invite`), or wait until one is used "
                "or its time is over."
            )
        now = time.time()
        invite = Invite(make_key().secret, int(now + for_s), made_s=int(now))

        def with_it(kept: IdentityFile) -> IdentityFile:
            used = [each for each in self.live if each.used_by]
            ended = used[: max(0, len(self.live) + 1 - MAX_LIVE_INVITES)]  # those machines had time to come again
            return _with(kept, [*(each for each in self.live if each not in ended), invite])

        self._store.change(with_it)
        return invite.key

    def revoke(self, invites: Sequence[Invite] = ()) -> None:
        """Take invites back, and end those whose time is over: they stay so if the clock is set back."""
        gone = {each.secret for each in invites}
        self._store.change(lambda kept: _with(kept, [each for each in self.live if each.secret not in gone], gone))

    @property
    def ended(self) -> Sequence[Invite]:
        """The latest invites that let no machine in any more."""
        return self._store.kept.ended_invites

    def state(self, server_key: bytes) -> InviteState:
        """Return "open" for an invite that a machine may use, else why it lets no machine in."""
        if any(each.server_key == server_key for each in self.unused):
            return "open"
        kept = self._store.kept
        found = next((each for each in (*kept.ended_invites, *kept.invites) if each.server_key == server_key), None)
        return "used" if found and found.used_by else (found and found.ended) or "ran out"

    def use(self, server_key: bytes, machine: bytes) -> bool:
        """Let a machine use the invite that has a server key; tell whether it is the first that does, or the same."""

        def used(kept: IdentityFile) -> IdentityFile:
            invites = [
                structs.replace(each, used_by=each.used_by or machine) if each.server_key == server_key else each
                for each in self.live
            ]
            return _with(kept, invites)

        self._store.change(used)
        return any(each.server_key == server_key and each.used_by == machine for each in self.live)


def _with(kept: IdentityFile, invites: Sequence[Invite], gone: Collection[bytes] = ()) -> IdentityFile:
    """Return the file's content with these invites; of the others, it keeps why each ended: `gone` were taken back."""
    left = {each.secret for each in invites}
    ended = [
        structs.replace(each, ended="used" if each.used_by else "taken back" if each.secret in gone else "ran out")
        for each in kept.invites
        if each.secret not in left
    ]
    return structs.replace(kept, invites=tuple(invites), ended_invites=(*kept.ended_invites, *ended)[-MAX_ENDED:])


class Applicants:
    """The applicants in the file of a machine. Methods raise StoreError."""

    def __init__(self, store: IdentityStore) -> None:
        self._store = store

    @property
    def waiting(self) -> Sequence[Applicant]:
        """The machines that wait for approval at coordinators of this machine; those that became members do not."""
        return [each for each in self._store.kept.applicants if each.key not in self._store.members]

    def apply(self, key: bytes, name: str) -> bool:
        """Have a machine wait for approval; tell whether it waits from now on. No name looks like a fingerprint."""
        waiting = self.waiting
        if is_like_fingerprint(name):
            return False
        if len(waiting) >= MAX_APPLICANTS or any(each.key == key for each in waiting) or self.has_refused(key):
            return False
        applicant = Applicant(key, plain_line(name)[:MAX_NAME])
        self._store.change(lambda kept: structs.replace(kept, applicants=(*waiting, applicant)))
        return True

    def refuse(self, key: bytes) -> None:
        """Let a machine wait for approval no more."""
        waiting = tuple(each for each in self.waiting if each.key != key)
        self._store.change(
            lambda kept: structs.replace(kept, applicants=waiting, refused=(*kept.refused, key)[-MAX_REFUSED:])
        )

    def has_refused(self, key: bytes) -> bool:
        """Tell whether a machine may wait for approval no more."""
        return key in self._store.kept.refused
