"""What a machine keeps of its membership: files of several processes, renewed secrets, other swarms."""

import errno
import os
import shutil
import signal
import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault, StoreError
from swarm.net.identity import identity as papers_module
from swarm.net.identity.identity import Identity
from swarm.net.identity.keys import join_another, load_key, obtain_key, rotate, save_key, saved_key, server_key_of
from swarm.net.identity.membership import BadMembership, doors
from swarm.net.identity.swarm_key import SwarmKey, make_key

KEY = SwarmKey(bytes(range(16)))


def papers_of(folder: Path, name: str, key: SwarmKey = KEY) -> Identity:
    (folder / name).mkdir(exist_ok=True)
    save_key(folder / name, key)
    return Identity(folder / name, key)


@pytest.fixture
def keeper(tmp_path: Path) -> Identity:
    papers = papers_of(tmp_path, "keeper")
    papers.found("laptop")
    return papers


@pytest.fixture
def member(tmp_path: Path, keeper: Identity) -> Identity:
    papers = papers_of(tmp_path, "member")
    assert keeper.admit(papers.card, "attic")
    assert keeper.known is not None
    assert papers.take(keeper.known)
    return papers


def test_the_machine_that_begins_is_keeper_and_member_and_a_member_may_admit_others(
    tmp_path: Path, keeper: Identity, member: Identity
) -> None:
    assert keeper.is_member and member.is_member
    third = papers_of(tmp_path, "third")
    assert member.admit(third.card, "cellar")
    assert member.known is not None
    keeper.take(member.known)
    assert {each.name for each in keeper.members.values()} == {"laptop", "attic", "cellar"}
    assert keeper.members[third.card].by == member.card
    with pytest.raises(EnvironmentFault, match="run the command on laptop"):
        member.remove(third.card)
    if sys.platform != "win32":
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "keeper").glob("*.*"))


def test_a_member_gets_the_new_secret_and_the_removed_one_does_not(
    tmp_path: Path, keeper: Identity, member: Identity
) -> None:
    leaver = papers_of(tmp_path, "leaver")
    keeper.admit(leaver.card, "guest")
    assert keeper.known is not None
    leaver.take(keeper.known)
    keeper.remove(leaver.card)
    for papers in (member, leaver):
        papers.take(keeper.known, keeper.sealed_for(papers.card) or keeper.sealed_for(member.card))
    assert keeper.key == member.key == load_key(tmp_path / "member") != KEY
    assert [leaver.key, leaver.was_removed, leaver.is_current] == [KEY, True, False]
    assert keeper.older == [KEY]
    assert not keeper.admit(leaver.card, "guest")
    assert (tmp_path / "member" / "swarm.key").read_text().strip() == keeper.key.code


def test_a_secret_that_the_keeper_did_not_sign_for_is_not_kept(keeper: Identity, member: Identity) -> None:
    from nacl.public import SealedBox

    own = member.own.to_curve25519_private_key().public_key
    assert keeper.known is not None
    member.take(keeper.known, SealedBox(own).encrypt(b"x" * 16))
    member.take(keeper.known, b"y" * 64)
    assert member.generations() == [KEY]


def test_a_key_of_the_environment_leads_to_the_renewed_one(
    tmp_path: Path, keeper: Identity, member: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "member" / "swarm.key").unlink()
    monkeypatch.setenv("E2A_SWARM_KEY", KEY.code)
    other = papers_of(tmp_path, "other")
    keeper.admit(other.card, "guest")
    keeper.remove(other.card)
    assert keeper.known is not None
    member.take(keeper.known, keeper.sealed_for(member.card))
    assert load_key(tmp_path / "member") == keeper.key != KEY
    assert not (tmp_path / "member" / "swarm.key").exists()


def test_processes_of_one_machine_see_what_the_other_changed(
    tmp_path: Path, keeper: Identity, member: Identity
) -> None:
    beside = Identity(tmp_path / "keeper", KEY)
    beside.remove(member.card)
    assert keeper.refresh()
    assert member.card not in keeper.members
    assert not keeper.refresh()
    assert keeper.admit(papers_of(tmp_path, "third").card, "third")
    assert beside.refresh()
    assert len(beside.members) == 2


def test_another_swarm_has_other_papers(tmp_path: Path, keeper: Identity) -> None:
    stranger = papers_of(tmp_path, "stranger", make_key())
    assert keeper.known is not None
    with pytest.raises(BadMembership, match="another swarm"):
        stranger.take(keeper.known)
    key = rotate(tmp_path / "keeper")
    assert Identity(tmp_path / "keeper", key).known is None
    assert obtain_key(tmp_path / "keeper") == (key, False)
    save_key(tmp_path / "keeper", KEY)
    assert Identity(tmp_path / "keeper", KEY).card != keeper.card


def test_who_joins_anew_is_a_new_machine(tmp_path: Path, keeper: Identity, member: Identity) -> None:
    keeper.remove(member.card)
    join_another(tmp_path / "member", keeper.key)
    again = Identity(tmp_path / "member", keeper.key)
    assert again.card != member.card
    assert keeper.known is not None
    again.take(keeper.known)
    assert keeper.admit(again.card, "attic")
    assert doors(keeper.known)[0] != doors(keeper.known)[-1]


