import time
from pathlib import Path

import pytest

from swarm.system.machine import Clock, clock_fault, new_nonce, worker_id
from swarm.worker.devices import greeting


def test_a_machine_keeps_its_id_and_every_process_has_its_own_nonce(tmp_path: Path) -> None:
    ours = worker_id(tmp_path, "pc")
    assert ours == worker_id(tmp_path, "pc") != worker_id(tmp_path / "other", "pc")
    assert new_nonce() != new_nonce()


def test_workers_that_share_a_folder_have_an_id_for_each_name(tmp_path: Path) -> None:
    ids = [worker_id(tmp_path, name) for name in ("node-1", "node-2", "node-3", "node-1", "node-2")]
    assert len(set(ids)) == 3
    assert ids[:2] == ids[3:]


def test_an_id_of_an_earlier_version_stays(tmp_path: Path) -> None:
    (tmp_path / "worker-id").write_bytes(b"0123456789abcdef")
    assert worker_id(tmp_path, "pc") == "0123456789abcdef"


def test_a_damaged_id_is_made_anew(tmp_path: Path) -> None:
    for damage in (b"\xff\n", b"\n", b"../../x", b"0" * 5000):
        (tmp_path / "worker-id").write_bytes(damage)
        assert len(bytes.fromhex(worker_id(tmp_path, "pc"))) == 8


def test_the_clock_goes_on_whatever_happens_to_the_wall_clock(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    clock = Clock()
    before = clock.now()
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert before <= clock.now() < before + 60


def test_a_greeting_names_engines_devices_and_slots(tmp_path: Path) -> None:
    hello = greeting(tmp_path, ("cpu:0", "cpu:1"), [], "gaming-pc")
    assert {"hibari", "espeak", "metronome"} <= {offer.name for offer in hello.engines}
    assert (hello.slots, hello.name, [device.name for device in hello.devices]) == (2, "gaming-pc", ["cpu"])


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no clock that counts sleeps")
def test_the_clock_goes_on_while_the_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    before, real = clock.now(), time.clock_gettime
    monkeypatch.setattr("time.clock_gettime", lambda which: real(which) + 3600.0)  # CLOCK_BOOTTIME jumps after a sleep
    assert 3600 <= clock.now() - before < 3660


def test_a_clock_that_was_never_set_is_told_from_one_that_may_be_right() -> None:
    assert clock_fault(3600.0) == "it says 1970-01-01 01:00:00 UTC"
    assert clock_fault(1_800_000_000.0) == ""
