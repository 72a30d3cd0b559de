"""What a machine keeps of its membership: files of several processes, renewed secrets, other swarms."""

import errno
import os
import shutil
import signal
import stat
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault, StoreError
from swarm.net.identity import identity_file, membership, newcomers
from swarm.net.identity.identity import Identity
from swarm.net.identity.identity_file import server_key_of
from swarm.net.identity.keys import join_another, load_key, obtain_key, rotate, save_key, saved_key
from swarm.net.identity.membership import BadMembership, Membership, server_keys
from swarm.net.identity.swarm_key import SwarmKey, make_key

KEY = SwarmKey(bytes(range(16)))


def identity_at(folder: Path, name: str, key: SwarmKey = KEY) -> Identity:
    (folder / name).mkdir(exist_ok=True)
    save_key(folder / name, key)
    return Identity(folder / name, key)


@pytest.fixture
def owner(tmp_path: Path) -> Identity:
    identity = identity_at(tmp_path, "owner")
    identity.membership.found("laptop")
    return identity


@pytest.fixture
def member(tmp_path: Path, owner: Identity) -> Identity:
    identity = identity_at(tmp_path, "member")
    assert owner.membership.admit(identity.card, "attic")
    assert owner.membership.known is not None
    assert identity.membership.take_membership(owner.membership.known)
    return identity


def test_the_machine_that_begins_is_owner_and_member_and_a_member_may_admit_others(
    tmp_path: Path, owner: Identity, member: Identity
) -> None:
    assert owner.membership.is_member and member.membership.is_member
    third = identity_at(tmp_path, "third")
    assert member.membership.admit(third.card, "cellar")
    assert member.membership.known is not None
    owner.membership.take_membership(member.membership.known)
    assert {each.name for each in owner.membership.members.values()} == {"laptop", "attic", "cellar"}
    assert owner.membership.members[third.card].by == member.card
    with pytest.raises(EnvironmentFault, match="run the command on laptop"):
        member.membership.remove_member(third.card)
    if sys.platform != "win32":
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "owner").glob("*.*"))


def test_a_member_gets_the_new_secret_and_the_removed_one_does_not(
    tmp_path: Path, owner: Identity, member: Identity
) -> None:
    leaver = identity_at(tmp_path, "leaver")
    owner.membership.admit(leaver.card, "guest")
    assert owner.membership.known is not None
    leaver.membership.take_membership(owner.membership.known)
    owner.membership.remove_member(leaver.card)
    for identity in (member, leaver):
        identity.membership.take_membership(
            owner.membership.known,
            owner.key_epochs.sealed_for(identity.card) or owner.key_epochs.sealed_for(member.card),
        )
    assert owner.key == member.key == load_key(tmp_path / "member") != KEY
    assert [leaver.key, leaver.membership.was_removed, leaver.key_epochs.is_current] == [KEY, True, False]
    assert owner.key_epochs.older == [KEY]
    assert not owner.membership.admit(leaver.card, "guest")
    assert (tmp_path / "member" / "swarm.key").read_text().strip() == owner.key.code


def test_a_secret_that_the_owner_did_not_sign_for_is_not_kept(owner: Identity, member: Identity) -> None:
    from nacl.public import SealedBox

    own = member.own.to_curve25519_private_key().public_key
    assert owner.membership.known is not None
    member.membership.take_membership(owner.membership.known, SealedBox(own).encrypt(b"x" * 16))
    member.membership.take_membership(owner.membership.known, b"y" * 64)
    assert member.key_epochs.all() == [KEY]


def test_a_key_of_the_environment_leads_to_the_renewed_one(
    tmp_path: Path, owner: Identity, member: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "member" / "swarm.key").unlink()
    monkeypatch.setenv("E2A_SWARM_KEY", KEY.code)
    other = identity_at(tmp_path, "other")
    owner.membership.admit(other.card, "guest")
    owner.membership.remove_member(other.card)
    assert owner.membership.known is not None
    member.membership.take_membership(owner.membership.known, owner.key_epochs.sealed_for(member.card))
    assert load_key(tmp_path / "member") == owner.key != KEY
    assert not (tmp_path / "member" / "swarm.key").exists()


def test_processes_of_one_machine_see_what_the_other_changed(tmp_path: Path, owner: Identity, member: Identity) -> None:
    beside = Identity(tmp_path / "owner", KEY)
    beside.membership.remove_member(member.card)
    assert owner.refresh()
    assert member.card not in owner.membership.members
    assert not owner.refresh()
    assert owner.membership.admit(identity_at(tmp_path, "third").card, "third")
    assert beside.refresh()
    assert len(beside.membership.members) == 2