@pytest.mark.parametrize("name", ["members.json", "machine.key"])
def test_a_damaged_file_is_named_with_a_remedy(tmp_path: Path, keeper: Identity, name: str) -> None:
    (tmp_path / "keeper" / name).write_text("{nonsense")
    with pytest.raises(StoreError, match=f"{name} is damaged.*remove it"):
        Identity(tmp_path / "keeper", KEY)


def test_two_keepers_that_remove_each_other_are_both_out_and_the_others_agree_on_one_secret(
    tmp_path: Path, keeper: Identity, member: Identity
) -> None:
    third = papers_of(tmp_path, "third")
    keeper.admit(third.card, "cellar")
    for each in (member, third):
        each.take(keeper.known)  # type: ignore[arg-type]
    shutil.copy(tmp_path / "keeper" / "keeper.key", tmp_path / "member")
    keeper.remove(member.card)
    member.remove(keeper.card)
    told = [(each.known, each.sealed_for(third.card)) for each in (keeper, member)]
    for known, sealed in told:
        assert known
        third.take(known, sealed)
    keeper.take(member.known)  # type: ignore[arg-type]
    member.take(keeper.known)  # type: ignore[arg-type]
    assert keeper.was_removed and member.was_removed
    assert third.is_member and third.is_current and not third.was_removed
    assert {each.name for each in third.members.values()} == {"cellar"}


def test_a_removal_that_finds_the_disk_full_or_dies_half_way_is_whole_or_none(
    tmp_path: Path, keeper: Identity, member: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = papers_module.replace_file

    def full(path: Path, data: bytes, mode: int = 0o666) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(papers_module, "replace_file", full)
    with pytest.raises(StoreError, match=r"members\.json"):
        keeper.remove(member.card)
    monkeypatch.setattr(papers_module, "replace_file", real)
    assert member.card in Identity(tmp_path / "keeper", KEY).members

    def dies(path: Path, data: bytes, mode: int = 0o666) -> None:
        if path.name == "swarm.key":
            raise KeyboardInterrupt  # the papers are written, the key is not
        real(path, data, mode)

    monkeypatch.setattr(papers_module, "replace_file", dies)
    with pytest.raises(KeyboardInterrupt):
        Identity(tmp_path / "keeper", KEY).remove(member.card)
    monkeypatch.setattr(papers_module, "replace_file", real)
    again = Identity(tmp_path / "keeper", load_key(tmp_path / "keeper") or KEY)
    assert member.card not in again.members
    assert again.is_current and again.key != KEY
    again.note_seen(set())  # any write mends the file of the key
    assert load_key(tmp_path / "keeper") == again.key


@pytest.mark.parametrize("dies", [1, 2, 3, 4])
def test_a_removal_that_is_killed_at_any_moment_is_whole_or_none_and_can_be_given_again(
    tmp_path: Path, keeper: Identity, member: Identity, dies: int
) -> None:
    """Kill a process before or after it gives the first or the second file its name."""
    child = get_context("fork").Process(target=_remove_and_die, args=(tmp_path / "keeper", member.card, dies))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    again = Identity(tmp_path / "keeper", load_key(tmp_path / "keeper") or KEY)
    assert (member.card in again.members) == (dies == 1)
    if dies == 1:
        again.remove(member.card)
    assert again.is_current
    assert load_key(tmp_path / "keeper") == again.key != KEY
    again.note_seen(set())  # any write mends the file of the key
    assert saved_key(tmp_path / "keeper") == again.key
    assert not again.sealed_for(member.card)


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
    Identity(folder, KEY).remove(card)


def test_of_processes_that_use_one_invite_at_once_one_has_it(tmp_path: Path, keeper: Identity) -> None:
    door = server_key_of(keeper.invite(900, "laptop"))
    processes = [
        Identity(tmp_path / "keeper", KEY) for _ in range(8)
    ]  # coordinators of one machine, with a file in common
    with ThreadPoolExecutor(8) as pool:
        used = pool.map(lambda number: processes[number].use_invite(door, bytes([number + 1]) * 32), range(8))
        assert sorted(used) == [False] * 7 + [True]
    assert [each.used_by != b"" for each in Identity(tmp_path / "keeper", KEY).invites] == [True]


@pytest.mark.parametrize("clock_s", [-7200, 901, 10**7])
def test_an_invite_is_good_at_no_time_but_its_own_whatever_the_clock_says(
    tmp_path: Path, keeper: Identity, monkeypatch: pytest.MonkeyPatch, clock_s: int
) -> None:
    door, now = server_key_of(keeper.invite(900, "laptop")), time.time()
    monkeypatch.setattr(papers_module.time, "time", lambda: now + clock_s)
    assert not keeper.open_invites
    assert not keeper.use_invite(door, b"\x07" * 32)
    monkeypatch.setattr(papers_module.time, "time", lambda: now + 1)  # it is set right again
    assert not keeper.use_invite(door, b"\x07" * 32), "an invite that was once over is good again"
