"""The switch of a standby: the owner's word, other users' orders, and the room on the disk."""

import asyncio
from pathlib import Path

import pytest

from swarm.errors import StoreError
from swarm.standby import copier
from swarm.standby.copier import MIN_FREE_TO_BEGIN_BYTES, StandbySwitch


def test_where_the_owner_lends_no_disk_no_order_turns_it(tmp_path: Path) -> None:
    for on in (True, False):
        switch = StandbySwitch(tmp_path, on=on, turns=False)
        assert "because of --no-standby or --automatic" in switch.turn("laptop", on=not on)
        assert (switch.on, switch.state) == (on, "")


def test_copies_begin_only_where_room_is_free_and_go_on_where_they_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [MIN_FREE_TO_BEGIN_BYTES - 1]
    monkeypatch.setattr(copier, "free_bytes", lambda folder: free[0])
    switch = StandbySwitch(tmp_path, on=False, turns=True)
    switch.check_disk()
    assert "less than 5.0 GB free, so it does not" in switch.turn("laptop", on=True)
    assert (switch.on, switch.state) == (False, "no room")
    free[0] += 1
    switch.check_disk()
    assert (switch.state, switch.turn("laptop", on=True)[:5], switch.state) == ("off", "keeps", "on")
    free[0] = 0
    switch.check_disk()
    assert (switch.turn("laptop", on=True)[:5], switch.state) == ("keeps", "on")


async def test_a_fault_of_the_disk_ends_ordered_copies_and_the_machine_speaks_on_else_it_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copier, "INTERVAL_S", 0.001)
    kept, said = list[bool](), list[str]()

    async def keep() -> None:
        kept.append(switch.on)
        raise StoreError("the disk is full.")

    switch = StandbySwitch(tmp_path, on=False, turns=True)
    following = asyncio.create_task(switch.follow(keep, said.append))
    await asyncio.sleep(0.02)
    assert kept == []
    switch.turn("laptop", on=True)
    while not said:
        await asyncio.sleep(0.001)
    assert (kept, said, switch.on) == ([True], ["no copies of books are kept any more: the disk is full."], False)
    following.cancel()
    switch = StandbySwitch(tmp_path, on=True, turns=True)
    with pytest.raises(StoreError):
        await switch.follow(keep, said.append)