def test_a_change_of_the_same_moment_is_seen(tmp_path: Path, owner: Identity) -> None:
    coordinator, command = identity_at(tmp_path, "owner"), identity_at(tmp_path, "owner")
    path = tmp_path / "owner" / identity_file.FILE
    coordinator.membership.note_seen({coordinator.card})
    before = path.stat()
    command.invite(60.0, "owner")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # many kernels count time in steps of 4 ms
    coordinator.refresh()
    assert len(coordinator.invites.live) == 1


def test_no_member_is_missing_while_a_thread_notes_who_is_here(
    owner: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, members = list[int](), membership.members

    def count(known: Membership) -> dict[bytes, membership.Member]:
        counted.append(len(owner.membership.members))
        return members(known)

    monkeypatch.setattr(membership, "members", count)
    owner.membership.note_seen({owner.card})
    assert counted and 0 not in counted


def test_a_thread_that_notes_something_keeps_what_is_read_at_that_moment(
    tmp_path: Path, owner: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_by_coordinator = identity_at(tmp_path, "owner")
    owner.invite(60.0, "owner")
    is_of, noting = identity_file._is_of, ThreadPoolExecutor(1)
    noted: list[Future[None]] = []

    def look_slowly(kept: identity_file.IdentityFile, given: SwarmKey) -> bool:
        monkeypatch.setattr(identity_file, "_is_of", is_of)
        noted.append(noting.submit(seen_by_coordinator.membership.note_seen, {owner.card}))
        time.sleep(0.2)  # long enough for a thread that does not wait
        return is_of(kept, given)

    monkeypatch.setattr(identity_file, "_is_of", look_slowly)
    seen_by_coordinator.refresh()
    noted[0].result(30)
    assert len(identity_file.read_file(tmp_path / "owner").invites) == 1


def test_another_swarm_has_another_identity(tmp_path: Path, owner: Identity) -> None:
    stranger = identity_at(tmp_path, "stranger", make_key())
    assert owner.membership.known is not None
    with pytest.raises(BadMembership, match="another swarm"):
        stranger.membership.take_membership(owner.membership.known)
    key = rotate(tmp_path / "owner")
    assert Identity(tmp_path / "owner", key).membership.known is None
    assert obtain_key(tmp_path / "owner") == (key, False)
    save_key(tmp_path / "owner", KEY)
    assert Identity(tmp_path / "owner", KEY).card != owner.card


def test_who_joins_anew_is_a_new_machine(tmp_path: Path, owner: Identity, member: Identity) -> None:
    owner.membership.remove_member(member.card)
    join_another(tmp_path / "member", owner.key)
    again = Identity(tmp_path / "member", owner.key)
    assert again.card != member.card
    assert owner.membership.known is not None
    again.membership.take_membership(owner.membership.known)
    assert owner.membership.admit(again.card, "attic")
    assert server_keys(owner.membership.known)[0] != server_keys(owner.membership.known)[-1]


@pytest.mark.parametrize("name", ["members.json", "machine.key"])
def test_a_damaged_file_is_named_with_a_remedy(tmp_path: Path, owner: Identity, name: str) -> None:
    (tmp_path / "owner" / name).write_text("{nonsense")
    with pytest.raises(StoreError, match=f"{name} is damaged.*remove it"):
        Identity(tmp_path / "owner", KEY)


def test_two_owners_that_remove_each_other_are_both_out_and_the_others_agree_on_one_secret(
    tmp_path: Path, owner: Identity, member: Identity
) -> None:
    third = identity_at(tmp_path, "third")
    owner.membership.admit(third.card, "cellar")
    for each in (member, third):
        each.membership.take_membership(owner.membership.known)  # type: ignore[arg-type]
    shutil.copy(tmp_path / "owner" / "owner.key", tmp_path / "member")
    owner.membership.remove_member(member.card)
    member.membership.remove_member(owner.card)
    told = [(each.membership.known, each.key_epochs.sealed_for(third.card)) for each in (owner, member)]
    for known, sealed in told:
        assert known
        third.membership.take_membership(known, sealed)
    owner.membership.take_membership(member.membership.known)  # type: ignore[arg-type]
    member.membership.take_membership(owner.membership.known)  # type: ignore[arg-type]
    assert owner.membership.was_removed and member.membership.was_removed
    assert third.membership.is_member and third.key_epochs.is_current and not third.membership.was_removed
    assert {each.name for each in third.membership.members.values()} == {"cellar"}


def test_a_removal_that_finds_the_disk_full_or_dies_half_way_is_whole_or_none(
    tmp_path: Path, owner: Identity, member: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = identity_file.replace_file

    def full(path: Path, data: bytes, mode: int = 0o666) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(identity_file, "replace_file", full)
    with pytest.raises(StoreError, match=r"members\.json"):
        owner.membership.remove_member(member.card)
    monkeypatch.setattr(identity_file, "replace_file", real)
    assert member.card in Identity(tmp_path / "owner", KEY).membership.members

    def dies(path: Path, data: bytes, mode: int = 0o666) -> None:
        if path.name == "swarm.key":
            raise KeyboardInterrupt  # the identity are written, the key is not
        real(path, data, mode)

    monkeypatch.setattr(identity_file, "replace_file", dies)
    with pytest.raises(KeyboardInterrupt):
        Identity(tmp_path / "owner", KEY).membership.remove_member(member.card)
    monkeypatch.setattr(identity_file, "replace_file", real)
    again = Identity(tmp_path / "owner", load_key(tmp_path / "owner") or KEY)
    assert member.card not in again.membership.members
    assert again.key_epochs.is_current and again.key != KEY
    again.membership.note_seen(set())  # any write mends the file of the key
    assert load_key(tmp_path / "owner") == again.key


@pytest.mark.parametrize("dies", [1, 2, 3, 4])
def test_a_removal_that_is_killed_at_any_moment_is_whole_or_none_and_can_be_given_again(
    tmp_path: Path, owner: Identity, member: Identity, dies: int
) -> None:
    """Kill a process before or after it gives the first or the second file its name."""
    child = get_context("fork").Process(target=_remove_and_die, args=(tmp_path / "owner", member.card, dies))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    again = Identity(tmp_path / "owner", load_key(tmp_path / "owner") or KEY)
    assert (member.card in again.membership.members) == (dies == 1)
    if dies == 1:
        again.membership.remove_member(member.card)
    assert again.key_epochs.is_current
    assert load_key(tmp_path / "owner") == again.key != KEY
    again.membership.note_seen(set())  # any write mends the file of the key
    assert saved_key(tmp_path / "owner") == again.key
    assert not again.key_epochs.sealed_for(member.card)


def _remove_and_die(folder: Path, card: bytes, step: int) -> None:
    steps, real = count(1), Path.replace

    def replace(self: Path, target: Path) -> Path:
        for named in (False, True):
            if named:
                real(self, target)
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
        return target

    Path.replace = replace  # type: ignore[method-assign, assignment]
    Identity(folder, KEY).membership.remove_member(card)


def test_of_processes_that_use_one_invite_at_once_one_has_it(tmp_path: Path, owner: Identity) -> None:
    server_key = server_key_of(owner.invite(900, "laptop"))
    processes = [
        Identity(tmp_path / "owner", KEY) for _ in range(8)
    ]  # coordinators of one machine, with a file in common
    with ThreadPoolExecutor(8) as pool:
        used = pool.map(lambda number: processes[number].invites.use(server_key, bytes([number + 1]) * 32), range(8))
        assert sorted(used) == [False] * 7 + [True]
    assert [each.used_by != b"" for each in Identity(tmp_path / "owner", KEY).invites.live] == [True]


def test_invites_that_were_used_keep_nobody_from_inviting_one_more(owner: Identity) -> None:
    for number in range(newcomers.MAX_LIVE_INVITES + 2):
        last = server_key_of(owner.invite(900, "laptop"))
        assert owner.invites.use(last, bytes([number]) * 32)
    assert len(owner.invites.live) == newcomers.MAX_LIVE_INVITES
    assert owner.invites.use(last, bytes([number]) * 32), "the latest may come again"
    for _ in range(newcomers.MAX_INVITES):
        owner.invite(900, "laptop")
    with pytest.raises(EnvironmentFault, match="Too many invites are open"):
        owner.invite(900, "laptop")


@pytest.mark.parametrize("clock_s", [-7200, 901, 10**7])
def test_an_invite_is_good_at_no_time_but_its_own_whatever_the_clock_says(
    tmp_path: Path, owner: Identity, monkeypatch: pytest.MonkeyPatch, clock_s: int
) -> None:
    server_key, now = server_key_of(owner.invite(900, "laptop")), time.time()
    monkeypatch.setattr(newcomers.time, "time", lambda: now + clock_s)
    assert not owner.invites.unused
    assert not owner.invites.use(server_key, b"\x07" * 32)
    monkeypatch.setattr(newcomers.time, "time", lambda: now + 1)  # it is set right again
    assert not owner.invites.use(server_key, b"\x07" * 32), "an invite that was once over is good again"
