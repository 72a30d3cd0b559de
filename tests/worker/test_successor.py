"""What a standby that takes over by itself keeps on its disk, and how it looks after its folder for audiobooks."""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from patience import until

from swarm.errors import InUse
from swarm.lease.member_message import QueueList, SuccessionCandidate, Voters
from swarm.net.worker_connections import FixedSockets
from swarm.standby import successor as module
from swarm.standby.successor import OutputFolder, Successor

CANDIDATES = tuple(SuccessionCandidate(f"h{n}", f"machine {n}", f"127.0.0.1:{n + 1}") for n in range(3))
VOTERS = Voters("run", 3, CANDIDATES)


def made(tmp_path: Path, said: list[str], silence_s: float = 0.0) -> Successor:
    return Successor(
        "h0",
        "machine 0",
        silence_s,
        FixedSockets(None),
        said.append,
        bound="127.0.0.1",
        left=set(),
        state_dir=tmp_path / "state",
        output_dir=tmp_path / "books",
    )


async def play(successor: Successor, is_over: Callable[[], object]) -> None:
    """Let it look and listen until something is so."""
    running = asyncio.create_task(successor.succeed())
    await until(lambda: is_over() or running.done())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_port_and_the_voters_outlive_a_restart_and_no_second_process_votes(tmp_path: Path) -> None:
    said: list[str] = []
    first = made(tmp_path, said)
    ports = []
    await play(first, lambda: first._port and not ports.append(first._port) and first._kept.port)
    first = made(tmp_path, said)
    first.heard("127.0.0.1:5847", VOTERS, ["moby"])
    with pytest.raises(InUse):
        made(tmp_path, said)
    await play(first, lambda: first._port and not ports.append(first._port) and first._kept.runs)
    second = made(tmp_path, said)
    assert [memory.voters for memory in second._kept.runs] == [VOTERS]
    await play(second, lambda: second._port and not ports.append(second._port))
    assert len(set(ports)) == 1


async def test_each_minute_it_says_who_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.standby.succession.VALID_S", 0.5)
    said: list[str] = []
    lonely = made(tmp_path, said)
    lonely.heard("127.0.0.1:5847", VOTERS, ["moby"])
    await play(lonely, lambda: len(said) > 1)
    now = lonely._told_s
    lonely._tell(now + module.TELL_S / 2)
    assert said[0] == "may take over by itself, as number 1 of 3"
    assert "2 of 3 with --automatic have to agree, so far 1; no answer from machine 1, machine 2" in said[1]
    assert len(said) == 2, "not more than once a minute"
    lonely._tell(now + module.TELL_S)
    assert len(said) == 3


@pytest.mark.parametrize(("code", "later"), [(0, "done"), (79, "done"), (69, "failed")])
async def test_what_a_take_over_ended_with_decides_whether_another_standby_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, later: str
) -> None:
    monkeypatch.setattr(module, "COMMAND", f"import sys; sys.exit({code})")
    copy: Any = SimpleNamespace(job="moby", finished=False, title="Moby Dick")
    monkeypatch.setattr(module, "list_jobs", lambda folder: [copy])
    said, told = list[str](), list[str]()
    successor = made(tmp_path, said)
    core: Any = SimpleNamespace(
        voters=lambda job: CANDIDATES,
        done=lambda job: told.append("done"),
        failed=lambda job, now: told.append("failed"),
    )
    successor._core = core
    await successor._take_over("moby")
    assert told == [later]
    assert ("another standby takes it over" in said[-1]) == (later == "failed")
    copy.finished = True
    await successor._take_over("moby")
    await successor._take_over("emma")  # of which no copy is here
    assert told == [later, "done", "failed"]


async def test_a_queue_is_served_by_the_same_command_while_books_are_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = "queue-0123456789abcdef"
    body = msgspec.msgpack.encode(QueueList(queue, 1, "hub", 1, {}))
    copy = tmp_path / "state" / "standby" / "queues" / f"{queue}.0"
    copy.mkdir(parents=True)
    (copy / "list").write_bytes(body)
    monkeypatch.setattr(module, "INTERVAL_S", 0.05)
    program = "import sys, time; print(*sys.argv[1:3], flush=True); 'queue' in sys.argv[2] and time.sleep(600)"
    monkeypatch.setattr(module, "COMMAND", program)
    monkeypatch.setattr(module, "list_jobs", lambda f: [SimpleNamespace(job="moby", finished=False, title="Moby Dick")])
    said = list[str]()
    successor = made(tmp_path, said)
    successor._jobs = [queue, "moby"]
    await play(successor, lambda: {f"the queue of hub: take-over {queue}", "Moby Dick: take-over moby"} <= set(said))


async def test_a_folder_that_is_gone_is_not_made_again_since_its_disk_may_be_away(tmp_path: Path) -> None:
    said: list[str] = []
    folder = OutputFolder(tmp_path / "nas" / "books", said.append, was_there=False)
    await folder.look(0.0)
    assert not folder.fault
    assert (tmp_path / "nas" / "books").is_dir()
    shutil.rmtree(tmp_path / "nas")
    for _ in range(2):
        await folder.look(0.0)
    assert "nas/books is gone. Mount its disk, or make the folder again." in folder.fault
    assert not (tmp_path / "nas").exists()
    (tmp_path / "nas" / "books").mkdir(parents=True)
    await folder.look(100.0)
    assert folder.fault, "it was looked at a moment ago"
    await folder.look(0.0)
    assert not folder.fault
    assert len(said) == 2


async def test_a_folder_that_cannot_be_made_or_does_not_answer_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    folder = OutputFolder(tmp_path / "file" / "books", print, was_there=False)
    await folder.look(0.0)
    assert "file" in folder.fault
    assert not folder.was_there
    monkeypatch.setattr(module, "PROBE_S", 0.05)
    monkeypatch.setattr(module, "try_folder", lambda path: time.sleep(0.5))
    slow = OutputFolder(tmp_path / "books", print, was_there=False)
    await slow.look(0.0)
    assert "does not answer" in slow.fault
    while slow.fault:
        await asyncio.sleep(0.1)
        await slow.look(0.0)
